/**
 * Marzullo's intersection: the smallest interval that a majority of correctness intervals can agree on.
 * Owns that arithmetic alone; who takes part, and who is right afterwards, is selection's business.
 * Source: RFC 5905 §11.2.1, without the midpoints: the true time is in the interval, a good source's best estimate need
 * not be (a GPS of ±1 ms beside servers of ±20 ms). ntpd 4.2.8 dropped the midpoints for the same reason.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Allows as few falsetickers as possible, always fewer than half. Undefined: no majority agrees.
 * Intervals that only touch do not agree (RFC 5905 A.5.5.1: high > low).
 */
export function intersect(intervals: readonly Interval[]): Interval | undefined {
  const total = intervals.length;
  const edges = intervals.flatMap(({ low, high }) => [
    { at: low, type: 1 },
    { at: high, type: -1 },
  ]);
  // At one place lower ends come first when scanning up, so that a shared end counts for both.
  edges.sort((a, b) => a.at - b.at || b.type - a.type);
  for (let falsetickers = 0; 2 * falsetickers < total; falsetickers += 1) {
    const wanted = total - falsetickers;
    const low = scan(edges, 1, wanted);
    const high = scan([...edges].reverse(), -1, wanted);
    if (low !== undefined && high !== undefined && high > low) return { low, high };
  }
  return undefined;
}

/** Walks over the ends until `wanted` intervals are open at once; `opening` is the type of end that opens one. */
function scan(
  edges: readonly { readonly at: number; readonly type: number }[],
  opening: 1 | -1,
  wanted: number,
): number | undefined {
  let open = 0;
  for (const edge of edges) {
    open += edge.type === opening ? 1 : -1;
    if (open >= wanted) return edge.at;
  }
  return undefined;
}

export const overlaps = (a: Interval, b: Interval): boolean => a.high >= b.low && a.low <= b.high;
