/**
 * The 1024-week rollover: a receiver older than its firmware's window reports dates 19.6 years (or twice that) early.
 * Owns the repair from a floor date; says nothing when there is none to make.
 *
 * Rule: a time earlier than the floor by more than ROLLOVER_MARGIN is moved forward by the fewest whole 1024 weeks
 * that bring it to within the margin of the floor or later. The margin is for the ordinary case of a floor slightly
 * in the future of the receiver (a clock saved before a small step back): without it one millisecond would become
 * nineteen years. Its price is that a receiver is repaired only for 1024 weeks less the margin after the floor.
 * A time at or after the floor is never touched: a wrong floor cannot move a right time.
 * Source: IS-GPS-200 §20.3.3.3.1.1 (ten-bit week).
 */
import { NS_PER_DAY, NS_PER_WEEK } from './calendar.js';

export const ROLLOVER_WEEKS = 1024;
export const ROLLOVER_MARGIN_NS = 365n * NS_PER_DAY;
const ROLLOVER_NS = BigInt(ROLLOVER_WEEKS) * NS_PER_WEEK;

/** Weeks to add to `timeNs`: 0, 1024, 2048, … `floorNs` 0 or less: never. */
export function rolloverWeeks(timeNs: bigint, floorNs: bigint): number {
  const missing = floorNs - ROLLOVER_MARGIN_NS - timeNs;
  if (floorNs <= 0n || missing <= 0n) return 0;
  return Number((missing + ROLLOVER_NS - 1n) / ROLLOVER_NS) * ROLLOVER_WEEKS;
}

export const weeksToNs = (weeks: number): bigint => BigInt(weeks) * NS_PER_WEEK;

/**
 * The floor of a live receiver before anything was saved: this program did not exist before that date.
 * 2026-11-01T00:00:00Z, to be moved forward with releases.
 */
export const RELEASE_FLOOR_NS = 1_793_491_200_000_000_000n;
