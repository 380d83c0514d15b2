/**
 * An NTP server of the virtual world: answers a client's request as perfect, wrong, unsynchronised, unwilling or silent
 * servers do. Stateless but for the rate it counts; knows true time, no network.
 */
import type { Leap } from '../ports/clock.js';
import { secondsToNs, secondsToShort, unixNsToNtp } from '../units/time.js';
import {
  AT,
  encodeHeader,
  HEADER_LENGTH,
  LEAP,
  MODE,
  modeOf,
  STRATUM_UNSYNCHRONISED,
  versionOf,
} from '../wire/header.js';
import { asciiRefid, type KissCode, kissRefid } from '../wire/kiss.js';
import type { TrueTime } from './utc-scale.js';

export interface SimServerOptions {
  /** its clock minus UTC at true time t, seconds; default: perfect */
  readonly errorSeconds?: number | ((t: number) => number);
  /** default 1 */
  readonly stratum?: number;
  /** four characters, or a number as on the wire; default GPS */
  readonly refid?: string | number;
  readonly leap?: Leap;
  readonly rootDelaySeconds?: number;
  readonly rootDispersionSeconds?: number;
  readonly precisionLog2?: number;
  /**
   * serve (default); silent; unsynchronised: leap 3, stratum 16; a kiss code: answers only that; a function of true
   * time: one of these at each time
   */
  readonly behaviour?: ServerBehaviour | ((t: number) => ServerBehaviour);
  /** requests nearer to each other than this get RATE (and are not answered), seconds; default: no limit */
  readonly minimumSpacing?: number;
  /** between its two stamps; default 0 */
  readonly processingSeconds?: number;
  /** last word on a reply, e.g. to append a MAC or to garble it; undefined: dropped */
  readonly amend?: (reply: Uint8Array, request: Uint8Array, t: number) => Uint8Array | undefined;
}

export type ServerBehaviour = 'serve' | 'silent' | 'unsynchronised' | KissCode;

export class SimServer {
  readonly processingSeconds: number;
  readonly #truth: TrueTime;
  readonly #options: SimServerOptions;
  #lastRequest = Number.NEGATIVE_INFINITY;
  #requests = 0;

  constructor(truth: TrueTime, options: SimServerOptions = {}) {
    this.#truth = truth;
    this.#options = options;
    this.processingSeconds = options.processingSeconds ?? 0;
  }

  /** Datagrams of clients that arrived. */
  get requests(): number {
    return this.#requests;
  }

  /** The reply to a client's request that arrives at true time t; undefined: none. */
  answer(request: Uint8Array, t: number): Uint8Array | undefined {
    if (request.length < HEADER_LENGTH) return undefined;
    const asked = new DataView(request.buffer, request.byteOffset, request.length);
    if (modeOf(asked) !== MODE.client) return undefined;
    this.#requests += 1;
    const behaviour = this.#behaviour(t);
    if (behaviour === 'silent') return undefined;
    const o = this.#options;
    const kiss = behaviour !== 'serve' && behaviour !== 'unsynchronised' ? behaviour : undefined;
    const unsynchronised = behaviour !== 'serve';
    const received = this.#clock(t);
    const reply = new Uint8Array(HEADER_LENGTH);
    encodeHeader(
      {
        leap: unsynchronised ? LEAP.unsynchronised : (o.leap ?? LEAP.none),
        version: versionOf(asked),
        mode: MODE.server,
        stratum: kiss !== undefined ? 0 : unsynchronised ? STRATUM_UNSYNCHRONISED : (o.stratum ?? 1),
        poll: asked.getInt8(AT.poll),
        precision: o.precisionLog2 ?? -23,
        rootDelay: secondsToShort(o.rootDelaySeconds ?? 0),
        rootDispersion: secondsToShort(o.rootDispersionSeconds ?? 1e-5),
        refid: kiss !== undefined ? kissRefid(kiss) : this.#refid(),
        referenceTime: unsynchronised ? 0n : unixNsToNtp(received - 1_000_000_000n),
        originTime: asked.getBigUint64(AT.transmitTime),
        receiveTime: unixNsToNtp(received),
        transmitTime: unixNsToNtp(this.#clock(t + this.processingSeconds)),
      },
      new DataView(reply.buffer),
    );
    return o.amend === undefined ? reply : o.amend(reply, request, t);
  }

  #behaviour(t: number): ServerBehaviour {
    const { behaviour = 'serve', minimumSpacing = 0 } = this.#options;
    const tooSoon = t - this.#lastRequest < minimumSpacing;
    this.#lastRequest = t;
    if (tooSoon) return 'RATE';
    return typeof behaviour === 'function' ? behaviour(t) : behaviour;
  }

  /** What its clock reads at true time t, Unix ns. */
  #clock(t: number): bigint {
    const { errorSeconds = 0 } = this.#options;
    const error = typeof errorSeconds === 'function' ? errorSeconds(t) : errorSeconds;
    return this.#truth.kernelNs(t) + secondsToNs(error - this.#truth.utc.lag(t));
  }

  #refid(): number {
    const { refid = 'GPS' } = this.#options;
    return typeof refid === 'number' ? refid : asciiRefid(refid);
  }
}
