/** Which measurements belong together: those of one source, of one kind, with one noise. */
import type { Measurement } from './types.js';

/** A noise prior that changes by this factor speaks of another kind of measurement. */
const NEW_REGIME = 30;
/** No measurement's noise is reckoned as more, or less, than this many times the usual one. */
const MOST_WEIGHT = 100;

export interface Regime {
  readonly sourceId: number;
  readonly kind: Measurement['kind'];
  /** what its measurements are usually wrong by, s */
  readonly expectedNoise: number;
}

export const regimeOf = ({ sourceId, kind, noiseSeconds, usualNoiseSeconds }: Measurement): Regime => ({
  sourceId,
  kind,
  expectedNoise: usualNoiseSeconds ?? noiseSeconds,
});

/** Another source, or the same one with another kind of sample: a receiver whose pulse has come to its messages. */
export function isNewRegime(regime: Regime, { sourceId, noiseSeconds, weighed }: Measurement): boolean {
  const ratio = noiseSeconds / regime.expectedNoise;
  return sourceId !== regime.sourceId || (weighed !== true && (ratio > NEW_REGIME || ratio < 1 / NEW_REGIME));
}

/** Noise variance of a measurement over that of its regime. */
export function relativeNoiseOf({ noiseSeconds, weighed }: Measurement, regime: Regime): number {
  if (weighed !== true) return 1;
  return Math.min(MOST_WEIGHT, Math.max(1 / MOST_WEIGHT, noiseSeconds / regime.expectedNoise)) ** 2;
}
