/**
 * What the arrival of chunks tells of a serial line: whether it has pauses, and how long its first chunk took. Only after
 * a pause does the first byte of a burst tell when the receiver began to send; on a saturated line it tells when the
 * line was free. And bytes are stamped when their chunk is handed over, so that the first one is older than its stamp
 * by up to the time the chunk took on the wire. Knows nothing of content.
 */
import { median } from './statistics.js';

/** A pause, s: longer than the spacing of chunks at 4800 baud. */
const PAUSE = 0.08;
const TURN_NS = 1.5e9;
/** Chunks this near to one another may be of one burst, s. */
const SAME_BURST = 0.3;
const KEPT = 33;
/** No driver holds the first byte back for longer, s. */
const LONGEST_CHUNK = 0.15;

export class LineIdle {
  private last: bigint | undefined;
  private turnBegan: bigint | undefined;
  private longest = 0;
  private longestBefore = Number.POSITIVE_INFINITY;
  /** seconds a byte, of the last chunks that followed another */
  private paces: number[] = [];
  /** bytes of the last chunks that came after a pause */
  private firsts: number[] = [];

  /** A chunk waited for its reader: nobody knows when it came. */
  skip(): void {
    this.last = undefined;
    this.turnBegan = undefined;
    this.longest = 0;
  }

  /** `length`: its bytes. */
  chunk(monoNs: bigint, length: number): void {
    const gap = this.last === undefined ? Number.POSITIVE_INFINITY : Number(monoNs - this.last) / 1e9;
    if (this.last !== undefined) this.longest = Math.max(this.longest, gap);
    if (this.last !== undefined && gap > PAUSE) this.firsts = [...this.firsts, length].slice(-KEPT);
    if (gap < SAME_BURST) this.paces = [...this.paces, gap / length].slice(-KEPT);
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

  /** How much older than its stamp the first byte of a burst may be, s; 0 where bursts come whole, as over USB. */
  get firstChunkSeconds(): number {
    if (this.paces.length === 0 || this.firsts.length === 0) return 0;
    return Math.min(LONGEST_CHUNK, median(this.paces) * median(this.firsts));
  }
}
