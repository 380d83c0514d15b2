/** Times as text for scripts: ISO 8601 UTC with nanoseconds. */

/** 2026-11-23T05:00:00.500000000Z; null for "never" (0) and beyond the calendar. */
export function isoNs(unixNs: bigint): string | null {
  const fraction = ((unixNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const ms = Number((unixNs - fraction) / 1_000_000n);
  if (unixNs === 0n || !(Math.abs(ms) <= 8.64e15)) return null;
  return `${new Date(ms).toISOString().slice(0, -5)}.${fraction.toString().padStart(9, '0')}Z`;
}
