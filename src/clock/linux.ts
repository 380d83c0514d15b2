/**
 * The system clock, steered through adjtimex as Clock: frequency (beyond 500 ppm by the length of the tick), step,
 * status. Owns what is to be written when and what is expected to be read back; the calls are a KernelClock's.
 * The kernel's own loop (STA_PLL) stays off: frequency and phase are noonmark's.
 * Sources: adjtimex(2), Linux kernel/time/ntp.c, RFC 5905 §11.3 (clock discipline outside the kernel).
 */
import { NoonmarkError } from '../errors.js';
import type { Clock, ClockReadback, ClockStatus, StampMap } from '../ports/clock.js';
import { secondsToNs } from '../units/time.js';
import {
  FREQUENCY_UNIT,
  type KernelClock,
  MAX_ERROR_GROWTH_US,
  MAX_ERROR_LIMIT_US,
  MAX_SCALED_FREQUENCY,
  NOMINAL_TICK_US,
  STA,
  STA_READ_ONLY,
  TICK_FREQUENCY,
  type Timex,
} from './kernel-clock.js';
import { measurePrecision } from './precision.js';

/** adjtimex takes ticks from 9000 to 11000 us. */
const MOST_TICKS = 1000;
/** A jump of the clock that is smaller than this is not told from the time that passes between two readings. */
const FOREIGN_STEP_NS = 200_000n;
const ATTEMPTS = 5;

const identity: StampMap = { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 };

/** The two numbers that adjtimex wants for a fractional frequency, clamped to what it takes. */
export function splitFrequency(frequency: number): {
  readonly tickUs: number;
  readonly scaledFrequency: number;
} {
  const limit = MAX_SCALED_FREQUENCY * FREQUENCY_UNIT;
  const ticks =
    Math.abs(frequency) <= limit
      ? 0
      : Math.max(-MOST_TICKS, Math.min(MOST_TICKS, Math.round(frequency / TICK_FREQUENCY)));
  const rest = Math.round((frequency - ticks * TICK_FREQUENCY) / FREQUENCY_UNIT);
  return {
    tickUs: NOMINAL_TICK_US + ticks,
    scaledFrequency: Math.max(-MAX_SCALED_FREQUENCY, Math.min(MAX_SCALED_FREQUENCY, rest)),
  };
}

const joinFrequency = (timex: Timex): number =>
  (timex.tickUs - NOMINAL_TICK_US) * TICK_FREQUENCY + timex.scaledFrequency * FREQUENCY_UNIT;

const toUs = (seconds: number): number => Math.max(0, Math.min(MAX_ERROR_LIMIT_US, Math.ceil(seconds * 1e6)));

const leapOf = (status: number): 0 | 1 | 2 =>
  (status & STA.insert) !== 0 ? 1 : (status & STA.delete) !== 0 ? 2 : 0;

const statusBits = (status: ClockStatus): number =>
  (status.synchronised ? 0 : STA.unsync) | [0, STA.insert, STA.delete][status.leap]!;

interface Written {
  readonly scaledFrequency: number;
  readonly tickUs: number;
}
interface WrittenStatus {
  readonly status: ClockStatus;
  readonly bits: number;
  readonly maxErrorUs: number;
  readonly atMonotonicNs: bigint;
}

export class LinuxClock implements Clock {
  readonly kind = 'system';
  readonly precisionLog2: number;
  readonly frequencyResolution = FREQUENCY_UNIT;
  readonly maxFrequency = MOST_TICKS * TICK_FREQUENCY;
  readonly #kernel: KernelClock;
  #frequency: number;
  #ours = false;
  #written: Written | undefined;
  #writtenStatus: WrittenStatus | undefined;
  /** realtime minus monotonic: constant, but for steps and leap seconds */
  #originNs: bigint;
  /** TAI - UTC as the kernel had it last */
  #tai: number;
  /** foreign steps that were seen and that readback() has not told yet, ns */
  #jumpNs = 0n;

  /** Only reads. Nothing is written before takeOver() or the first setting. */
  constructor(kernel: KernelClock) {
    this.#kernel = kernel;
    const timex = kernel.read();
    this.#frequency = joinFrequency(timex);
    this.#tai = timex.taiOffsetSeconds;
    this.precisionLog2 = measurePrecision(() => kernel.realtimeNs());
    this.#originNs = this.#origin().latest;
  }

  /**
   * Ends whatever a former master of this clock left behind: a phase correction under way in the kernel's loop or by
   * adjtime(), and an armed leap second. Frequency and tick stay. Throws ERR_PERMISSION without CAP_SYS_TIME.
   */
  takeOver(): void {
    // The kernel takes a phase only while its loop is on, so it is switched on for that one call.
    this.#kernel.adjust({ status: STA.pll | STA.unsync, phaseNs: 0 });
    this.#kernel.adjust({ cancelAdjtime: true });
    const after = this.#kernel.adjust({ status: STA.unsync });
    this.#ours = true;
    this.#frequency = joinFrequency(after);
    this.#written = { scaledFrequency: after.scaledFrequency, tickUs: after.tickUs };
    this.#originNs = this.#origin().latest;
  }

  now(): bigint {
    return this.#kernel.realtimeNs();
  }

  monotonic(): bigint {
    return this.#kernel.monotonicNs();
  }

  get frequency(): number {
    return this.#frequency;
  }

