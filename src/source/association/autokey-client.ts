/**
 * Autokey of one client association: makes its packets, takes their answers, and has the crypto thread do what private keys
 * and proofs need, so that nothing here waits. Owns the dance of (address, our address, keys) and the words for it; when
 * packets are sent, their times and the origin timestamp are client.ts's.
 * A packet's session key hashes our own address, so the socket is connected first.
 */
import { type BroadcastWish, ClientDance, type Incoming, type Outgoing } from '../../autokey/dance/client.js';
import type { AutokeyEnd } from '../../autokey/dance/end.js';
import { type FaultReport, faultText } from '../../autokey/dance/fault.js';
import type { Step } from '../../autokey/dance/step.js';
import { FULL_DANCE, hasFlags } from '../../autokey/flags.js';
import { appendSessionMac } from '../../autokey/session-key.js';
import type { AssociationConfig } from '../../config/types.js';
import type { Random } from '../../ports/random.js';
import type { AutokeyField } from '../../wire/autokey-field.js';
import { AT, HEADER_LENGTH } from '../../wire/header.js';
import { MAX_PACKET_LENGTH, newTail, scanTail } from '../../wire/mac-trailer.js';
import { canonicalAddress } from '../address.js';
import type { AutokeySourceView } from '../types.js';
import type { Authenticator } from './authenticator.js';
import type { AutokeyPort } from './autokey-port.js';
import { autokeySourceView } from './autokey-view.js';
import { type Engagement, engage } from './engagement.js';

/** What came of a packet. */
export type AutokeyAnswer =
  /** not the answer, or not authentic: whoever waits goes on waiting */
  | { readonly kind: 'ignored'; readonly isAuthentic: boolean }
  /** authentic by the cookie, and it answers a plain packet */
  | { readonly kind: 'time' }
  /** a step of the dance, whose outcome is told by `onStep`, now or later */
  | { readonly kind: 'dance' };

/** What came of a step. */
export interface AutokeyStep {
  /** the next packet may be sent at once */
  readonly mayAskOn: boolean;
  /** what went wrong; undefined: nothing */
  readonly report: FaultReport | undefined;
}

export interface AutokeyClientParts {
  readonly port: AutokeyPort;
  readonly config: Pick<AssociationConfig, 'ident' | 'compat'>;
  readonly associationId: number;
  readonly random: Random;
  readonly monotonic: () => bigint;
  readonly onStep: (step: AutokeyStep) => void;
  /** of a broadcast server */
  readonly broadcast?: HeardServer | undefined;
}

/** A server that was heard before it was asked. */
export interface HeardServer extends BroadcastWish {
  /** ASSOC, as its last broadcast told it */
  association(): AutokeyField;
}

export class AutokeyClient implements Authenticator {
  readonly required = true;
  readonly #parts: AutokeyClientParts;
  readonly #tail = newTail();
  #engagement: Engagement<ClientDance> | undefined;
  /** transmit time of the last answer of that dance */
  #answered: { readonly dance: ClientDance; readonly transmitTime: bigint } | undefined;
  /** of the last packet sent */
  #keyId = 0;
  #question: Outgoing['question'];
  /** what the crypto thread has of ours; what comes back under another number is not taken */
  #pending: number | undefined;
  #numbers = 0;
  #cookieSinceNs: bigint | undefined;
  #wasProven = false;
  #isWaiting = false;
  /** what the last step ran into; undefined: nothing */
  #trouble: FaultReport | undefined;
  /** time flows, so that no other answer ends it */
  #isTroubleLate = false;

  constructor(parts: AutokeyClientParts) {
    this.#parts = parts;
  }

  get keyId(): number {
    return this.#keyId;
  }
  ready(): boolean {
    return this.#parts.port.end() !== undefined;
  }
  /** Packets of Autokey are made by ask(). */
  seal(): undefined {
    return undefined;
  }
  /** Packets of Autokey are taken by receive(). */
  open(): 'bad' {
    return 'bad';
  }

