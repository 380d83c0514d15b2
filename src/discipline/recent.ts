/**
 * The newest measurements of a source: do they lie about a straight line, and how far do they scatter? So it is told what
 * the source is worth now, whatever it was before. Robust: up to a quarter of them may be anything. An error of the source
 * that lasts lies about a line too, for a while, but about another one in each half of them.
 * Source: Theil, Sen (median of pairwise slopes); Rousseeuw and Croux, Alternatives to the Median Absolute Deviation (1993).
 */
import { bulkDeviation, median } from '../source/refclock/statistics.js';

/** Measurements that are looked at ... */
const KEPT = 48;
/** ... if they are no older than this, s. */
const OLDEST_SECONDS = 90;
/** The lines of both halves are one if their slopes, and their phases where they meet, differ by no more deviations. */
const SAME_LINE = 4;
/** Stamps are whole nanoseconds, s. */
const GRAIN = 1e-9;

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

  /** Undefined: there are too few, they are too old, or they lie about no line. */
  line(): Line | undefined {
    const { measured } = this;
    const first = measured[0];
    const last = measured.at(-1);
    if (first === undefined || last === undefined || measured.length < KEPT) return undefined;
    if (last.at - first.at > OLDEST_SECONDS) return undefined;
    return isOneLine(measured) ? lineOf(measured) : undefined;
  }
}

/** `measured`: two or more. */
function lineOf(measured: readonly Measured[]): Line {
  const first = measured[0]?.at ?? 0;
  const slope = median(
    measured.flatMap((a, i) => measured.slice(i + 1).map((b) => (b.phase - a.phase) / (b.at - a.at))),
  );
  const levels = measured.map(({ at, phase }) => phase - slope * (at - first));
  const phase = median(levels);
  return { phase, slope, spread: bulkDeviation(levels, phase), measured };
}

function isOneLine(measured: readonly Measured[]): boolean {
  const half = measured.length >> 1;
  const [early, late] = [lineOf(measured.slice(0, half)), lineOf(measured.slice(half))];
  const [begin = 0, meeting = 0] = [measured[0]?.at, measured[half]?.at];
  const scatter = Math.hypot(early.spread, late.spread, GRAIN);
  // Of a line through n points over a time T: slope 12^(1/2) / (n^(1/2) T), phase at an end 2 / n^(1/2), deviations.
  const slopeDeviation = (scatter * Math.sqrt(12 / half)) / (meeting - begin);
  const phaseDeviation = (scatter * 2) / Math.sqrt(half);
  return (
    Math.abs(late.slope - early.slope) <= SAME_LINE * slopeDeviation &&
    Math.abs(late.phase - early.phase - early.slope * (meeting - begin)) <= SAME_LINE * phaseDeviation
  );
}
