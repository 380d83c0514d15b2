/**
 * A server of Autokey in the virtual network: SimServer's headers, the responder's way with fields and MACs (answerRequest),
 * and the rate limit of `restrict limited` as a witness. And the port by which an association of a rig sees Autokey.
 */
import { RateLimiter, VERDICT } from '../../src/auth/rate-limit.js';
import { type CookieSecrets, makeCookie, newCookieSecrets } from '../../src/autokey/cookie.js';
import { answerRequest } from '../../src/autokey/dance/server.js';
import { openClientPacket, sealServerPacket } from '../../src/autokey/dance/server-packet.js';
import { answerChallenge, checkAnswer, type IdentityQuestion } from '../../src/autokey/identity/scheme.js';
import { SimServer, type SimServerOptions } from '../../src/sim/ntp-server.js';
import { parseAddress } from '../../src/source/address.js';
import type { AutokeyPort, PeerRequest } from '../../src/source/association/autokey-port.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { type AutokeyValue, autokeyOperationName } from '../../src/wire/autokey-field.js';
import { HEADER_LENGTH } from '../../src/wire/header.js';
import { appendCryptoNak, newTail, scanTail } from '../../src/wire/mac-trailer.js';
import type { Rig } from '../source/rig.js';
import { viewOf } from './autokey-case.js';
import type { DanceEnd } from './autokey-dance.js';
import { random } from './autokey-exchange.js';

/** Where SimNetwork has the host of a rig. */
const CLIENT = '192.0.2.1';
const secondsOf = (unixNs: bigint): number => Number((unixNsToNtp(unixNs) >> 32n) & 0xffff_ffffn);

export interface StationOptions extends SimServerOptions {
  readonly address?: string;
  readonly client?: string;
  /** its clock is set from then on, true time; default: always */
  readonly setAt?: number;
  /** of the stamps it signs, s */
  readonly clockErrorSeconds?: number;
}

export class Station {
  readonly server: SimServer;
  readonly address: string;
  end: DanceEnd;
  secrets: CookieSecrets;
  /** of its broadcast association */
  announced: AutokeyValue | undefined;
  /** operations asked, and 'time' for what has none; in their order */
  readonly asked: string[] = [];
  /** of each question but the first: has it the transmit time of the answer before as its origin time? */
  readonly repeats: boolean[] = [];
  #told: bigint | undefined;
  /** true times of the requests */
  readonly times: number[] = [];
  naks = 0;
  skipped = 0;
  /** requests that a server with `restrict limited` would not have answered */
  rated = 0;
  /** last word on an answer; undefined: lost */
  tamper: (answer: Uint8Array, asked: string) => Uint8Array | undefined = (answer) => answer;
  readonly #limiter = new RateLimiter({ averageLog2: 3, minimumSeconds: 2 });
  #score = 0;
  #lastAt: number | undefined;
  readonly #client: Uint8Array;
  readonly #own: Uint8Array;
  readonly #options: StationOptions;
  readonly #rig: Rig;

  constructor(rig: Rig, end: DanceEnd, options: StationOptions = {}) {
    this.address = options.address ?? '192.0.2.10';
    this.end = end;
    this.#rig = rig;
    this.#options = options;
    this.#own = parseAddress(this.address) ?? new Uint8Array(4);
    this.#client = parseAddress(options.client ?? CLIENT) ?? new Uint8Array(4);
    this.secrets = newCookieSecrets(new Uint8Array(32).fill(9), this.now(0));
    this.server = new SimServer(rig.world, {
      ...options,
      amend: (reply, request, t) => this.#answer(reply, request, t),
    });
    rig.sim.addServer(this.address, this.server);
  }

