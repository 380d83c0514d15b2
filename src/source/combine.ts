/**
 * The combine algorithm: one offset out of several, weighted by the reciprocal of the root distance.
 * Source: RFC 5905 §11.2.3 and A.5.5.5.
 */
import type { Chimer } from './cluster.js';

export interface Combined {
  readonly offsetSeconds: number;
  /** the system peer's own jitter and the weighted spread about it, root of the sum of squares */
  readonly jitterSeconds: number;
}

/** `peer` is one of `chimers`, or the one about which the spread is told. */
export function combine(chimers: readonly Chimer[], peer: Chimer): Combined {
  let weights = 0;
  let offsets = 0;
  let spread = 0;
  for (const chimer of chimers) {
    const weight = 1 / chimer.distance;
    weights += weight;
    offsets += weight * chimer.offsetSeconds;
    spread += weight * (chimer.offsetSeconds - peer.offsetSeconds) ** 2;
  }
  if (weights === 0) return { offsetSeconds: peer.offsetSeconds, jitterSeconds: peer.jitterSeconds };
  return {
    offsetSeconds: offsets / weights,
    jitterSeconds: Math.sqrt(spread / weights + peer.jitterSeconds ** 2),
  };
}
