/**
 * Autokey of one symmetric association: makes what its packets carry, judges the peer's, and has the crypto thread do what
 * private keys and proofs need, so that nothing here waits. Owns the dance of (address, our address, keys) and the words for
 * it; when packets are sent, their times and the origin timestamp are symmetric.ts's.
 */
import { type FaultReport, faultText } from '../../autokey/dance/fault.js';
import type { FieldDraft } from '../../autokey/dance/field.js';
import type { CookieCheck, IdentityCheck } from '../../autokey/dance/step.js';
import { SymmetricDance } from '../../autokey/dance/symmetric.js';
import type { SymmetricOutgoing } from '../../autokey/dance/symmetric-types.js';
import { FULL_DANCE, hasFlags } from '../../autokey/flags.js';
import { isSessionKeyId, type SessionSeal } from '../../autokey/session-key.js';
import type { AssociationConfig } from '../../config/types.js';
import type { Random } from '../../ports/random.js';
import type { NtpTimestamp } from '../../units/time.js';
import { isCryptoNak, newTail, scanTail } from '../../wire/mac-trailer.js';
import { canonicalAddress } from '../address.js';
import type { AutokeySourceView } from '../types.js';
import type { Authenticator, AuthVerdict } from './authenticator.js';
import type { AutokeyPort } from './autokey-port.js';
import { autokeySourceView } from './autokey-view.js';
import { type Engagement, engage } from './engagement.js';

/** What a packet of the peer's is. */
export interface PeerVerdict {
  readonly auth: AuthVerdict;
  /** its time may be used */
  readonly isTime: boolean;
  /** plain, and under a cookie that we do not have: a crypto-NAK tells the peer */
  readonly isStrange: boolean;
  /** something is to be sent soon; what takes work first is told by `onReady` */
  readonly wantsAnswer: boolean;
}

/** A packet whose signatures are made. */
export interface ReadyPacket {
  /** Right before it is sent: the key ID may be the peer's latest. */
  seal(): { readonly out: SymmetricOutgoing; readonly session: SessionSeal };
}

export interface AutokeyPeerParts {
  readonly port: AutokeyPort;
  readonly config: Pick<AssociationConfig, 'ident' | 'compat' | 'iburst'>;
  readonly associationId: number;
  readonly random: Random;
  readonly monotonic: () => bigint;
  /** a packet of the peer's answered one of ours */
  readonly hasAnswered: () => boolean;
  /** What a packet asked for, or brought, has been worked on: the next one may be sent. */
  readonly onReady: () => void;
  readonly onTrouble: (words: string) => void;
}

/** Anybody can make packets with fields: so many of them are looked at, at once and a second. */
const FIELD_BURST = 24;
const FIELD_RATE = 4;
const NOTHING: PeerVerdict = { auth: 'bad', isTime: false, isStrange: false, wantsAnswer: false };

export class AutokeyPeer implements Authenticator {
  readonly required = true;
  readonly #parts: AutokeyPeerParts;
  readonly #tail = newTail();
  #engagement: Engagement<SymmetricDance> | undefined;
  /** of the last packet sent */
  #keyId = 0;
  #working = 0;
  #credit = FIELD_BURST;
  #countedNs: bigint;
  #cookieSinceNs: bigint | undefined;
  /** what the last step ran into */
  #trouble: FaultReport | undefined;

  constructor(parts: AutokeyPeerParts) {
    this.#parts = parts;
    this.#countedNs = parts.monotonic();
  }

  get keyId(): number {
    return this.#keyId;
  }
  ready(): boolean {
    return this.#parts.port.end() !== undefined;
  }
  /** Packets of Autokey are made by compose(). */
  seal(): undefined {
    return undefined;
  }
  /** Packets of Autokey are taken by receive(). */
  open(): 'bad' {
    return 'bad';
  }

  get dance(): SymmetricDance | undefined {
    return this.#engagement?.dance;
  }
  /** The crypto thread is at work for the last packet. */
  get isWorking(): boolean {
    return this.#working > 0;
  }
  /** TAI - UTC, s, signed by the peer; undefined: not known. */
  get taiOffsetSeconds(): number | undefined {
    const { dance } = this;
    return dance?.isProven ? dance.partner.leap?.taiOffset || undefined : undefined;
  }

  /** Another peer, or an end. */
  forget(): void {
    this.#engagement = undefined;
    this.#working = 0;
    this.#cookieSinceNs = undefined;
    this.#trouble = undefined;
  }

  /** The peer says that it does not know our cookie (a crypto-NAK that answers ours). */
  restart(): void {
    this.dance?.restart();
    this.#cookieSinceNs = undefined;
  }

  /**
   * What the next packet carries; it comes when it is signed. Answers what is in the way, in words, where nothing can be
   * sent.
   */
  compose(
    address: string,
    localAddress: string,
    pollSeconds: number,
    isPeerSynchronised: boolean,
  ): Promise<ReadyPacket> | string {
    const engagement = this.#engage(address, canonicalAddress(localAddress));
    if (typeof engagement === 'string') return engagement;
    const { dance, end } = engagement;
    const report = (fault: FaultReport) => this.#fault(fault);
    const draft = dance.compose(this.#parts.port.time(), pollSeconds, isPeerSynchronised, report);
    const challenge = dance.partner.takeFresh();
    if (challenge !== undefined) this.#parts.port.roll(challenge);
    this.#note();
    return Promise.all(draft.drafts.map((field) => this.#signed(field))).then((signed) => ({
      seal: () => {
        const out = dance.seal(draft, signed);
        this.#keyId = out.keyId;
        return { out, session: { digest: end.host.digest, keyId: out.keyId, key: out.sessionKey } };
      },
    }));
  }