  /** NTP seconds of its clock at true time t. */
  now(t: number): number {
    const { clockErrorSeconds = 0 } = this.#options;
    return (secondsOf(this.#rig.world.kernelNs(t)) + clockErrorSeconds + this.skipped) >>> 0;
  }

  #answer(reply: Uint8Array, request: Uint8Array, t: number): Uint8Array | undefined {
    this.#witness(t);
    const { end, secrets } = this;
    const isSynchronised = t >= (this.#options.setAt ?? Number.NEGATIVE_INFINITY);
    const time = { now: this.now(t), monotonic: t, isSynchronised };
    if (isSynchronised && end.values.updatedAt === 0) end.values.update(time.now);
    const tail = newTail();
    if (scanTail(viewOf(request), request.length, tail) !== undefined) return undefined;
    const path = { digest: end.host.digest, client: this.#client, server: this.#own };
    const opened = openClientPacket(request, tail, path, secrets, time.now);
    const bytes = new Uint8Array(2120);
    bytes.set(reply);
    if (opened.kind === 'none') return reply;
    if (opened.kind === 'nak') {
      this.naks += 1;
      return this.tamper(bytes.slice(0, appendCryptoNak(viewOf(bytes), HEADER_LENGTH)), 'nak');
    }
    if (opened.kind === 'time') {
      this.asked.push('time');
      const length = sealServerPacket(path, opened.keyId, opened.cookie, bytes, HEADER_LENGTH);
      return this.tamper(bytes.slice(0, length), 'time');
    }
    const asked = autokeyOperationName(request[opened.at + 1] ?? 0) ?? '?';
    this.asked.push(asked);
    if (this.#told !== undefined) this.repeats.push(viewOf(request).getBigUint64(24) === this.#told);
    this.#told = viewOf(reply).getBigUint64(40);
    let decision = answerRequest(viewOf(request), opened.at, opened.length, {
      ...{ values: end.values, certificates: end.certificates, time },
      cookie: () => makeCookie(secrets, this.#client, this.#own),
      autokeyValues: () => this.announced,
    });
    if (decision.kind === 'identity') {
      const proof = answerChallenge(decision.key, decision.challenge, random);
      decision = decision.finish(proof.ok ? proof.answer : undefined, time);
    }
    bytes.set(decision.field, HEADER_LENGTH);
    const length = sealServerPacket(path, opened.keyId, 0, bytes, HEADER_LENGTH + decision.field.length);
    return this.tamper(bytes.slice(0, length), asked);
  }

  #witness(t: number): void {
    this.times.push(t);
    const last = this.#lastAt;
    this.#lastAt = t;
    if (last === undefined) return;
    if (this.#limiter.judge(this.#score, Math.floor(t - last + 0.5)) !== VERDICT.pass) this.rated += 1;
    this.#score = this.#limiter.score;
  }
}

/** The port of a rig's host. Work is done at once, or refused while `isBusy`; what cryptostats would get is in `lines`. */
export class RigAutokey implements AutokeyPort {
  automax = 12;
  compat = false;
  ident: string | undefined;
  ownGroup: string | undefined;
  isBusy = false;
  skipped = 0;
  readonly lines: string[] = [];
  readonly jobs: string[] = [];
  /** challenges that went out */
  readonly rolled: IdentityQuestion[] = [];
  current: DanceEnd | undefined;

  constructor(
    readonly rig: Rig,
    end: DanceEnd | undefined,
  ) {
    this.current = end;
  }

  end(): DanceEnd | undefined {
    return this.current;
  }
  time() {
    const now = (secondsOf(this.rig.clock.now()) + this.skipped) >>> 0;
    const time = {
      now,
      monotonic: this.rig.world.now() + this.skipped,
      isSynchronised: this.rig.system.leap !== 3,
    };
    if (time.isSynchronised && this.current?.values.updatedAt === 0) this.current.values.update(time.now);
    return time;
  }
  async sign(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    this.jobs.push('sign');
    const host = this.current?.host;
    return this.isBusy ? undefined : host?.signKey.sign(host.certificate.value.scheme.digest, bytes);
  }
  async open(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    this.jobs.push('open');
    return this.isBusy ? undefined : this.current?.host.hostKey.value.decryptOaep(bytes);
  }
  roll(question: IdentityQuestion): void {
    this.jobs.push('roll');
    this.rolled.push(question);
  }
  async check({ question, answer }: Parameters<AutokeyPort['check']>[0]) {
    this.jobs.push('check');
    return this.isBusy ? undefined : checkAnswer(question, answer);
  }
  async answer({ field, half }: PeerRequest): Promise<Uint8Array | undefined> {
    this.jobs.push('answer');
    if (this.isBusy || this.current === undefined) return undefined;
    const { values, certificates } = this.current;
    const decision = answerRequest(viewOf(field), 0, field.length, {
      ...{ values, certificates, time: this.time() },
      cookie: () => half,
      autokeyValues: () => undefined,
    });
    if (decision.kind === 'reply') return decision.field;
    const proof = answerChallenge(decision.key, decision.challenge, random);
    return decision.finish(proof.ok ? proof.answer : undefined, this.time()).field;
  }
  announce(): void {}
  note(address: string | undefined, line: string): void {
    this.lines.push(`${address ?? '0.0.0.0'} ${line}`);
  }
}