  /** Is the crypto thread at work for it? Then nothing is to be asked. */
  get isBusy(): boolean {
    return this.#pending !== undefined;
  }
  get dance(): ClientDance | undefined {
    return this.#engagement?.dance;
  }
  /** Was time taken from this server since it was assigned? */
  get wasProven(): boolean {
    return this.#wasProven;
  }
  /** What the last packet asked; undefined: nothing, its answer brings time. */
  get question(): Outgoing['question'] {
    return this.#question;
  }
  /** So long the answer to what was asked last may take, s. */
  get patience(): number {
    return NEEDS_KEYS.has(this.#question) ? PATIENCE_WITH_KEYS : PATIENCE;
  }
  /** What to say of a server that does not answer. */
  get silenceWords(): string {
    // Certificates are longer than the request, so noonmark does not send them to just anybody.
    const hint = '; noonmark shows certificates to attached networks, to others with restrict … autokey';
    return ` (Autokey: ${this.words}${this.#question === 'cert' ? hint : ''})`;
  }
  get isComplete(): boolean {
    return hasFlags(this.dance?.flags ?? 0, FULL_DANCE);
  }
  /** Is something to be asked while time flows? */
  get wantsMore(): boolean {
    return this.dance?.isProven === true && this.dance.wantsMore(this.#parts.port.time());
  }
  /** TAI - UTC, s, signed by the server; undefined: not known. */
  get taiOffsetSeconds(): number | undefined {
    const { dance } = this;
    return dance?.isProven ? dance.partner.leap?.taiOffset || undefined : undefined;
  }

  /** Another server, or an end: what is under way is not taken any more. */
  forget(): void {
    this.#engagement = undefined;
    this.#pending = undefined;
    this.#question = undefined;
    this.#cookieSinceNs = undefined;
    this.#wasProven = false;
    this.#isWaiting = false;
    this.#trouble = undefined;
  }

  /** Begins anew: unreachable for long. */
  restart(): void {
    this.dance?.restart();
    this.#pending = undefined;
    this.#cookieSinceNs = undefined;
  }

  /**
   * Makes the next packet of `header`, HEADER_LENGTH bytes, and gives it to `send`, at once or when it is signed; never when
   * the crypto thread is too busy. Not to be called while `isBusy`. Answers what is in the way, in words; undefined: nothing.
   */
  ask(
    address: string,
    localAddress: string,
    header: Uint8Array,
    send: (packet: Uint8Array) => void,
  ): string | undefined {
    const { port } = this.#parts;
    const engagement = this.#engage(address, canonicalAddress(localAddress));
    if (typeof engagement === 'string') return engagement;
    const { dance, end } = engagement;
    const out = dance.next(port.time(), (report) => this.#fault(report));
    const challenge = dance.partner.takeFresh();
    if (challenge !== undefined) port.roll(challenge);
    this.#keyId = out.keyId;
    this.#question = out.question;
    this.#note();
    const finish = (field: Uint8Array): void => {
      const packet = sealed(end, this.#repeating(dance, header, field), field, out);
      if (packet !== undefined) send(packet);
    };
    if (out.field === undefined) finish(NO_FIELD);
    else if (out.field.kind === 'ready') finish(out.field.field);
    else {
      const draft = out.field;
      this.#later(port.sign(draft.toSign), (signature) => {
        if (signature !== undefined) finish(draft.finish(signature));
      });
    }
    return undefined;
  }

  /** A packet that answers ours by its origin timestamp. */
  receive(bytes: Uint8Array): AutokeyAnswer {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { dance } = this;
    if (dance === undefined || scanTail(view, bytes.length, this.#tail) !== undefined)
      return { kind: 'ignored', isAuthentic: false };
    const incoming = dance.receive(bytes, this.#tail, this.#parts.port.time());
    this.#note();
    if (incoming.kind !== 'ignored' && incoming.kind !== 'time')
      this.#answered = { dance, transmitTime: view.getBigUint64(AT.transmitTime) };
    switch (incoming.kind) {
      case 'ignored':
        return incoming;
      case 'time':
        this.#wasProven = true;
        return incoming;
      case 'identity':
      case 'cookie':
        this.#settle(dance, incoming);
        return { kind: 'dance' };
      default:
        this.#step(incoming);
        return { kind: 'dance' };
    }
  }

  /**
   * A question repeats when the last one was answered, as ntpd's packets do: so a server sees that its answers, which are
   * longer than the questions, come to us and to nobody else (autokey/proven-clients.ts).
   */
  #repeating(dance: ClientDance, header: Uint8Array, field: Uint8Array): Uint8Array {
    if (field.length === 0 || this.#answered?.dance !== dance) return header;
    const repeating = header.slice();
    new DataView(repeating.buffer).setBigUint64(AT.originTime, this.#answered.transmitTime);
    return repeating;
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
    if (dance === undefined) return 'has not begun';
    if (this.isComplete) return 'complete';
    if (this.#trouble !== undefined)
      return `${dance.isProven ? 'time flows; ' : ''}${faultText(this.#trouble)}`;
    const nothingYet = this.#isWaiting ? ': it has none to show yet, until its clock is set' : '';
    const { partner } = dance;
    switch (this.#question) {
      case 'assoc':
        return 'asks for its name';
      case 'cert':
        return `asks for the certificate of ${partner.wanted}${nothingYet && `${nothingYet} and a trusted host has signed it`}`;
      case 'gq':
      case 'iff':
      case 'mv':
        return `asks it to prove that it is of group ${partner.group} (${this.#question.toUpperCase()})`;
      case 'cookie':
        return `asks for its cookie${nothingYet}`;
      case 'autokey':
        return 'asks for the values of its key list';
      case 'sign':
        return 'time flows; asks it to sign our certificate';
      case 'leap':
        return 'time flows; asks for its leap seconds';
      default:
        return dance.isProven ? 'time flows; the rest when our clock is set' : 'asks for the time';
    }
  }

  #engage(address: string, localAddress: string): Engagement<ClientDance> | string {
    const { port, config, associationId, random, broadcast } = this.#parts;
    const known = this.#engagement;
    const engagement = engage(known, port.end(), address, localAddress, (end, own, server) => {
      const { host, values, certificates } = end;
      const { ident } = config;
      return new ClientDance({
        ...{ host, values, certificates, own, server, associationId, random, ident, broadcast },
        compat: config.compat || port.compat,
      });
    });
    if (typeof engagement === 'string' || engagement === known) return engagement;
    this.#pending = undefined;
    this.#cookieSinceNs = undefined;
    this.#engagement = engagement;
    if (broadcast !== undefined) {
      const step = engagement.dance.hear(broadcast.association(), port.time());
      if (step.kind === 'refused') this.#fault(step.report);
    }
    return engagement;
  }

  #settle(dance: ClientDance, incoming: Extract<Incoming, { kind: 'identity' | 'cookie' }>): void {
    const { port, monotonic } = this.#parts;
    if (incoming.kind === 'identity') {
      this.#later(port.check(incoming), (verdict) =>
        this.#step(verdict === undefined ? WAITING : dance.settleIdentity(incoming, verdict)),
      );
      return;
    }
    this.#later(port.open(incoming.encrypted), (opened) => {
      const step = dance.settleCookie(incoming, opened, port.time());
      if (step.kind === 'advanced') this.#cookieSinceNs = monotonic();
      this.#step(step);
    });
  }

  #later<T>(work: Promise<T>, then: (result: T) => void): void {
    this.#numbers += 1;
    const number = this.#numbers;
    this.#pending = number;
    void work.then((result) => {
      if (this.#pending !== number) return;
      this.#pending = undefined;
      then(result);
    });
  }

  #step(step: Step | Extract<Incoming, { kind: 'restarted' }>): void {
    this.#note();
    const { dance } = this;
    if (step.kind === 'advanced' && !this.#isTroubleLate) this.#trouble = undefined;
    if (step.kind === 'refused' || step.kind === 'restarted') this.#fault(step.report);
    if (step.kind === 'restarted') this.#cookieSinceNs = undefined;
    this.#isWaiting = step.kind === 'waiting';
    this.#parts.onStep({
      // What is asked late must not keep time away, whatever comes of it.
      mayAskOn:
        step.kind === 'restarted' ? step.mayAskNow : step.kind === 'advanced' || dance?.isProven === true,
      report: 'report' in step ? step.report : undefined,
    });
  }