  setFrequency(frequency: number): number {
    if (!this.#ours) this.takeOver();
    const change = splitFrequency(frequency);
    const after = this.#kernel.adjust(change);
    this.#written = change;
    this.#frequency = joinFrequency(after);
    return this.#frequency;
  }

  step(seconds: number): void {
    if (!Number.isFinite(seconds)) {
      throw new NoonmarkError('ERR_CLOCK', `a step of ${seconds} s is no step`, 'report this');
    }
    if (!this.#ours) this.takeOver();
    const stepNs = secondsToNs(seconds);
    this.#kernel.adjust({ stepNs });
    this.#originNs += stepNs;
    // ADJ_SETOFFSET made it unsynchronised with 16 s of error and dropped the instant of an armed leap second.
    const before = this.#writtenStatus;
    if (before === undefined) return;
    if (before.status.leap !== 0) this.#disarm();
    this.setStatus(before.status);
    const now = this.readback();
    if (now.synchronised !== before.status.synchronised || now.leap !== before.status.leap) {
      throw new NoonmarkError(
        'ERR_CLOCK',
        'the kernel did not take the clock status that was written after a step',
        'another program may be steering the clock: stop and disable chronyd, ntpd or systemd-timesyncd',
      );
    }
  }

  setStatus(status: ClockStatus): void {
    if (!this.#ours) this.takeOver();
    // A leap second shows in TAI, which is about to be overwritten: look first.
    this.#jumpNs += this.#foreignStep(this.#kernel.read());
    const bits = statusBits(status);
    const maxErrorUs = toUs(status.maxErrorSeconds);
    const after = this.#kernel.adjust({
      status: bits,
      maxErrorUs,
      estimatedErrorUs: toUs(status.estimatedErrorSeconds),
      ...(status.taiOffsetSeconds === undefined ? {} : { taiOffsetSeconds: status.taiOffsetSeconds }),
    });
    this.#tai = after.taiOffsetSeconds;
    this.#writtenStatus = { status, bits, maxErrorUs, atMonotonicNs: this.#kernel.monotonicNs() };
  }

  readback(): ClockReadback {
    const timex = this.#kernel.read();
    const jumpNs = this.#jumpNs + this.#foreignStep(timex);
    this.#jumpNs = 0n;
    return {
      frequency: joinFrequency(timex),
      synchronised: (timex.status & STA.unsync) === 0,
      leap: leapOf(timex.status),
      taiOffsetSeconds: timex.taiOffsetSeconds,
      foreignHand: jumpNs !== 0n || this.#foreignParameters(timex) || this.#foreignStatus(timex),
      jumpSeconds: Number(jumpNs) / 1e9,
    };
  }

  stampMap(): StampMap {
    return identity;
  }

  toServed(kernelNs: bigint): bigint {
    return kernelNs;
  }

  /**
   * Kernels since 4.3 work out the instant of a leap second when they go from "none" to "armed", and a step makes
   * them forget it while they still think it armed. Leaving STA_PLL brings them back to "none" at once.
   */
  #disarm(): void {
    this.#kernel.adjust({ status: STA.pll | STA.unsync });
    this.#kernel.adjust({ status: STA.unsync });
  }

  #foreignParameters(timex: Timex): boolean {
    const written = this.#written;
    if (written === undefined) return false;
    return (
      timex.scaledFrequency !== written.scaledFrequency ||
      timex.tickUs !== written.tickUs ||
      timex.phaseNs !== 0
    );
  }

  #foreignStatus(timex: Timex): boolean {
    const written = this.#writtenStatus;
    if (written === undefined) return false;
    const mine = ~(STA_READ_ONLY | STA.unsync);
    if ((timex.status & mine) !== (written.bits & mine)) return true;
    if ((timex.status & STA.unsync) === (written.bits & STA.unsync)) return false;
    if ((timex.status & STA.unsync) === 0) return true;
    // The kernel says unsynchronised by itself once the error has grown to 16 s.
    const elapsed = Number(this.#kernel.monotonicNs() - written.atMonotonicNs) / 1e9;
    return written.maxErrorUs + (elapsed + 2) * MAX_ERROR_GROWTH_US < MAX_ERROR_LIMIT_US;
  }

  /** By how much the clock jumped without us, ns. The jump is then taken as the new state, so that it is told once. */
  #foreignStep(timex: Timex): bigint {
    const taiMoved = timex.taiOffsetSeconds - this.#tai;
    this.#tai = timex.taiOffsetSeconds;
    const { earliest, latest } = this.#origin();
    if (this.#originNs >= earliest - FOREIGN_STEP_NS && this.#originNs <= latest + FOREIGN_STEP_NS) {
      return 0n;
    }
    const jump = latest - this.#originNs;
    this.#originNs = latest;
    const size = jump < 0n ? -jump : jump;
    // The kernel counts its own leap seconds in the TAI offset: one more for a second that was repeated.
    const isSecond = size > 999_000_000n && size < 1_001_000_000n;
    const isLeap = isSecond && taiMoved === (jump < 0n ? 1 : -1);
    return this.#ours && !isLeap ? jump : 0n;
  }

  /** Realtime minus monotonic, between two bounds: read again while being held up keeps them apart. */
  #origin(): { readonly earliest: bigint; readonly latest: bigint } {
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#kernel.monotonicNs();
      const real = this.#kernel.realtimeNs();
      const after = this.#kernel.monotonicNs();
      if (after - before < FOREIGN_STEP_NS || attempt === ATTEMPTS)
        return { earliest: real - after, latest: real - before };
    }
  }
}
