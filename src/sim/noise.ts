/**
 * Noise of a pulse's stamp, n_k seconds at true second k; positive: stamped late, so that the clock seems fast.
 * Source: shared/reference/discipline-baselines.md §2.3.
 */
import { NoonmarkError } from '../errors.js';
import { RandomStream, STREAM } from './random.js';

export interface PulseNoise {
  /** n_k of the next second, k = 0, 1, 2 …; seconds. */
  next(): number;
}

export interface NoiseModel {
  /** standard deviation, seconds */
  readonly sigma: number;
  /** 0 .. 1; outliers are one-sided, like interrupt latency */
  readonly outlierProbability: number;
  /** an outlier adds base + span·v, v uniform in (0, 1); seconds */
  readonly outlierBase: number;
  readonly outlierSpan: number;
}

const gaussian = (sigma: number): NoiseModel => ({
  sigma,
  outlierProbability: 0,
  outlierBase: 0,
  outlierSpan: 0,
});

export const NOISES: Readonly<Record<string, NoiseModel>> = {
  none: gaussian(0),
  N1u: gaussian(1e-6),
  N200: gaussian(2e-7),
  O1u: { sigma: 1e-6, outlierProbability: 0.01, outlierBase: 50e-6, outlierSpan: 150e-6 },
};

export function noiseModel(name: string): NoiseModel {
  const found = NOISES[name];
  if (found === undefined)
    throw new NoonmarkError(
      'ERR_USAGE',
      `there is no noise model "${name}"`,
      `use one of ${Object.keys(NOISES).join(', ')}`,
    );
  return found;
}

/** `chosen`: a model, the name of one, or a noise of one's own. */
export function createNoise(chosen: NoiseModel | PulseNoise | string, seed: number): PulseNoise {
  if (typeof chosen === 'object' && 'next' in chosen) return chosen;
  const { sigma, outlierProbability, outlierBase, outlierSpan } =
    typeof chosen === 'string' ? noiseModel(chosen) : chosen;
  const gauss = new RandomStream(seed, STREAM.noise);
  const outliers = new RandomStream(seed, STREAM.outliers);
  return {
    next() {
      const n = sigma === 0 ? 0 : sigma * gauss.normal();
      if (outlierProbability === 0) return n;
      const a = outliers.uniform();
      const v = outliers.uniform();
      return a < outlierProbability ? n + outlierBase + outlierSpan * v : n;
    },
  };
}
