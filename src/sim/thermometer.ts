/**
 * Simulated thermometers beside an oscillator whose cycle is one of temperature: what they read in each true second.
 * Source of A: discipline-baselines §6.1 (0.05 °C noise, 1/16 °C steps, each second); of B: the DS3231's data sheet
 * (0.25 °C steps, converted every 64 s) and a package that follows the air with 60 s of lag.
 */
import type { OscillatorModel } from './oscillator.js';
import { RandomStream, STREAM } from './random.js';

/** Reading at true second k, to be asked for in order; undefined: nothing new. */
export type Thermometer = (k: number) => number | undefined;

/** Degrees about which an oscillator's temperature swings. */
export const MEAN_CELSIUS = 25;
/** Fractional frequency per degree of the models' cycles. */
export const PER_DEGREE = 1e-7;

/** Temperature of the air at true second k, degrees Celsius. */
export const airCelsius = ({ amplitude, periodSeconds }: OscillatorModel, k: number): number =>
  MEAN_CELSIUS + (amplitude / PER_DEGREE) * Math.sin((2 * Math.PI * k) / periodSeconds);

export function thermometerA(model: OscillatorModel, seed: number): Thermometer {
  const random = new RandomStream(seed, STREAM.thermometer);
  return (k) => Math.round((airCelsius(model, k) + 0.05 * random.normal()) * 16) / 16;
}

export function thermometerB(model: OscillatorModel): Thermometer {
  let felt = airCelsius(model, 0);
  return (k) => {
    felt += (airCelsius(model, k) - felt) / 60;
    return k % 64 === 0 ? Math.round(felt * 4) / 4 : undefined;
  };
}
