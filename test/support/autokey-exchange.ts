/** A client and a server of Autokey in memory: packets made, sealed, opened and answered as on the wire. */

import { randomBytes } from 'node:crypto';
import { type CookieSecrets, makeCookie, newCookieSecrets } from '../../src/autokey/cookie.js';
import { ClientDance, type Incoming } from '../../src/autokey/dance/client.js';
import type { FaultReport } from '../../src/autokey/dance/fault.js';
import type { DanceTime } from '../../src/autokey/dance/host.js';
import { answerRequest } from '../../src/autokey/dance/server.js';
import { openClientPacket, sealServerPacket } from '../../src/autokey/dance/server-packet.js';
import type { IdentityCheck } from '../../src/autokey/dance/step.js';
import { answerChallenge, checkAnswer } from '../../src/autokey/identity/scheme.js';
import { appendSessionMac } from '../../src/autokey/session-key.js';
import { HEADER_LENGTH } from '../../src/wire/header.js';
import { appendCryptoNak, newTail, type PacketTail, scanTail } from '../../src/wire/mac-trailer.js';
import { viewOf } from './autokey-case.js';
import type { DanceEnd } from './autokey-dance.js';
import { TEST_TIME } from './certificates.js';

export const random = {
  bytes: (n: number): Uint8Array => randomBytes(n),
  uniform: (): number => Math.random(),
};

export interface LinkOptions {
  readonly ident?: string;
  readonly compat?: boolean;
  readonly own?: Uint8Array;
  readonly server?: Uint8Array;
}

const tailOf = (bytes: Uint8Array): PacketTail => {
  const tail = newTail();
  const fault = scanTail(viewOf(bytes), bytes.length, tail);
  if (fault !== undefined) throw new Error(fault);
  return tail;
};

/** One client association and the server it talks to. */
export class Link {
  readonly client: ClientDance;
  readonly path: { readonly client: Uint8Array; readonly server: Uint8Array };
  clientTime: DanceTime = { now: TEST_TIME + 100, monotonic: 100, isSynchronised: false };
  serverTime: DanceTime = { now: TEST_TIME + 100, monotonic: 100, isSynchronised: true };
  secrets: CookieSecrets = newCookieSecrets(new Uint8Array(32).fill(9), TEST_TIME);
  server: DanceEnd;
  /** what the client found amiss while asking */
  readonly reports: FaultReport[] = [];
  /** flags words, one for each change */
  readonly progress: string[] = [];
  /** lines for cryptostats */
  readonly lines: string[] = [];
  /** changes an answer on its way */
  tamper: (answer: Uint8Array, operation: string | undefined) => Uint8Array = (answer) => answer;
  last: { readonly answer: Uint8Array } | undefined;
  packets = 0;

  constructor(
    readonly end: DanceEnd,
    server: DanceEnd,
    readonly options: LinkOptions = {},
  ) {
    const { own = Uint8Array.of(10, 9, 0, 2), server: address = Uint8Array.of(10, 9, 0, 1) } = options;
    this.server = server;
    this.path = { client: own, server: address };
    server.values.update(this.serverTime.now);
    this.client = new ClientDance({
      ...{ host: end.host, values: end.values, certificates: end.certificates, random },
      ...{ own, server: address, associationId: 4711, ident: options.ident, compat: options.compat ?? false },
    });
  }

  /** Both clocks go on. */
  wait(seconds: number): void {
    const { now, monotonic } = this.clientTime;
    this.clientTime = { ...this.clientTime, now: now + seconds, monotonic: monotonic + seconds };
    this.serverTime = { ...this.serverTime, now: this.serverTime.now + seconds };
  }

  synchronise(): void {
    this.clientTime = { ...this.clientTime, isSynchronised: true };
    this.end.values.update(this.clientTime.now);
  }

  /** The client's next packet, ready for the wire. */
  ask(): { readonly bytes: Uint8Array; readonly question: string | undefined } {
    const out = this.client.next(this.clientTime, (report) => this.reports.push(report));
    const bytes = new Uint8Array(2120);
    bytes[0] = 0x23;
    const field = out.field && this.end.values.finish(out.field);
    const fieldLength = field?.length ?? 0;
    if (field !== undefined) bytes.set(field, HEADER_LENGTH);
    const { digest } = this.end.host;
    const length = appendSessionMac(digest, out.sessionKey, out.keyId, bytes, HEADER_LENGTH + fieldLength);
    if (length === undefined) throw new Error('too long');
    return { bytes: bytes.slice(0, length), question: out.question };
  }

  /** What the server answers; undefined: nothing. */
  answer(request: Uint8Array): Uint8Array | undefined {
    const { host, values, certificates } = this.server;
    const path = { digest: host.digest, ...this.path };
    const { now } = this.serverTime;
    const opened = openClientPacket(request, tailOf(request), path, this.secrets, now);
    if (opened.kind === 'none') return undefined;
    const bytes = new Uint8Array(2120);
    bytes[0] = 0x24;
    if (opened.kind === 'nak') return bytes.slice(0, appendCryptoNak(viewOf(bytes), HEADER_LENGTH));
    if (opened.kind === 'time') {
      const length = sealServerPacket(path, opened.keyId, opened.cookie, bytes, HEADER_LENGTH);
      return length === undefined ? undefined : bytes.slice(0, length);
    }
    const context = {
      ...{ values, certificates, time: this.serverTime },
      cookie: () => makeCookie(this.secrets, this.path.client, this.path.server),
      autokeyValues: () => undefined,
    };
    let decision = answerRequest(viewOf(request), opened.at, opened.length, context);
    if (decision.kind === 'identity') {
      const proof = answerChallenge(decision.key, decision.challenge, random);
      decision = decision.finish(proof.ok ? proof.answer : undefined, this.serverTime);
    }
    bytes.set(decision.field, HEADER_LENGTH);
    const length = sealServerPacket(path, opened.keyId, 0, bytes, HEADER_LENGTH + decision.field.length);
    return length === undefined ? undefined : bytes.slice(0, length);
  }

  receive(answer: Uint8Array): Incoming {
    const incoming = this.client.receive(answer, tailOf(answer), this.clientTime);
    switch (incoming.kind) {
      case 'identity':
        return this.#settle(incoming);
      case 'cookie': {
        const opened = this.end.host.hostKey.value.decryptOaep(incoming.encrypted);
        return this.client.settleCookie(incoming, opened, this.clientTime);
      }
      default:
        return incoming;
    }
  }

  #settle(check: IdentityCheck): Incoming {
    return this.client.settleIdentity(check, checkAnswer(check.question, check.answer));
  }

  /** One question and its answer. */
  step(): Incoming {
    this.packets += 1;
    const { bytes, question } = this.ask();
    const raw = this.answer(bytes);
    if (raw === undefined) return { kind: 'waiting' };
    const answer = this.tamper(raw, question);
    this.last = { answer };
    const incoming = this.receive(answer);
    this.lines.push(...this.client.takeLines());
    const flags = `0x${this.client.flags.toString(16)}`;
    if (this.progress.at(-1) !== flags) this.progress.push(flags);
    return incoming;
  }

  /** Steps as long as answers bring the dance forward, as an association does between two polls; answers the last one. */
  dance(most = 20): Incoming {
    let incoming = this.step();
    for (let i = 1; i < most && incoming.kind === 'advanced'; i += 1) incoming = this.step();
    return incoming;
  }
}
