/**
 * Oscillators: the fractional frequency error f_k of a host's crystal in each true second [k, k+1).
 * Positive: the crystal is fast. Knows no clock and no correction.
 * Source: shared/reference/discipline-baselines.md §2.2.
 */
import { NoonmarkError } from '../errors.js';
import { RandomStream, STREAM } from './random.js';

export interface Oscillator {
  /** f_k of the next second, k = 0, 1, 2 …: fractional, about 1e-5. */
  next(): number;
}

/** f_k = offset + drift·k + R_k + amplitude·sin(2πk/period), R_k a random walk that has made k+1 steps. */
export interface OscillatorModel {
  /** fractional */
  readonly offset: number;
  /** random walk, fractional per √s */
  readonly wander: number;
  /** fractional; temperature cycle */
  readonly amplitude: number;
  /** seconds; unused while amplitude is 0 */
  readonly periodSeconds: number;
  /** ageing, fractional per second */
  readonly drift: number;
  /** of a crystal bent by temperature: times the square of the cycle over its amplitude; fractional, default 0 */
  readonly bend?: number;
}

const model = (wander: number, amplitude = 0, periodSeconds = 1): OscillatorModel => ({
  offset: 2e-5,
  wander,
  amplitude,
  periodSeconds,
  drift: 0,
});

export const OSCILLATORS: Readonly<Record<string, OscillatorModel>> = {
  W8: model(1e-8),
  W9: model(1e-9),
  W10: model(1e-10),
  T2h: model(1e-10, 5e-7, 7200),
  T24h: model(1e-10, 5e-7, 86400),
  // 0.034 ppm/°C² at 5 °C either way.
  T24hBent: { ...model(1e-10, 5e-7, 86400), bend: 0.034e-6 * 25 },
};

/** The model of that name, with some of its figures replaced; throws ERR_USAGE for an unknown name. */
export function oscillatorModel(name: string, change: Partial<OscillatorModel> = {}): OscillatorModel {
  const found = OSCILLATORS[name];
  if (found === undefined)
    throw new NoonmarkError(
      'ERR_USAGE',
      `there is no oscillator model "${name}"`,
      `use one of ${Object.keys(OSCILLATORS).join(', ')}`,
    );
  return { ...found, ...change };
}

/** `chosen`: a model or the name of one. The same seed gives the same values, always. */
export function createOscillator(chosen: OscillatorModel | string, seed: number): Oscillator {
  const {
    offset,
    wander,
    amplitude,
    periodSeconds,
    drift,
    bend = 0,
  } = typeof chosen === 'string' ? oscillatorModel(chosen) : chosen;
  const random = new RandomStream(seed, STREAM.oscillator);
  let walk = 0;
  let k = 0;
  return {
    next() {
      walk += wander * random.normal();
      let f = offset + walk;
      if (amplitude !== 0) {
        const cycle = Math.sin((2 * Math.PI * k) / periodSeconds);
        f += amplitude * cycle + bend * cycle * cycle;
      }
      if (drift !== 0) f += drift * k;
      k += 1;
      return f;
    },
  };
}

/** A crystal without wander, for tests that compute their expectation by hand. */
export const steadyOscillator = (frequency: number): Oscillator => ({ next: () => frequency });
