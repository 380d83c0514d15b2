/**
 * minpoll and maxpoll of a line, for associations and reference clocks alike.
 */
import type { Statement } from '../statement.js';
import type { Draft } from './draft.js';

/** Poll intervals, log2 seconds. A single one that crosses the other's default takes it along, as with ntpd. */
export function readPolls(
  statement: Statement,
  draft: Draft,
  defaults: { min: number; max: number },
): { minpoll: number; maxpoll: number } {
  const min = statement.number('minpoll');
  const max = statement.number('maxpoll');
  if (min !== undefined && max !== undefined && min > max) {
    const remedy = `minpoll ${max} maxpoll ${min}`;
    draft.problems.error(statement.at('minpoll'), `minpoll ${min} is above maxpoll ${max}`, remedy);
    return { minpoll: max, maxpoll: min };
  }
  const minpoll = min ?? Math.min(defaults.min, max ?? defaults.min);
  return { minpoll, maxpoll: max ?? Math.max(defaults.max, minpoll) };
}
