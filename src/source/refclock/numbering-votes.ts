/**
 * The votes that what is known beforehand casts on the numbering of pulses: configured delay, saved delay, and the range
 * of the receiver's family (see pairer.ts for the whole test). Pure functions of the messages' cluster.
 */
import type { DelayRange } from './receiver-family.js';

const GUARD_LEAST = 0.02;
/** ... while fewer than MANY messages speak. */
const GUARD_LEAST_FEW = 0.05;
export const MANY = 16;
/** Serial lines and their drivers are not steadier than this, whatever a few messages suggest, s. */
const DEVIATION_LEAST = 0.001;
const FIXED_EXACT = 0.1;
const FIXED_NEAR = 0.4;
const SAVED_NEAR = 0.12;
/** What decided a numbering. */
export type Evidence = 'fixed' | 'announced' | 'reference' | 'saved' | 'range';

export interface Vote {
  readonly k: number;
  readonly evidence: Evidence;
  readonly text: string;
  /** needs no agreement of range and saved delay */
  readonly decisive?: boolean;
  /** breaks a tie, contradicts nobody */
  readonly tieOnly?: boolean;
}

/** Messages that agree: the median of u = delay - K, its scatter, how many. */
export interface Cluster {
  readonly u: number;
  readonly deviation: number;
  /** how far the earliest of them is before the median, s */
  readonly early: number;
  readonly size: number;
}

/** The user's delay (fudge time2) for the one whole number that brings `u` near it. */
export function fixedVote(u: number, fixedDelay: number | undefined): Vote[] {
  if (fixedDelay === undefined) return [];
  const k = Math.round(fixedDelay - u);
  const away = Math.abs(u + k - fixedDelay);
  if (away > FIXED_NEAR) return [];
  const text = `the configured delay of ${milliseconds(fixedDelay)}`;
  return [{ k, evidence: 'fixed', text, decisive: away <= FIXED_EXACT }];
}

/** The delay learned before; void when it would lie outside of the family's range now. */
export function savedVote(u: number, savedDelay: number | undefined, range: DelayRange): Vote[] {
  if (savedDelay === undefined) return [];
  const k = Math.round(savedDelay - u);
  const delay = u + k;
  if (Math.abs(delay - savedDelay) > SAVED_NEAR) return [];
  if (delay < range.leastSeconds - GUARD_LEAST || delay > range.mostSeconds + GUARD_LEAST) return [];
  return [{ k, evidence: 'saved', text: `the delay of ${milliseconds(savedDelay)} learned before` }];
}

/** The one delay that the family's range leaves possible, or why there is none or more than one. */
export function rangeVote(
  cluster: Cluster,
  range: DelayRange,
): {
  readonly vote: Vote | undefined;
  readonly why: string;
} {
  const { leastSeconds, mostSeconds, because } = range;
  const deviation = Math.max(cluster.deviation, DEVIATION_LEAST);
  const few = cluster.size < MANY;
  const guard = Math.max(
    few ? GUARD_LEAST_FEW : GUARD_LEAST,
    few ? 2 * cluster.early : 0,
    (quantile(cluster.size) * 1.25 * deviation) / Math.sqrt(cluster.size),
  );
  const possible: number[] = [];
  for (let k = Math.ceil(leastSeconds - guard - cluster.u); cluster.u + k <= mostSeconds + guard; k += 1)
    possible.push(k);
  const delays = possible.map((k) => milliseconds(cluster.u + k));
  if (possible.length === 1) {
    const text = `the message delay of ${delays[0]} (${because})`;
    return { vote: { k: possible[0]!, evidence: 'range', text }, why: '' };
  }
  if (possible.length === 0) {
    const fraction = milliseconds(cluster.u - Math.floor(cluster.u));
    return { vote: undefined, why: `a message delay of ${fraction} is not possible: ${because}` };
  }
  return {
    vote: undefined,
    why: `the message delay may be ${delays.join(' or ')}: ${because}; a network server or fudge time2 would tell`,
  };
}

/** Against the user's exact word only other sources count. */
export function contradicts(first: Vote, other: Vote): boolean {
  if (other.k === first.k || other.tieOnly === true) return false;
  return first.decisive !== true || other.evidence === 'reference';
}

export const onRangeAlone = (evidence: readonly Evidence[]): boolean =>
  evidence.every((item) => item === 'range');

/** Student's t for a chance of about 1e-5 with n samples, rounded up. */
function quantile(n: number): number {
  if (n < 8) return 14;
  if (n < 16) return 9;
  if (n < 32) return 7;
  return 6;
}

export const milliseconds = (seconds: number): string => `${Math.round(seconds * 1e3)} ms`;
