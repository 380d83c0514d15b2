/**
 * The clock that noonmark serves and disciplines, as the rest of the code sees it.
 * Implementations: clock/linux (clock_adjtime), clock/software (a corrected time kept in software over another
 * clock: `clock none`), sim (a simulated oscillator below it: `clock simulated` and the virtual world).
 */

/** served = anchorServedNs + (kernel - anchorKernelNs) * (1 + rate): maps kernel stamps onto the served clock. */
export interface StampMap {
  readonly anchorKernelNs: bigint;
  readonly anchorServedNs: bigint;
  /** fractional; 0 for the system clock */
  readonly rate: number;
}

export type Leap = 0 | 1 | 2 | 3;

/** What the kernel (or its stand-in) is told about the state of synchronisation. */
export interface ClockStatus {
  readonly synchronised: boolean;
  /** 0 none, 1 insert a second at the end of the UTC day, 2 delete one; 3 is not for clocks */
  readonly leap: 0 | 1 | 2;
  readonly maxErrorSeconds: number;
  readonly estimatedErrorSeconds: number;
  /** TAI - UTC, whole seconds; undefined: unknown, leave it */
  readonly taiOffsetSeconds?: number | undefined;
}

/** What was found when the clock's parameters were read back. */
export interface ClockReadback {
  readonly frequency: number;
  readonly synchronised: boolean;
  readonly leap: 0 | 1 | 2;
  readonly taiOffsetSeconds: number;
  /** true when frequency, offset or status are not what we wrote: somebody else steers this clock */
  readonly foreignHand: boolean;
  /**
   * How far the clock, or the one below it, has jumped since the last look without our doing, s; 0: it has not. A machine
   * that was suspended looks the same.
   */
  readonly jumpSeconds: number;
}

export interface Clock {
  readonly kind: 'system' | 'none' | 'simulated';
  /** Served time, Unix nanoseconds (UTC; a leap second repeats or skips a second as the kernel does). */
  now(): bigint;
  /** Nanoseconds that never step and never go back; origin arbitrary. */
  monotonic(): bigint;
  /** log2 of the time it takes to read the clock, seconds (RFC 5905 precision), e.g. -23. */
  readonly precisionLog2: number;
  /** Smallest step of setFrequency, fractional (Linux: 2^-16 ppm = 1.5e-11). */
  readonly frequencyResolution: number;
  /** Largest |frequency| accepted, fractional (Linux: 500e-6, more by tick). */
  readonly maxFrequency: number;
  /** Fractional correction in force; positive: the clock is made to run faster. */
  readonly frequency: number;
  /** Sets the correction at once; answers the value that is really in force after rounding and clamping. */
  setFrequency(frequency: number): number;
  /** Adds `seconds` to the served time at once; positive: forward. Status, leap and TAI are to be written anew after. */
  step(seconds: number): void;
  setStatus(status: ClockStatus): void;
  /** Reads back and compares with what was last written. */
  readback(): ClockReadback;
  /** The map in force now, for publishing to the responder. */
  stampMap(): StampMap;
  /** Maps one kernel stamp (CLOCK_REALTIME ns) to the served clock, with the map that was in force at that stamp. */
  toServed(kernelNs: bigint): bigint;
}

/** Applies a map to one stamp; exact to 1 ns for stamps within an hour of the anchor. */
export function applyStampMap(map: StampMap, kernelNs: bigint): bigint {
  const elapsed = kernelNs - map.anchorKernelNs;
  if (map.rate === 0) return map.anchorServedNs + elapsed;
  return map.anchorServedNs + elapsed + BigInt(Math.round(Number(elapsed) * map.rate));
}
