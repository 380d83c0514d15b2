/**
 * Precision of a clock in the sense of RFC 5905 §7.3: log2 of the time it takes to read it, seconds.
 * Knows no clock; the reading function is passed in.
 */

/**
 * Reads the clock until `changes` readings differed from the one before and takes the smallest difference, rounded
 * to the nearest power of two. A clock that stands still (a simulated one, read in no time) answers `fallback`.
 */
export function measurePrecision(readNs: () => bigint, fallback = -30, changes = 200): number {
  let smallest: bigint | undefined;
  let seen = 0;
  let last = readNs();
  for (let turn = 0; turn < changes * 20 && seen < changes; turn += 1) {
    const now = readNs();
    const difference = now - last;
    last = now;
    if (difference <= 0n) continue;
    seen += 1;
    if (smallest === undefined || difference < smallest) smallest = difference;
  }
  if (smallest === undefined) return fallback;
  return Math.max(-30, Math.min(0, Math.round(Math.log2(Number(smallest) / 1e9))));
}
