/**
 * Two ends of a symmetric association in memory, packets and all; and one that behaves as ntpd 4.2.8p15 does about key IDs
 * (autokey-reference.md §8): it takes none but the one it sent last, and time from packets with something signed.
 */
import { answerRequest } from '../../src/autokey/dance/server.js';
import { type KeyIdChoice, StyleWatch } from '../../src/autokey/dance/style-watch.js';
import { SymmetricDance } from '../../src/autokey/dance/symmetric.js';
import type { RequestWork, SymmetricIncoming } from '../../src/autokey/dance/symmetric-types.js';
import { FULL_DANCE } from '../../src/autokey/flags.js';
import { answerChallenge, checkAnswer } from '../../src/autokey/identity/scheme.js';
import { appendSessionMac } from '../../src/autokey/session-key.js';
import { AUTOKEY_OPERATION, decodeAutokeyField } from '../../src/wire/autokey-field.js';
import { decodeFields } from '../../src/wire/extension.js';
import { AT, HEADER_LENGTH } from '../../src/wire/header.js';
import { newTail, type PacketTail, scanTail } from '../../src/wire/mac-trailer.js';
import { viewOf } from './autokey-case.js';
import type { DanceEnd } from './autokey-dance.js';
import { random } from './autokey-exchange.js';
import { TEST_TIME } from './certificates.js';

/** Between a packet and its answer at least, and without answers, s. */
const POLL = 8;
const ANSWER = 1;
const RETRY = 4;

const tailOf = (packet: Uint8Array): PacketTail => {
  const tail = newTail();
  const fault = scanTail(viewOf(packet), packet.length, tail);
  if (fault !== undefined) throw new Error(fault);
  return tail;
};

/** What a packet's fields are about, requests and answers. */
export function operationsIn(packet: Uint8Array): readonly number[] {
  const view = viewOf(packet);
  const frames = decodeFields(view, tailOf(packet), 'autokey');
  return (frames.ok ? frames.value : []).flatMap(({ at, length }) => {
    const field = decodeAutokeyField(view, at, length);
    return field.ok ? [field.value.operation] : [];
  });
}

export interface SideOptions {
  readonly own: number;
  readonly peer: number;
  readonly ident?: string | undefined;
  readonly isIpv6?: boolean;
  readonly associationId?: number;
  readonly automax?: number;
}

export class Side {
  dance: SymmetricDance;
  isSynchronised = true;
  /** of its clock, s */
  error = 0;
  /** packets whose time may be used */
  time = 0;
  reports: string[] = [];
  lines: string[] = [];
  dueAt = Number.POSITIVE_INFINITY;
  lastSentAt = 0;
  protected origin = 0n;

  constructor(
    readonly end: DanceEnd,
    readonly options: SideOptions,
  ) {
    this.dance = this.begin();
  }

  /** Began anew, with another association ID. */
  begin(associationId = this.options.associationId ?? 1000 + this.options.own): SymmetricDance {
    const { own, peer, ident, isIpv6 = false, automax = 12 } = this.options;
    const address = (last: number) =>
      isIpv6 ? Uint8Array.of(0xfd, 9, ...new Array<number>(13).fill(0), last) : Uint8Array.of(10, 9, 0, last);
    this.dance = new SymmetricDance({
      ...{ host: this.end.host, values: this.end.values, certificates: this.end.certificates, random },
      ...{
        own: address(own),
        peer: address(peer),
        associationId,
        ident,
        compat: false,
        automax,
        iburst: false,
      },
      ...this.watch(),
    });
    return this.dance;
  }

  protected watch(): { readonly watch?: StyleWatch } {
    return {};
  }

  at(now: number) {
    return { now: now + this.error, monotonic: now, isSynchronised: this.isSynchronised };
  }

  send(now: number, isPeerSynchronised: boolean): Uint8Array {
    const note = ({ text }: { readonly text: string }) => void this.reports.push(text);
    const draft = this.dance.compose(this.at(now), POLL, isPeerSynchronised, note);
    const out = this.dance.seal(
      draft,
      draft.drafts.map((field) => this.end.values.finish(field)),
    );
    const bytes = new Uint8Array(2120);
    bytes[0] = 0x21;
    viewOf(bytes).setBigUint64(AT.originTime, this.origin);
    const transmitTime = BigInt(now) * 4096n + BigInt(this.options.own);
    viewOf(bytes).setBigUint64(AT.transmitTime, transmitTime);
    let length = HEADER_LENGTH;
    for (const field of out.fields) {
      bytes.set(field, length);
      length += field.length;
    }
    this.dance.sent(out, transmitTime, this.at(now));
    const { digest } = this.end.host;
    const whole = appendSessionMac(digest, out.sessionKey, out.keyId, bytes, length);
    if (whole === undefined) throw new Error('too long');
    this.lastSentAt = now;
    this.dueAt = now + (this.dance.isDancing ? RETRY : POLL);
    return bytes.slice(0, whole);
  }

