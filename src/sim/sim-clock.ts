/**
 * The clock of a simulated host: a wandering oscillator, the correction the daemon commands, steps, and leap seconds
 * as the Linux kernel takes them. Implements Clock; also knows its true error, which only tests and metrics may ask.
 * Rate: dC/dt = dM/dt = (1 + f_k)(1 + u), f_k the oscillator in true second k, u the correction
 * (shared/reference/discipline-baselines.md §2.1). Error: positive, the clock is fast.
 */
import { NoonmarkError } from '../errors.js';
import type { Clock, ClockReadback, ClockStatus, StampMap } from '../ports/clock.js';
import { NS_PER_SECOND } from '../units/time.js';
import { ClockHistory } from './clock-history.js';
import type { Oscillator } from './oscillator.js';
import type { TrueTime } from './utc-scale.js';

/** The kernel's unit of frequency: 2^-16 ppm. */
const KERNEL_FREQUENCY_UNIT = 1e-6 / 65536;
const DAY = 86400;

export interface SimClockOptions {
  readonly oscillator: Oscillator;
  /** C(0) minus true time, seconds; default 0 */
  readonly startErrorSeconds?: number;
  /** default 500e-6; up to 0.1 as if by tick */
  readonly maxFrequency?: number;
  readonly precisionLog2?: number;
  /**
   * What kernel stamps count: 'truth' (default): true time, mapped to this clock by toServed(), as when a simulated
   * clock runs on a real machine. 'served': this clock itself, as on a board whose system clock is disciplined.
   */
  readonly stamps?: 'truth' | 'served';
  /** replaces the clock's own monotonic reading (real time: the scheduler's) */
  readonly monotonic?: () => bigint;
}

export class SimClock implements Clock {
  readonly kind = 'simulated';
  readonly frequencyResolution = KERNEL_FREQUENCY_UNIT;
  readonly maxFrequency: number;
  readonly precisionLog2: number;
  readonly #truth: TrueTime;
  readonly #oscillator: Oscillator;
  readonly #served: boolean;
  readonly #monotonic: (() => bigint) | undefined;
  readonly #history = new ClockHistory();

  // The piece in force: from true time #start on, at #slope ahead per second.
  #start: number;
  #error: number;
  #monoError = 0;
  #slope = 0;
  #oscillatorError: number;
  #nextSecond: number;

