/**
 * The instants at which a leap second takes effect: ends of UTC days on the POSIX time scale.
 */
import { NS_PER_SECOND } from '../units/time.js';

export const NS_PER_DAY = 86_400n * NS_PER_SECOND;

/** The next UTC midnight strictly after `unixNs`, Unix ns. */
export function endOfDayNs(unixNs: bigint): bigint {
  const within = ((unixNs % NS_PER_DAY) + NS_PER_DAY) % NS_PER_DAY;
  return unixNs - within + NS_PER_DAY;
}

/**
 * The reading at which a clock with an armed leap second jumps, and by how much, as Linux does it: an inserted second
 * sets the clock back by one when it shows 24:00:00; a deleted one sets it forward by one when it shows 23:59:59.
 */
export function leapInstant(nowNs: bigint, leap: 1 | 2): { readonly atNs: bigint; readonly jumpNs: bigint } {
  if (leap === 1) return { atNs: endOfDayNs(nowNs), jumpNs: -NS_PER_SECOND };
  const atNs = endOfDayNs(nowNs) - NS_PER_SECOND;
  // Within the day's last second it is too late for this day.
  return { atNs: atNs > nowNs ? atNs : atNs + NS_PER_DAY, jumpNs: NS_PER_SECOND };
}
