/**
 * The promise that no test touches this machine's clock, checked: what adjtimex says before and after the run.
 */
import { readOnlyKernelClock } from '../../drivers/linux/clock.js';
import { findRivals } from '../../src/clock/rivals.js';

export interface ClockSettings {
  readonly scaledFrequency: number;
  readonly tickUs: number;
  readonly taiOffsetSeconds: number;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, ns: moves when the clock is stepped */
  readonly originNs: bigint;
}

/** A step smaller than this is not told from slewing over a run. */
const STEP_NS = 100_000_000n;

export function readClockSettings(): ClockSettings {
  const kernel = readOnlyKernelClock();
  const { scaledFrequency, tickUs, taiOffsetSeconds } = kernel.read();
  return { scaledFrequency, tickUs, taiOffsetSeconds, originNs: kernel.realtimeNs() - kernel.monotonicNs() };
}

/** What changed, in words; undefined: nothing, or another program that steers this clock may have done it. */
export function clockComplaint(
  before: ClockSettings,
  after: ClockSettings,
  rivals: readonly string[] = findRivals(),
): string | undefined {
  const changes: string[] = [];
  if (after.scaledFrequency !== before.scaledFrequency) changes.push('its frequency');
  if (after.tickUs !== before.tickUs) changes.push('its tick');
  if (after.taiOffsetSeconds !== before.taiOffsetSeconds) changes.push('its TAI offset');
  const moved = after.originNs - before.originNs;
  if (moved > STEP_NS || moved < -STEP_NS) changes.push(`its time (by ${Number(moved) / 1e9} s)`);
  if (changes.length === 0 || rivals.length > 0) return undefined;
  return `this machine's clock was changed during the run: ${changes.join(', ')}`;
}
