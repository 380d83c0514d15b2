/**
 * Whether a serial line has pauses. Only after a pause does the first byte of a burst tell when the receiver began to
 * send; on a saturated line it tells when the line was free. Knows the arrival of chunks, nothing of their content.
 */

/** A pause, s: longer than the spacing of chunks at 4800 baud. */
const PAUSE = 0.08;
const TURN_NS = 1.5e9;

export class LineIdle {
  private last: bigint | undefined;
  private turnBegan: bigint | undefined;
  private longest = 0;
  private longestBefore = Number.POSITIVE_INFINITY;

  chunk(monoNs: bigint): void {
    if (this.last !== undefined) this.longest = Math.max(this.longest, Number(monoNs - this.last) / 1e9);
    this.last = monoNs;
    this.turnBegan ??= monoNs;
    if (Number(monoNs - this.turnBegan) < TURN_NS) return;
    this.longestBefore = this.longest;
    this.longest = 0;
    this.turnBegan = monoNs;
  }

  get saturated(): boolean {
    return Math.max(this.longest, this.longestBefore) < PAUSE;
  }
}
