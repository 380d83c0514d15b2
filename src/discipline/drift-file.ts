/**
 * The text of the drift file: ntpd's form (frequency in ppm first), with what noonmark knows beside it behind.
 * ntpd reads our file and we read ntpd's. Knows no file system.
 */
import type { DriftState } from './types.js';

/** Two lines: "PPM UNCERTAINTY-PPM WANDER-PPM/sqrt(s) SAVED-AT(Unix s)" and a comment. */
export function encodeDriftFile(state: DriftState): string {
  const ppm = (value: number) => (value * 1e6).toFixed(6);
  const savedAt = (state.savedAtUnixNs / 1_000_000_000n).toString();
  return (
    `${ppm(state.frequency)} ${ppm(state.frequencyUncertainty)} ${(state.wander * 1e6).toExponential(3)} ${savedAt}\n` +
    '# frequency correction, its uncertainty (both ppm), wander (ppm per root second), when saved (Unix seconds)\n'
  );
}

/** Undefined when the text holds no usable frequency (|ppm| <= 500). A plain ntpd file gives 1 ppm uncertainty. */
export function decodeDriftFile(text: string): DriftState | undefined {
  const [frequency, uncertainty, wander, savedAt] = (text.split('\n')[0] ?? '').trim().split(/\s+/);
  const ppm = Number(frequency);
  if (frequency === undefined || frequency === '' || !(Math.abs(ppm) <= 500)) return undefined;
  const positive = (word: string | undefined, otherwise: number) => {
    const value = Number(word);
    return word !== undefined && value >= 0 && Number.isFinite(value) ? value : otherwise;
  };
  return {
    frequency: ppm * 1e-6,
    frequencyUncertainty: positive(uncertainty, 1) * 1e-6,
    wander: positive(wander, 0) * 1e-6,
    savedAtUnixNs: BigInt(Math.trunc(positive(savedAt, 0))) * 1_000_000_000n,
  };
}