  #fault(report: FaultReport): void {
    this.#trouble = report;
    this.#isTroubleLate = this.dance?.isProven === true;
  }

  #note(): void {
    const engagement = this.#engagement;
    for (const line of engagement?.dance.takeLines() ?? []) this.#parts.port.note(engagement?.address, line);
  }
}

const NO_FIELD = new Uint8Array(0);
/** An answer is waited for so long, s; what costs a small server private-key work for longer. */
const PATIENCE = 4;
const PATIENCE_WITH_KEYS = 8;
const NEEDS_KEYS: ReadonlySet<Outgoing['question']> = new Set(['gq', 'iff', 'mv', 'cookie', 'sign']);
const WAITING: Step = { kind: 'waiting' };

/** Undefined: it does not fit, which fields of our own making always do. */
function sealed(
  { host }: AutokeyEnd,
  header: Uint8Array,
  field: Uint8Array,
  { sessionKey, keyId }: Outgoing,
): Uint8Array | undefined {
  const bytes = new Uint8Array(MAX_PACKET_LENGTH);
  bytes.set(header);
  bytes.set(field, HEADER_LENGTH);
  const length = appendSessionMac(host.digest, sessionKey, keyId, bytes, HEADER_LENGTH + field.length);
  return length === undefined ? undefined : bytes.slice(0, length);
}
