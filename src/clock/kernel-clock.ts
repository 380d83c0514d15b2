/**
 * The kernel's clock as clock/linux needs it: two readings, and adjtimex in its own units. Implemented by
 * drivers/linux/clock (the real one) and by a scripted one in the tests; numbers as in linux/timex.h.
 */

/** STA_* bits of adjtimex (linux/timex.h). */
export const STA = {
  pll: 0x0001,
  ppsFrequency: 0x0002,
  ppsTime: 0x0004,
  fll: 0x0008,
  insert: 0x0010,
  delete: 0x0020,
  unsync: 0x0040,
  frequencyHold: 0x0080,
  nano: 0x2000,
} as const;

/** Bits that the kernel sets by itself and ignores when written (STA_RONLY). */
export const STA_READ_ONLY = 0xff00;

/** Nominal length of a tick: USER_HZ is 100 on every architecture. */
export const NOMINAL_TICK_US = 10_000;
/** One microsecond of tick is this much frequency, fractional. */
export const TICK_FREQUENCY = 1e-4;
/** Largest |frequency| that adjtimex takes in `freq`: 500 ppm in units of 2^-16 ppm. */
export const MAX_SCALED_FREQUENCY = 500 * 65536;
/** Unit of `freq`, fractional: 2^-16 ppm. */
export const FREQUENCY_UNIT = 1e-6 / 65536;
/** maxerror saturates here, and the kernel then says unsynchronised by itself (NTP_PHASE_LIMIT), microseconds. */
export const MAX_ERROR_LIMIT_US = 16_000_000;
/** The kernel lets maxerror grow by this much a second (MAXFREQ), microseconds. */
export const MAX_ERROR_GROWTH_US = 500;

/** What adjtimex says. */
export interface Timex {
  /** units of 2^-16 ppm */
  readonly scaledFrequency: number;
  readonly tickUs: number;
  /** STA_* */
  readonly status: number;
  /** what is left of a phase correction by the kernel's own loop (ADJ_OFFSET), ns */
  readonly phaseNs: number;
  readonly maxErrorUs: number;
  readonly estimatedErrorUs: number;
  readonly taiOffsetSeconds: number;
  /** 0 ok, 1 insertion is armed, 2 deletion is armed, 3 leap second in progress, 4 leap done, 5 unsynchronised */
  readonly state: number;
}

/** What is to be changed; fields left out stay. */
export interface TimexChange {
  readonly scaledFrequency?: number;
  readonly tickUs?: number;
  readonly status?: number;
  readonly maxErrorUs?: number;
  readonly estimatedErrorUs?: number;
  readonly taiOffsetSeconds?: number;
  /** ADJ_OFFSET: phase for the kernel's own loop, ns (only acted on with STA_PLL) */
  readonly phaseNs?: number;
  /** ADJ_SETOFFSET: added to the clock at once, ns */
  readonly stepNs?: bigint;
  /** ends what is left of an adjtime(); goes with no other field */
  readonly cancelAdjtime?: true;
}

export interface KernelClock {
  /** CLOCK_REALTIME, Unix ns */
  realtimeNs(): bigint;
  /** CLOCK_MONOTONIC, ns */
  monotonicNs(): bigint;
  read(): Timex;
  /** Changes and answers what is in force after; throws ERR_PERMISSION or ERR_CLOCK. */
  adjust(change: TimexChange): Timex;
}
