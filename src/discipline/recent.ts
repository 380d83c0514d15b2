/**
 * The newest measurements and how far they scatter about a straight line: what the source is worth now, whatever it was
 * before. Robust: up to a quarter of them may be anything.
 * Source: Theil, Sen (median of pairwise slopes); Rousseeuw and Croux, Alternatives to the Median Absolute Deviation (1993).
 */
import { bulkDeviation, median } from '../source/refclock/statistics.js';

/** Measurements that are looked at ... */
const KEPT = 24;
/** ... if they are no older than this, s. */
const OLDEST_SECONDS = 60;

export interface Measured {
  /** any scale of seconds */
  readonly at: number;
  /** s */
  readonly phase: number;
}

export interface Line {
  /** phase at the first of them, s */
  readonly phase: number;
  /** fractional */
  readonly slope: number;
  /** standard deviation of one about the line, s */
  readonly spread: number;
  readonly measured: readonly Measured[];
}

export class Recent {
  private measured: Measured[] = [];

  clear(): void {
    this.measured = [];
  }

  /** The phases so far are counted from elsewhere, s. */
  shift(seconds: number): void {
    this.measured = this.measured.map(({ at, phase }) => ({ at, phase: phase + seconds }));
  }

  take(measured: Measured): void {
    this.measured.push(measured);
    if (this.measured.length > KEPT) this.measured.shift();
  }

  /** Undefined: there are too few, or they are too old. */
  line(): Line | undefined {
    const { measured } = this;
    const first = measured[0];
    const last = measured.at(-1);
    if (first === undefined || last === undefined || measured.length < KEPT) return undefined;
    if (last.at - first.at > OLDEST_SECONDS) return undefined;
    const slope = median(
      measured.flatMap((a, i) => measured.slice(i + 1).map((b) => (b.phase - a.phase) / (b.at - a.at))),
    );
    const levels = measured.map(({ at, phase }) => phase - slope * (at - first.at));
    const phase = median(levels);
    return { phase, slope, spread: bulkDeviation(levels, phase), measured };
  }
}
