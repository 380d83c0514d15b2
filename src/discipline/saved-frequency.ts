/** How far a frequency that was saved may be trusted when it is read again. */
import type { DriftState } from './types.js';

/** Over a restart the crystal has wandered and the temperature changed: 0.1 ppm covers an ordinary night. */
const OVERNIGHT = 1e-7;
const NIGHT_SECONDS = 21_600;

/** Standard deviation of a saved frequency at `nowNs` (Unix), fractional. */
export function frequencyDoubt(
  { frequencyUncertainty, wander, savedAtUnixNs }: DriftState,
  nowNs: bigint,
): number {
  const seconds = Number(nowNs - savedAtUnixNs) / 1e9;
  const night = seconds >= 0 ? Math.min(1, Math.max(0.1, seconds / NIGHT_SECONDS)) : 1;
  const wandered = seconds >= 0 && seconds < 1e7 ? wander * Math.sqrt(seconds) : 0;
  return Math.hypot(frequencyUncertainty, OVERNIGHT * night, wandered);
}
