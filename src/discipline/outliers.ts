/** Outliers in a row: when they are none any more, and what they say together. */

export class Outliers {
  private row: { readonly excess: number; readonly monoNs: bigint }[] = [];

  clear(): void {
    this.row = [];
  }

  /**
   * One more, `excess` seconds from where it was expected. Once there are `enough` of them, over at least `patienceSeconds`,
   * their median and the distance of their quartiles, s, and the row begins anew; before, undefined.
   */
  take(
    excess: number,
    monoNs: bigint,
    enough: number,
    patienceSeconds: number,
  ): { readonly median: number; readonly spread: number } | undefined {
    this.row.push({ excess, monoNs });
    const lasted = Number(monoNs - this.row[0]!.monoNs) / 1e9;
    if (this.row.length < enough || lasted < patienceSeconds) return undefined;
    const sorted = this.row.map((entry) => entry.excess).sort((a, b) => a - b);
    this.row = [];
    const spread = sorted[Math.floor(sorted.length * 0.75)]! - sorted[Math.floor(sorted.length * 0.25)]!;
    return { median: sorted[sorted.length >> 1]!, spread };
  }
}
