/**
 * True time and what UTC calls it: a continuous axis (seconds t since the start of a world, no leaps) and the leap
 * seconds that are placed on it. Also the interface by which everything simulated reads true time.
 * Unix numbering is the kernel's: an inserted second repeats 23:59:59, a deleted one skips it.
 */
import type { Timer } from '../ports/scheduler.js';
import { NS_PER_SECOND } from '../units/time.js';

/** A leap second within the run. */
export interface PlacedLeap {
  /** Unix seconds of the midnight that follows it */
  readonly atUnixSecond: number;
  /** 1: 23:59:60 is inserted before that midnight; -1: 23:59:59 does not occur */
  readonly change: 1 | -1;
}

export interface UtcOptions {
  /** whole Unix seconds at t = 0 */
  readonly startUnixSecond: number;
  /** TAI - UTC at t = 0; default 37 */
  readonly taiOffsetSeconds?: number;
  /** in order of time, after the start */
  readonly leaps?: readonly PlacedLeap[];
}

/** What UTC calls a true second. */
export interface SecondLabel {
  /** Unix second of its beginning; for 23:59:60 that of 23:59:59 */
  readonly unixSecond: number;
  /** it is 23:59:60 */
  readonly leapSecond: boolean;
}

const GPS_TAI_SECONDS = 19;

export class UtcScale {
  readonly #taiAtStart: number;
  #startUnixSecond: number;
  #turns: readonly { readonly t: number; readonly lag: number; readonly leap: PlacedLeap }[];

  constructor(options: UtcOptions) {
    this.#startUnixSecond = options.startUnixSecond;
    this.#taiAtStart = options.taiOffsetSeconds ?? 37;
    let lag = 0;
    this.#turns = (options.leaps ?? []).map((leap) => {
      const deleted = leap.change === -1 ? 1 : 0;
      const t = leap.atUnixSecond - options.startUnixSecond + lag - deleted;
      lag += leap.change;
      return { t, lag, leap };
    });
  }

  /** The Unix second of t = 0. */
  get startUnixSecond(): number {
    return this.#startUnixSecond;
  }

  /** Real time was set: from now on every t is called `seconds` (whole) more. Placed leaps stay at their dates. */
  shift(seconds: number): void {
    this.#startUnixSecond += seconds;
    this.#turns = this.#turns.map((turn) => ({ ...turn, t: turn.t - seconds }));
  }

  /** Seconds by which UTC has fallen behind the continuous axis since the start, at true time t. */
  lag(t: number): number {
    let lag = 0;
    for (const turn of this.#turns) {
      if (t < turn.t) break;
      lag = turn.lag;
    }
    return lag;
  }

  /** The label of the second that contains t. */
  label(t: number): SecondLabel {
    const k = Math.floor(t);
    const unixSecond = this.#startUnixSecond + k - this.lag(k);
    const leapSecond = this.#turns.some((turn) => turn.leap.change === 1 && turn.t === k);
    return { unixSecond, leapSecond };
  }

  /** True time of the beginning of a Unix second (of the first one, where a leap repeats it). */
  secondsAt(unixSecond: number): number {
    let t = unixSecond - this.#startUnixSecond;
    for (const turn of this.#turns) if (unixSecond >= turn.leap.atUnixSecond) t += turn.leap.change;
    return t;
  }

  /** The next leap after t, or undefined. */
  nextLeap(t: number): PlacedLeap | undefined {
    return this.#turns.find((turn) => turn.t + (turn.leap.change === 1 ? 1 : 0) > t)?.leap;
  }

  taiMinusUtc(t: number): number {
    return this.#taiAtStart + this.lag(t);
  }

  gpsMinusUtc(t: number): number {
    return this.taiMinusUtc(t) - GPS_TAI_SECONDS;
  }
}

/** True time, as clocks, receivers and networks read it. */
export interface TrueTime {
  /** seconds since the world's start; never goes back. Whole numbers are whole seconds of UTC. */
  now(): number;
  /** true time t on the scale of kernel stamps: Unix ns of the start plus t, running on through leap seconds */
  kernelNs(t: number): bigint;
  /** the inverse of kernelNs */
  seconds(kernelNs: bigint): number;
  readonly utc: UtcScale;
}

/** A world: true time and things that happen at their time. Virtual (world.ts) or real (real-time-world.ts). */
export interface World extends TrueTime {
  /** Runs `action` once, at true time t, or at once when t is past. Never from within this call. */
  at(t: number, action: () => void): Timer;
}

/** t >= 0 on a scale that starts at a Unix second, rounded to 1 ns. */
export function scaleNs(startUnixSecond: bigint, t: number): bigint {
  const whole = Math.floor(t);
  return (startUnixSecond + BigInt(whole)) * NS_PER_SECOND + BigInt(Math.round((t - whole) * 1e9));
}
