/**
 * Finds the speed of a line by listening: the right one gives frames with right checksums.
 * Owns which speed to try next and when to be content; knows no port. Pure: time is passed in.
 */
import { FrameScanner } from '../gps/scanner.js';

/** The usual ones first: NMEA receivers of today, then fast u-blox, older receivers, and the rest. */
export const HUNTED_BAUDS: readonly number[] = [9600, 115200, 38400, 4800, 57600, 19200];

/** Two frames with right checksums at the wrong speed do not happen. */
const ENOUGH_FRAMES = 2;
/** A receiver speaks every second; a second and a half of it can be lost to opening in mid-sentence. */
const TRY_NS = 2_500_000_000n;
/** A line that was understood and then is not for so long, while bytes come: the receiver has changed its speed. */
const LOST_NS = 10_000_000_000n;

export class BaudHunt {
  #bauds: readonly number[];
  #index = 0;
  #since: bigint;
  /** good frames since the speed was set, and in the present chunk */
  #total = 0;
  #frames = 0;
  #settled = false;
  #heardSince = false;
  readonly #scanner = new FrameScanner({
    sentence: (_bytes, checked) => this.#good(checked),
    ubx: () => this.#good(true),
    discarded() {},
    badChecksum() {},
  });

  /** `monotonicNs`: now. */
  constructor(monotonicNs: bigint, bauds: readonly number[] = HUNTED_BAUDS) {
    this.#bauds = bauds;
    this.#since = monotonicNs;
  }

  get baud(): number {
    return this.#bauds[this.#index] as number;
  }

  /** The speed is known; until it is lost again. */
  get settled(): boolean {
    return this.#settled;
  }

  bytes(chunk: Uint8Array, monotonicNs: bigint): void {
    this.#frames = 0;
    this.#heardSince = true;
    this.#scanner.push(chunk, 0n);
    if (this.#frames > 0 && this.#settled) {
      this.#since = monotonicNs;
      this.#heardSince = false;
    }
  }

  /** To be called from time to time; answers a speed to change to, or undefined. */
  next(monotonicNs: bigint): number | undefined {
    const waited = monotonicNs - this.#since;
    if (this.#settled ? waited < LOST_NS || !this.#heardSince : waited < TRY_NS) return undefined;
    this.#settled = false;
    this.#index = (this.#index + 1) % this.#bauds.length;
    this.restart(monotonicNs);
    return this.baud;
  }

  /** The receiver has been told to go to that speed. */
  go(baud: number, monotonicNs: bigint): void {
    if (!this.#bauds.includes(baud)) this.#bauds = [...this.#bauds, baud];
    this.#index = this.#bauds.indexOf(baud);
    this.#settled = false;
    this.restart(monotonicNs);
  }

  /** The line was opened anew (at `baud`): what came before says nothing. */
  restart(monotonicNs: bigint): void {
    this.#since = monotonicNs;
    this.#total = 0;
    this.#heardSince = false;
    this.#scanner.end();
  }

  #good(checked: boolean): void {
    if (!checked) return;
    this.#frames += 1;
    this.#total += 1;
    if (this.#total >= ENOUGH_FRAMES) this.#settled = true;
  }
}
