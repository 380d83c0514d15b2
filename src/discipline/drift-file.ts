/**
 * The text of the drift file: ntpd's form (frequency in ppm first), with what noonmark knows beside it behind, and the
 * crystal's dependence on temperature where it was learned. ntpd reads our file and we read ntpd's. Knows no file system.
 */
import type { ThermalState } from './thermal.js';
import type { DriftState } from './types.js';

const TEMPERATURE = 'temperature';
/** What a crystal may have, fractional per degree and per degree²: a file that says more is damaged. */
const MOST_PER_DEGREE = 1e-5;
const MOST_PER_DEGREE2 = 1e-6;

/**
 * "PPM UNCERTAINTY-PPM WANDER-PPM/sqrt(s) SAVED-AT(Unix s)", a comment, and, if there is a thermometer,
 * "temperature REFERENCE(°C) PPM/°C PPM/°C² FROM(°C) TO(°C)" with a comment.
 */
export function encodeDriftFile(state: DriftState): string {
  const ppm = (value: number) => (value * 1e6).toFixed(6);
  const savedAt = (state.savedAtUnixNs / 1_000_000_000n).toString();
  const { thermal } = state;
  const celsius = (value: number) => value.toFixed(2);
  return (
    `${ppm(state.frequency)} ${ppm(state.frequencyUncertainty)} ${(state.wander * 1e6).toExponential(3)} ${savedAt}\n` +
    '# frequency correction, its uncertainty (both ppm), wander (ppm per root second), when saved (Unix seconds)\n' +
    (thermal === undefined
      ? ''
      : `${TEMPERATURE} ${celsius(thermal.referenceCelsius)} ${ppm(thermal.perDegree)} ${ppm(thermal.perDegree2)} ` +
        `${celsius(thermal.fromCelsius)} ${celsius(thermal.toCelsius)}\n` +
        '# reference (degrees Celsius), ppm per degree, per degree squared, learned from .. to (degrees)\n')
  );
}

/**
 * Undefined when the text holds no usable frequency (|ppm| <= 500). A plain ntpd file gives 1 ppm uncertainty. A
 * temperature line that cannot be used is left out.
 */
export function decodeDriftFile(text: string): DriftState | undefined {
  const lines = text.split('\n');
  const [frequency, uncertainty, wander, savedAt] = (lines[0] ?? '').trim().split(/\s+/);
  const ppm = Number(frequency);
  if (frequency === undefined || frequency === '' || !(Math.abs(ppm) <= 500)) return undefined;
  const positive = (word: string | undefined, otherwise: number) => {
    const value = Number(word);
    return word !== undefined && value >= 0 && Number.isFinite(value) ? value : otherwise;
  };
  const thermal = decodeTemperature(lines.find((line) => line.startsWith(`${TEMPERATURE} `)));
  return {
    frequency: ppm * 1e-6,
    frequencyUncertainty: positive(uncertainty, 1) * 1e-6,
    wander: positive(wander, 0) * 1e-6,
    ...(thermal === undefined ? {} : { thermal }),
    savedAtUnixNs: BigInt(Math.trunc(positive(savedAt, 0))) * 1_000_000_000n,
  };
}

function decodeTemperature(line: string | undefined): ThermalState | undefined {
  const words = (line ?? '').trim().split(/\s+/).slice(1);
  const [referenceCelsius, linear, quadratic, fromCelsius, toCelsius] = words.map(Number);
  if (referenceCelsius === undefined || linear === undefined || quadratic === undefined) return undefined;
  if (fromCelsius === undefined || toCelsius === undefined) return undefined;
  const perDegree = linear * 1e-6;
  const perDegree2 = quadratic * 1e-6;
  const possible =
    Math.abs(referenceCelsius) <= 150 &&
    Math.abs(perDegree) <= MOST_PER_DEGREE &&
    Math.abs(perDegree2) <= MOST_PER_DEGREE2 &&
    fromCelsius <= toCelsius;
  return possible ? { referenceCelsius, perDegree, perDegree2, fromCelsius, toCelsius } : undefined;
}
