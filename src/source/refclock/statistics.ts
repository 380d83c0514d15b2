/** Small robust statistics over a few dozen numbers; none of it keeps state. */

/** NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Standard deviation of the bulk: 1.4826 times the median distance from the median; 0 for fewer than two. */
export function bulkDeviation(values: readonly number[], centre = median(values)): number {
  if (values.length < 2) return 0;
  return 1.4826 * median(values.map((value) => Math.abs(value - centre)));
}

/** Sample standard deviation; 0 for fewer than two. */
export function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Noise of a series that may also drift: RMS of successive differences over the square root of two. */
export function seriesNoise(values: readonly number[]): number {
  if (values.length < 2) return 0;
  let sum = 0;
  for (let i = 1; i < values.length; i += 1) sum += (values[i]! - values[i - 1]!) ** 2;
  return Math.sqrt(sum / (values.length - 1) / 2);
}
