/**
 * The cluster algorithm: outliers leave, worst first, until leaving no longer improves the jitter.
 * Source: RFC 5905 §11.2.2; the immunity of prefer and true is ntpd's. ntpd weighs the vote by root distance, which at
 * long polls swings with each answer, and so throws out now this source, now that.
 */

/** A truechimer with what the vote needs. */
export interface Chimer {
  readonly id: number;
  readonly offsetSeconds: number;
  readonly jitterSeconds: number;
  readonly stratum: number;
  /** root distance, s, > 0 */
  readonly distance: number;
  /** `prefer` or `true`: is never voted out */
  readonly immune: boolean;
}

export interface Clustered {
  /** in the order given */
  readonly survivors: readonly Chimer[];
  readonly outliers: readonly Chimer[];
}

/** rms of the offsets of the others about this one; 0 when alone. */
export function selectionJitter(chimer: Chimer, all: readonly Chimer[]): number {
  if (all.length < 2) return 0;
  let sum = 0;
  for (const other of all) sum += (chimer.offsetSeconds - other.offsetSeconds) ** 2;
  return Math.sqrt(sum / (all.length - 1));
}

/** `chimers` in order of preference; `keep`: the number at which voting stops (tos minclock, at least 1). */
export function cluster(chimers: readonly Chimer[], keep: number): Clustered {
  const survivors = [...chimers];
  const outliers: Chimer[] = [];
  while (survivors.length > Math.max(1, keep)) {
    let worst: Chimer | undefined;
    let worstJitter = -1;
    let leastPeerJitter = Number.POSITIVE_INFINITY;
    for (const chimer of survivors) {
      leastPeerJitter = Math.min(leastPeerJitter, chimer.jitterSeconds);
      const jitter = selectionJitter(chimer, survivors);
      // >= : of two alike the less preferred leaves.
      if (jitter >= worstJitter) {
        worst = chimer;
        worstJitter = jitter;
      }
    }
    if (worst === undefined || worst.immune || worstJitter <= leastPeerJitter) break;
    survivors.splice(survivors.indexOf(worst), 1);
    outliers.push(worst);
  }
  return { survivors, outliers };
}
