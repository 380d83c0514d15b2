/** How fast the remaining offset is removed. */

/** Phase is removed at this rate at most: a tenth of a second in 20 s, and programs that measure intervals survive. */
const MAX_SLEW = 5e-3;
/**
 * The remaining offset is removed with a time constant of a fifth of the filter's memory, within these bounds, s: shorter
 * ones cost quiet of frequency, longer ones accuracy of phase. Where the frequency moves steadily haste pays.
 */
const TAU_SHARE = 1 / 5;
const TAU_MIN = 1.5;
const TAU_MAX = 3.8;
const DRIFT_HASTE = 0.4;

/**
 * Rate, fractional, that removes `offset` (s), of an estimate that remembers `memorySeconds`, gets a sample every
 * `intervalSeconds`, and has `driftShare` (0 .. 1) of its weight with models that have a drift.
 */
export function slewOf(
  offset: number,
  memorySeconds: number,
  intervalSeconds: number,
  driftShare: number,
): number {
  const most = TAU_MAX * Math.max(1, intervalSeconds) * (1 - DRIFT_HASTE * driftShare);
  const tau = Math.max(TAU_MIN, Math.min(TAU_SHARE * memorySeconds, most), intervalSeconds / 4);
  return Math.max(-MAX_SLEW, Math.min(MAX_SLEW, offset / tau));
}