  /** whole seconds ahead of true time by steps and leaps, apart from #error */
  #whole = 0;
  #correction = 0;
  #commanded = 0;
  #foreign = false;
  #foreignJump = 0;
  /** leap seconds inserted by this clock (deleted ones count negative) */
  #leaps = 0;
  /** this clock's own reading, seconds since start, at which the armed leap is taken */
  #leapAt = Number.POSITIVE_INFINITY;
  #status: ClockStatus = {
    synchronised: false,
    leap: 0,
    maxErrorSeconds: 16,
    estimatedErrorSeconds: 16,
    taiOffsetSeconds: 0,
  };

  constructor(truth: TrueTime, options: SimClockOptions) {
    this.#truth = truth;
    this.#oscillator = options.oscillator;
    this.maxFrequency = options.maxFrequency ?? 500e-6;
    this.precisionLog2 = options.precisionLog2 ?? -23;
    this.#served = options.stamps === 'served';
    this.#monotonic = options.monotonic;
    this.#start = truth.now();
    this.#error = 0;
    this.#move(options.startErrorSeconds ?? 0);
    this.#nextSecond = Math.floor(this.#start) + 1;
    this.#oscillatorError = this.#oscillator.next();
    this.#turn(this.#start);
  }

  now(): bigint {
    return this.servedAt(this.advance());
  }

  monotonic(): bigint {
    if (this.#monotonic !== undefined) return this.#monotonic();
    const t = this.advance();
    const whole = Math.floor(t);
    const ns = Math.round((t - whole + this.#monoError + this.#slope * (t - this.#start)) * 1e9);
    return BigInt(whole) * NS_PER_SECOND + BigInt(ns);
  }

  /** The monotonic reading in float seconds since the start of the world, exact to its last bit. */
  monotonicSeconds(): number {
    const t = this.advance();
    return t + (this.#monoError + this.#slope * (t - this.#start));
  }

  /** True time at which the monotonic reading will be `mono` seconds if nothing changes the rate before. */
  trueTimeOfMonotonic(mono: number): number {
    const reached = this.#start + this.#monoError;
    return this.#start + (mono - reached) / (1 + this.#slope);
  }

  get frequency(): number {
    return this.#commanded;
  }

  setFrequency(frequency: number): number {
    if (!Number.isFinite(frequency))
      throw new NoonmarkError('ERR_CLOCK', `a clock cannot run at ${frequency}`, 'this is a bug: report it');
    const bounded = Math.min(this.maxFrequency, Math.max(-this.maxFrequency, frequency));
    this.#commanded = Math.round(bounded / KERNEL_FREQUENCY_UNIT) * KERNEL_FREQUENCY_UNIT;
    this.#apply(this.#commanded);
    return this.#commanded;
  }

  /** Another process sets frequency or time behind the daemon's back; readback() shows it. */
  interfere(change: { readonly frequency?: number; readonly stepSeconds?: number }): void {
    if (change.frequency !== undefined) this.#apply(change.frequency);
    if (change.stepSeconds !== undefined) {
      this.step(change.stepSeconds);
      this.#foreign = true;
      this.#foreignJump += change.stepSeconds;
    }
  }

  step(seconds: number): void {
    if (!Number.isFinite(seconds))
      throw new NoonmarkError(
        'ERR_CLOCK',
        `a clock cannot be stepped by ${seconds}`,
        'this is a bug: report it',
      );
    const t = this.advance();
    this.#turn(t);
    this.#move(seconds);
    this.#turn(t);
    if (this.#leapAt !== Number.POSITIVE_INFINITY) this.#arm(this.#status.leap, t);
  }

  setStatus(status: ClockStatus): void {
    const t = this.advance();
    const taiOffsetSeconds = status.taiOffsetSeconds ?? this.#status.taiOffsetSeconds;
    if (status.leap !== this.#status.leap) this.#arm(status.leap, t);
    this.#status = { ...status, taiOffsetSeconds };
  }

  get status(): ClockStatus {
    return this.#status;
  }

  readback(): ClockReadback {
    this.advance();
    const foreignHand = this.#foreign || this.#correction !== this.#commanded;
    const jumpSeconds = this.#foreignJump;
    this.#foreign = false;
    this.#foreignJump = 0;
    return {
      frequency: this.#correction,
      synchronised: this.#status.synchronised,
      leap: this.#status.leap,
      taiOffsetSeconds: this.#status.taiOffsetSeconds ?? 0,
      foreignHand,
      jumpSeconds,
    };
  }

  stampMap(): StampMap {
    const t = this.advance();
    const anchorServedNs = this.servedAt(t);
    if (this.#served) return { anchorKernelNs: anchorServedNs, anchorServedNs, rate: 0 };
    return { anchorKernelNs: this.#truth.kernelNs(t), anchorServedNs, rate: this.#slope };
  }

  toServed(kernelNs: bigint): bigint {
    if (this.#served) return kernelNs;
    this.advance();
    return this.#read(kernelNs, this.#truth.seconds(kernelNs));
  }

  /** What a kernel stamp taken at true time t <= now says. */
  kernelStamp(t: number): bigint {
    return this.#served ? this.servedAt(t) : this.#truth.kernelNs(t);
  }

  /** What this clock showed at true time t <= now. */
  servedAt(t: number): bigint {
    this.advance();
    return this.#read(this.#truth.kernelNs(t), t);
  }

  /** e(t) = this clock minus UTC, now or at a true time not long past; seconds. Positive: fast. */
  errorSeconds(t: number = this.#truth.now()): number {
    this.advance();
    const ahead = this.#history.errorAt(t);
    const whole = this.#history.wholeAt(t);
    // Compared where this clock reads the same: both take a leap at midnight of their own reading.
    const untaken = whole + this.#history.leapsAt(t);
    return ahead + (whole + this.#truth.utc.lag(t + untaken + ahead));
  }

  /** Fractional rate error of the corrected clock now, commanded slews included. */
  frequencyError(): number {
    this.advance();
    return this.#slope;
  }

  /** f_k now: what the daemon tries to learn, with the other sign. */
  oscillatorError(): number {
    this.advance();
    return this.#oscillatorError;
  }

  /** Brings oscillator and leap up to true time now, and answers it. Reading changes nothing else. */
  advance(): number {
    const t = this.#truth.now();
    while (this.#nextSecond <= t) {
      this.#takeLeap(this.#nextSecond);
      this.#turn(this.#nextSecond, this.#oscillator.next());
      this.#nextSecond += 1;
    }
    this.#takeLeap(t);
    return t;
  }

  #read(kernelNs: bigint, t: number): bigint {
    const ahead = BigInt(Math.round(this.#history.errorAt(t) * 1e9));
    const whole = this.#history.wholeAt(t);
    return whole === 0 ? kernelNs + ahead : kernelNs + BigInt(whole) * NS_PER_SECOND + ahead;
  }

  #move(seconds: number): void {
    const whole = Math.round(seconds);
    this.#whole += whole;
    this.#error += seconds - whole;
  }

  #apply(correction: number): void {
    const t = this.advance();
    this.#correction = correction;
    this.#turn(t);
  }

  /** Ends the piece in force at t and begins the next. */
  #turn(t: number, oscillatorError: number = this.#oscillatorError): void {
    const gained = this.#slope * (t - this.#start);
    this.#error += gained;
    this.#monoError += gained;
    this.#start = t;
    this.#oscillatorError = oscillatorError;
    const f = this.#oscillatorError;
    this.#slope = f + this.#correction + f * this.#correction;
    this.#history.push(t, this.#error, this.#slope, this.#whole, this.#leaps);
  }

  #arm(leap: 0 | 1 | 2, t: number): void {
    if (leap === 0) {
      this.#leapAt = Number.POSITIVE_INFINITY;
      return;
    }
    const served = t + this.#history.errorAt(t) + this.#whole;
    const start = this.#truth.utc.startUnixSecond;
    const midnight = (Math.floor((start + served) / DAY) + 1) * DAY - start;
    let jump = leap === 2 ? midnight - 1 : midnight;
    // Within the day's last second it is too late to delete it.
    if (jump <= served) jump += DAY;
    this.#leapAt = jump;
  }

  /** Takes the armed leap if the clock reaches it by t (kernel/time/ntp.c, second_overflow). */
  #takeLeap(t: number): void {
    if (this.#leapAt === Number.POSITIVE_INFINITY) return;
    const reading = this.#error + this.#slope * (t - this.#start);
    const target = this.#leapAt - this.#whole;
    if (t + reading < target) return;
    const crossing = this.#start + (target - this.#start - this.#error) / (1 + this.#slope);
    const change = this.#status.leap === 2 ? -1 : 1;
    this.#leapAt = Number.POSITIVE_INFINITY;
    const tai = this.#status.taiOffsetSeconds;
    this.#status = { ...this.#status, taiOffsetSeconds: tai === undefined ? undefined : tai + change };
    // The piece that ends runs with the old whole seconds up to the crossing.
    this.#leaps += change;
    this.#whole -= change;
    this.#turn(Math.min(t, Math.max(this.#start, crossing)));
  }
}