  /** It left. */
  sent(out: SymmetricOutgoing, transmitTime: NtpTimestamp): void {
    this.dance?.sent(out, transmitTime, this.#parts.port.time());
  }

  /** A packet from the peer's address to one of ours. */
  receive(bytes: Uint8Array, address: string, localAddress: string): PeerVerdict {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const tail = this.#tail;
    if (scanTail(view, bytes.length, tail) !== undefined) return NOTHING;
    if (tail.macLength === 0) return { ...NOTHING, auth: 'none' };
    if (isCryptoNak(tail)) return { ...NOTHING, auth: 'nak' };
    if (!isSessionKeyId(tail.keyId) || (tail.fieldCount > 0 && !this.#admit())) return NOTHING;
    const known = this.#engagement;
    const local = canonicalAddress(localAddress);
    // Whoever sends to another address of ours is not to disturb a dance that works.
    if (known !== undefined && known.localAddress !== local && known.dance.isProven) return NOTHING;
    const engagement = this.#engage(address, local);
    if (typeof engagement === 'string') return NOTHING;
    const { dance } = engagement;
    const incoming = dance.receive(bytes, tail, this.#parts.port.time());
    for (const fault of incoming.reports) this.#fault(fault);
    if (incoming.isTime) this.#trouble = undefined;
    this.#note();
    for (const work of incoming.work)
      this.#later(
        this.#parts.port.answer({ ...work, address, isProven: this.#parts.hasAnswered() }),
        (field) => {
          dance.queueAnswer(work, field);
        },
      );
    for (const check of incoming.checks) this.#check(dance, check);
    const { isAuthentic, isTime, isStrange, wantsAnswer } = incoming;
    return { auth: isAuthentic ? 'ok' : 'bad', isTime, isStrange, wantsAnswer };
  }

  view(): AutokeySourceView | undefined {
    const { dance } = this;
    return (
      dance && autokeySourceView(dance.partner, this.words, this.#cookieSinceNs, this.#parts.monotonic())
    );
  }

  /** What is being done, or what is in the way of it. */
  get words(): string {
    const { dance } = this;
    if (this.#trouble !== undefined) return faultText(this.#trouble);
    if (dance === undefined) return 'has not begun';
    if (hasFlags(dance.flags, FULL_DANCE)) return 'complete';
    const { partner } = dance;
    switch (dance.question) {
      case 'assoc':
        return 'asks for its name';
      case 'cert':
        return `asks for the certificate of ${partner.wanted}`;
      case 'gq':
      case 'iff':
      case 'mv':
        return `asks it to prove that it is of group ${partner.group} (${dance.question.toUpperCase()})`;
      case 'cookie':
        return 'asks for its half of the cookie';
      case 'autokey':
        return 'asks for the values of its key list';
      case 'sign':
        return 'asks it to sign our certificate';
      case 'leap':
        return 'asks for its leap seconds';
      default:
        return dance.isProven ? 'the rest when both clocks are set' : 'waits for it';
    }
  }

  #engage(address: string, localAddress: string): Engagement<SymmetricDance> | string {
    const { port, config, associationId, random } = this.#parts;
    const known = this.#engagement;
    const engagement = engage(known, port.end(), address, localAddress, (end, own, peer) => {
      const { host, values, certificates } = end;
      const { ident } = config;
      return new SymmetricDance({
        ...{ host, values, certificates, own, peer, associationId, random, ident },
        ...{ automax: port.automax, compat: config.compat || port.compat, iburst: config.iburst },
      });
    });
    if (typeof engagement === 'string' || engagement === known) return engagement;
    this.#working = 0;
    this.#cookieSinceNs = undefined;
    this.#engagement = engagement;
    return engagement;
  }

  #admit(): boolean {
    const now = this.#parts.monotonic();
    const gained = (Number(now - this.#countedNs) / 1e9) * FIELD_RATE;
    this.#credit = Math.min(FIELD_BURST, this.#credit + gained);
    this.#countedNs = now;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  #check(dance: SymmetricDance, check: IdentityCheck | CookieCheck): void {
    const { port, monotonic } = this.#parts;
    if (check.kind === 'identity')
      this.#later(port.check(check), (verdict) => {
        this.#settled(dance.settleIdentity(check, verdict));
      });
    else
      this.#later(port.open(check.encrypted), (opened) => {
        const fault = dance.settleCookie(check, opened);
        if (fault === undefined) this.#cookieSinceNs = monotonic();
        this.#settled(fault);
      });
  }

  #settled(fault: FaultReport | undefined): void {
    if (fault !== undefined) this.#fault(fault);
    else this.#trouble = undefined;
    this.#note();
  }

  #later<T>(work: Promise<T>, then: (result: T) => void): void {
    const engagement = this.#engagement;
    this.#working += 1;
    void work.then((result) => {
      // Another dance has begun.
      if (this.#engagement !== engagement) return;
      this.#working = Math.max(0, this.#working - 1);
      then(result);
      if (this.#working === 0) this.#parts.onReady();
    });
  }

  #signed(draft: FieldDraft): Promise<Uint8Array | undefined> {
    if (draft.kind === 'ready') return Promise.resolve(draft.field);
    return this.#parts.port.sign(draft.toSign).then((signature) => signature && draft.finish(signature));
  }

  #fault(report: FaultReport): void {
    this.#trouble = report;
    this.#parts.onTrouble(faultText(report));
  }

  #note(): void {
    const engagement = this.#engagement;
    for (const line of engagement?.dance.takeLines() ?? []) this.#parts.port.note(engagement?.address, line);
  }
}
