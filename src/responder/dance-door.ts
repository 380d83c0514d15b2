/**
 * How many steps of Autokey's dances the responder passes on to main: so many a second from an address (or, of networks
 * that are not our own, from a /24 or /56), so many in all, and now and then one from whom no answer may go, so that main
 * can say so. It keeps main's work small whatever comes in; how much is answered is autokey/budget.ts's, which is stricter.
 *
 * A table of fixed size by hash holds, for each cell, when it is empty again (a leaky bucket as one number); senders that
 * fall into the same cell share it. Allocates nothing.
 */
import type { Exchange } from './respond.js';

/** Steps a second from one sender, and how many at once: twice what is answered. */
const RATE = 8;
const BURST = 8;
/** All senders together. */
const TOTAL_RATE = 256;
const TOTAL_BURST = 64;
/** Those that are not answered, passed on for the log. */
const REFUSED_RATE = 1 / 60;
const CELLS = 4096;

/** Bytes of an address that count, of networks that are not our own. */
const PREFIX_BYTES = { 4: 3, 6: 7 } as const;

export class DanceDoor {
  readonly #seed: number;
  /** s, kernel clock: when the cell has leaked empty */
  readonly #emptyAt = new Float64Array(CELLS + 2);

  /** `seed`: secret, against chosen collisions. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** `attached`: of a network of our own; `allowed`: this, or a rule lets it have answers. True: main is to have it. */
  admits(
    { family, source, stampSeconds, stampNanoseconds }: Readonly<Exchange>,
    attached: boolean,
    allowed: boolean,
  ): boolean {
    const now = stampSeconds + stampNanoseconds * 1e-9;
    if (!allowed) return this.#pour(CELLS + 1, now, REFUSED_RATE, 1);
    const cell = this.#cell(source, attached ? source.length : PREFIX_BYTES[family]);
    return this.#pour(cell, now, RATE, BURST) && this.#pour(CELLS, now, TOTAL_RATE, TOTAL_BURST);
  }

  #cell(source: Uint8Array, count: number): number {
    let hash = this.#seed ^ count;
    for (let i = 0; i < count; i += 1) {
      hash = Math.imul(hash ^ source[i]!, 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
    return (hash >>> 8) % CELLS;
  }

  #pour(cell: number, now: number, rate: number, burst: number): boolean {
    const emptyAt = this.#emptyAt[cell]!;
    // Fuller than it can be (rounding apart): the clock was set back.
    const full = emptyAt - now > burst / rate + 1 ? now : Math.max(emptyAt, now);
    if (full - now > (burst - 1) / rate) return false;
    this.#emptyAt[cell] = full + 1 / rate;
    return true;
  }
}
