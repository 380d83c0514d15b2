/**
 * Root distance of a candidate: the largest error its time can have against the primary source.
 * Source: RFC 5905 §11.2.1 and A.5.5.2; the floor is `tos mindist`, as in ntpd.
 */
import type { Candidate } from './types.js';

export function rootDistance(
  candidate: Pick<Candidate, 'rootDelaySeconds' | 'rootDispersionSeconds' | 'jitterSeconds'>,
  mindistSeconds: number,
): number {
  return Math.max(
    mindistSeconds,
    candidate.rootDelaySeconds / 2 + candidate.rootDispersionSeconds + candidate.jitterSeconds,
  );
}
