/**
 * Adds up a run second by second: RMS and largest error, frequency error, when the error came within a bound and stayed.
 * Source of the definitions: shared/reference/discipline-baselines.md §2.6.
 */
import type { Point, RunFigures } from './scenario.js';

/** The error must stay within a bound this long for the bound to count as reached, s. */
const STAY_SECONDS = 600;

export class Tally {
  #sumSquares = 0;
  #sumFrequency = 0;
  #max = 0;
  #count = 0;
  /** signed error at each second, s */
  readonly errors: number[] = [];

  constructor(private readonly evaluateFrom: number) {}

  add({ second, errorSeconds, frequencyError }: Point): void {
    this.errors.push(errorSeconds);
    if (second < this.evaluateFrom) return;
    this.#sumSquares += errorSeconds * errorSeconds;
    this.#sumFrequency += frequencyError * frequencyError;
    this.#max = Math.max(this.#max, Math.abs(errorSeconds));
    this.#count += 1;
  }

  figures(): RunFigures {
    return {
      rmsNs: Math.sqrt(this.#sumSquares / this.#count) * 1e9,
      maxNs: this.#max * 1e9,
      freqRmsPpb: Math.sqrt(this.#sumFrequency / this.#count) * 1e9,
    };
  }

  /**
   * Seconds after `from` until |error - target| is within `bound` for 600 s, or to the end of the run; Infinity: never.
   */
  secondsTo(bound: number, from = 0, target = 0): number {
    let inside = 0;
    for (let k = from; k < this.errors.length; k += 1) {
      inside = Math.abs((this.errors[k] ?? 0) - target) <= bound ? inside + 1 : 0;
      if (inside >= STAY_SECONDS) return k - inside + 1 - from;
    }
    return inside > 0 ? this.errors.length - inside - from : Number.POSITIVE_INFINITY;
  }
}
