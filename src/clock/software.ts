/**
 * A corrected time kept in software over another clock: served = anchor + (base - anchor) * (1 + rate), in pieces.
 * It is `clock none` over CLOCK_REALTIME (the system clock is never touched) and `clock simulated` over a simulated
 * oscillator. Owns the pieces, the step, the armed leap second; knows nothing of where the base time comes from.
 */
import { NoonmarkError } from '../errors.js';
import type { Clock, ClockReadback, ClockStatus, StampMap } from '../ports/clock.js';
import { applyStampMap } from '../ports/clock.js';
import { secondsToNs } from '../units/time.js';
import { leapInstant } from './day.js';
import { FREQUENCY_UNIT } from './kernel-clock.js';
import { measurePrecision } from './precision.js';

/** The clock underneath: what the kernel stamps packets and pulses with, and one that never steps. */
export interface BaseClock {
  /** Unix ns; CLOCK_REALTIME, or a simulated oscillator */
  baseNs(): bigint;
  monotonicNs(): bigint;
}

export interface SoftwareClockOptions {
  readonly kind: 'none' | 'simulated';
  /** log2 s; left out: measured at the start */
  readonly precisionLog2?: number;
  /** largest |frequency|, fractional; left out: 10 %, as Linux allows by tick */
  readonly maxFrequency?: number;
  /** served minus base at the start, seconds */
  readonly initialOffsetSeconds?: number;
}

/** Pieces kept: stamps older than the last 64 corrections (a minute at one a second) use the oldest of them. */
const PIECES_KEPT = 64;

/**
 * The base clock is taken to have been set by another program when it moved against the monotonic one by more than
 * this, and by more than JUMP_RATE of the time since it was looked at last.
 */
const JUMP_NS = 2_000_000n;
const JUMP_RATE = 0.001;
/** Two readings nearer than this are of one instant; tried so often. */
const TOGETHER_NS = 500_000n;
const ATTEMPTS = 5;

const nothing: ClockStatus = {
  synchronised: false,
  leap: 0,
  maxErrorSeconds: 16,
  estimatedErrorSeconds: 16,
};

export class SoftwareClock implements Clock {
  readonly kind: 'none' | 'simulated';
  readonly precisionLog2: number;
  readonly frequencyResolution = FREQUENCY_UNIT;
  readonly maxFrequency: number;
  readonly #base: BaseClock;
  /** newest last; never empty */
  readonly #pieces: StampMap[];
  #status: ClockStatus = nothing;
  #tai = 0;
  #leapState: 'idle' | 'armed' | 'done' = 'idle';
  /** base reading at which the armed leap second takes effect */
  #leapBaseNs = 0n;
  #leapJumpNs = 0n;
  #lastBaseNs: bigint;
  #lastMonotonicNs: bigint;

  constructor(base: BaseClock, options: SoftwareClockOptions) {
    this.#base = base;
    this.kind = options.kind;
    this.maxFrequency = options.maxFrequency ?? 0.1;
    this.precisionLog2 = options.precisionLog2 ?? measurePrecision(() => base.baseNs());
    const both = this.#bothNs();
    this.#lastBaseNs = both.base;
    this.#lastMonotonicNs = both.monotonic;
    const served = this.#lastBaseNs + secondsToNs(options.initialOffsetSeconds ?? 0);
    this.#pieces = [{ anchorKernelNs: this.#lastBaseNs, anchorServedNs: served, rate: 0 }];
  }