  receive(packet: Uint8Array, now: number): SymmetricIncoming {
    const incoming = this.dance.receive(packet, tailOf(packet), this.at(now));
    if (incoming.isAuthentic) this.origin = viewOf(packet).getBigUint64(AT.transmitTime);
    for (const work of incoming.work) this.dance.queueAnswer(work, this.answer(work, now));
    for (const check of incoming.checks) {
      const report =
        check.kind === 'identity'
          ? this.dance.settleIdentity(check, checkAnswer(check.question, check.answer))
          : this.dance.settleCookie(check, this.end.host.hostKey.value.decryptOaep(check.encrypted));
      if (report !== undefined) this.reports.push(report.text);
    }
    this.reports.push(...incoming.reports.map(({ text }) => text));
    this.lines.push(...this.dance.takeLines());
    if (incoming.isTime) this.time += 1;
    if (incoming.wantsAnswer) this.dueAt = Math.min(this.dueAt, now + ANSWER);
    return incoming;
  }

  protected answer({ field, half }: RequestWork, now: number): Uint8Array {
    const { values, certificates } = this.end;
    const decision = answerRequest(viewOf(field), 0, field.length, {
      ...{ values, certificates, time: this.at(now) },
      cookie: () => half,
      autokeyValues: () => undefined,
    });
    if (decision.kind === 'reply') return decision.field;
    const proof = answerChallenge(decision.key, decision.challenge, random);
    return decision.finish(proof.ok ? proof.answer : undefined, this.at(now)).field;
  }
}

class OwnAlways extends StyleWatch {
  override choose(): KeyIdChoice {
    super.choose();
    return 'own';
  }
}

/** Believes at first that its peer wants its key IDs back, as after packets that crossed. */
export class MisledSide extends Side {
  protected override watch() {
    const watch = new StyleWatch();
    watch.saw(1);
    watch.sent(1n, 'own', 1, 0);
    watch.sent(2n, 'mirrored', 3, 0);
    watch.heard(2, 2n, false, 9);
    return { watch };
  }
}

/** Takes only the key ID that it sent last, as ntpd 4.2.8p15. */
export class P15Side extends Side {
  #lastKeyId: number | undefined;
  dropped = 0;
  /** authentic packets by the reference's rule: with something signed that was taken */
  usable = 0;

  protected override watch() {
    return { watch: new OwnAlways() };
  }

  override send(now: number, isPeerSynchronised: boolean): Uint8Array {
    const packet = super.send(now, isPeerSynchronised);
    this.#lastKeyId = tailOf(packet).keyId;
    return packet;
  }

  override receive(packet: Uint8Array, now: number): SymmetricIncoming {
    const tail = tailOf(packet);
    if (this.#lastKeyId !== undefined && tail.keyId !== this.#lastKeyId) {
      this.dropped += 1;
      return {
        ...{ isAuthentic: false, isStrange: false, isTime: false, wantsAnswer: false },
        ...{ work: [], checks: [], reports: [] },
      };
    }
    const incoming = super.receive(packet, now);
    const view = viewOf(packet);
    const frames = decodeFields(view, tail, 'autokey');
    const isSigned = (frames.ok ? frames.value : []).some(({ at, length }) => {
      const field = decodeAutokeyField(view, at, length);
      if (!field.ok || !field.value.response || field.value.error) return false;
      if (field.value.operation === AUTOKEY_OPERATION.assoc) return false;
      return (field.value.body?.signature.length ?? 0) > 0;
    });
    if (incoming.isAuthentic && isSigned && incoming.reports.length === 0) this.usable += 1;
    return incoming;
  }
}

export class Pair {
  now = TEST_TIME + 100;
  packets = 0;
  /** may lose a packet on its way */
  isLost: (packet: Uint8Array, from: Side) => boolean = () => false;

  constructor(
    readonly a: Side,
    readonly b: Side,
  ) {
    for (const { end } of [a, b]) end.values.update(this.now);
    a.dueAt = this.now;
    b.dueAt = this.now + 3;
  }

  /** One packet from one end to the other. */
  send(from: Side, to: Side): void {
    this.packets += 1;
    const packet = from.send(this.now, to.isSynchronised);
    if (!this.isLost(packet, from)) to.receive(packet, this.now);
  }

  /** So many seconds go by. */
  run(seconds: number): this {
    for (let i = 0; i < seconds; i += 1) {
      this.now += 1;
      for (const [from, to] of [
        [this.a, this.b],
        [this.b, this.a],
      ] as const)
        if (from.dueAt <= this.now) this.send(from, to);
    }
    return this;
  }

  get flags(): readonly number[] {
    return [this.a, this.b].map(({ dance }) => dance.flags & FULL_DANCE);
  }
  get styles(): readonly string[] {
    return [this.a, this.b].map(({ dance }) => dance.style);
  }
}