  now(): bigint {
    const base = this.#base.baseNs();
    this.#leapUpTo(base);
    return applyStampMap(this.#newest(), base);
  }

  monotonic(): bigint {
    return this.#base.monotonicNs();
  }

  get frequency(): number {
    return this.#newest().rate;
  }

  setFrequency(frequency: number): number {
    const base = this.#base.baseNs();
    this.#leapUpTo(base);
    const clamped = Math.max(-this.maxFrequency, Math.min(this.maxFrequency, frequency));
    const rate = Math.round(clamped / FREQUENCY_UNIT) * FREQUENCY_UNIT;
    if (rate !== this.frequency) this.#addPiece(base, applyStampMap(this.#newest(), base), rate);
    return rate;
  }

  step(seconds: number): void {
    if (!Number.isFinite(seconds)) {
      throw new NoonmarkError('ERR_CLOCK', `a step of ${seconds} s is no step`, 'report this');
    }
    const base = this.#base.baseNs();
    this.#leapUpTo(base);
    this.#addPiece(base, applyStampMap(this.#newest(), base) + secondsToNs(seconds), this.frequency);
  }

  setStatus(status: ClockStatus): void {
    const base = this.#base.baseNs();
    this.#leapUpTo(base);
    const before = this.#status.leap;
    this.#status = status;
    if (status.taiOffsetSeconds !== undefined) this.#tai = status.taiOffsetSeconds;
    // As in the kernel, a leap second that is done is not done again until the arming was withdrawn.
    if (status.leap === 0) this.#leapState = 'idle';
    else if (this.#leapState === 'idle' || (this.#leapState === 'armed' && status.leap !== before)) {
      this.#leapState = 'armed';
      this.#placeLeap(base);
    }
  }

  readback(): ClockReadback {
    const { base, monotonic } = this.#bothNs();
    const elapsed = monotonic - this.#lastMonotonicNs;
    const moved = base - this.#lastBaseNs - elapsed;
    const size = moved < 0n ? -moved : moved;
    const foreignHand = size > JUMP_NS && Number(size) > Number(elapsed) * JUMP_RATE;
    // Our own time goes on as if nothing had happened; stamps of the old base time mean nothing any more.
    if (foreignHand) {
      const served = applyStampMap(this.#newest(), base - moved);
      const rate = this.frequency;
      this.#pieces.length = 0;
      this.#addPiece(base, served, rate);
    }
    this.#lastBaseNs = base;
    this.#lastMonotonicNs = monotonic;
    this.#leapUpTo(base);
    return {
      frequency: this.frequency,
      synchronised: this.#status.synchronised,
      leap: this.#status.leap,
      taiOffsetSeconds: this.#tai,
      foreignHand,
      jumpSeconds: foreignHand ? Number(moved) / 1e9 : 0,
    };
  }

  /** Both readings of one instant: being held up between them would look like a step of the base clock. */
  #bothNs(): { readonly base: bigint; readonly monotonic: bigint } {
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#base.monotonicNs();
      const base = this.#base.baseNs();
      const monotonic = this.#base.monotonicNs();
      if (monotonic - before < TOGETHER_NS || attempt === ATTEMPTS) return { base, monotonic };
    }
  }

  stampMap(): StampMap {
    this.#leapUpTo(this.#base.baseNs());
    return this.#newest();
  }

  toServed(kernelNs: bigint): bigint {
    this.#leapUpTo(kernelNs);
    for (let i = this.#pieces.length - 1; i > 0; i -= 1) {
      const piece = this.#pieces[i] as StampMap;
      if (kernelNs >= piece.anchorKernelNs) return applyStampMap(piece, kernelNs);
    }
    return applyStampMap(this.#pieces[0] as StampMap, kernelNs);
  }

  #newest(): StampMap {
    return this.#pieces[this.#pieces.length - 1] as StampMap;
  }

  #addPiece(anchorKernelNs: bigint, anchorServedNs: bigint, rate: number): void {
    this.#pieces.push({ anchorKernelNs, anchorServedNs, rate });
    if (this.#pieces.length > PIECES_KEPT) this.#pieces.shift();
    if (this.#leapState === 'armed') this.#placeLeap(anchorKernelNs);
  }

  /** Finds the base reading at which the served time reaches the instant of the leap second. */
  #placeLeap(baseNs: bigint): void {
    if (this.#status.leap === 0) return;
    const piece = this.#newest();
    const served = applyStampMap(piece, baseNs);
    const { atNs, jumpNs } = leapInstant(served, this.#status.leap);
    this.#leapJumpNs = jumpNs;
    this.#leapBaseNs = baseReaching(piece, atNs);
  }

  /** Carries out the leap second if a stamp at or past its instant is looked at. */
  #leapUpTo(baseNs: bigint): void {
    if (this.#leapState !== 'armed' || baseNs < this.#leapBaseNs) return;
    this.#leapState = 'done';
    const at = this.#leapBaseNs;
    this.#addPiece(at, applyStampMap(this.#newest(), at) + this.#leapJumpNs, this.frequency);
    this.#tai += this.#leapJumpNs < 0n ? 1 : -1;
  }
}

/** The first base reading whose served time is at least `servedNs`. */
function baseReaching(map: StampMap, servedNs: bigint): bigint {
  const ahead = Number(servedNs - map.anchorServedNs);
  let base = map.anchorKernelNs + BigInt(Math.floor(ahead / (1 + map.rate)));
  while (applyStampMap(map, base) < servedNs) base += 1n;
  while (applyStampMap(map, base - 1n) >= servedNs) base -= 1n;
  return base;
}
