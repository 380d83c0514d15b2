/**
 * How a simulated clock has run: pieces of constant rate on the true-time axis, the newest some hundred of them.
 * Each piece says by how much the clock is ahead of true time, whole seconds (steps, leaps) apart from the rest so that
 * no precision is lost far from it, and how many leap seconds the clock has taken. Allocates nothing after construction.
 */
const CAPACITY = 1024;

export class ClockHistory {
  readonly #start = new Float64Array(CAPACITY);
  readonly #error = new Float64Array(CAPACITY);
  readonly #slope = new Float64Array(CAPACITY);
  readonly #whole = new Float64Array(CAPACITY);
  readonly #leaps = new Int32Array(CAPACITY);
  #newest = -1;
  #count = 0;

  /** From true time `start` on the clock is ahead by `whole` + `error` + `slope`·(t - start) seconds. */
  push(start: number, error: number, slope: number, whole: number, leaps: number): void {
    const replaces = this.#count > 0 && this.#start[this.#newest] === start;
    if (!replaces) {
      this.#newest = (this.#newest + 1) % CAPACITY;
      if (this.#count < CAPACITY) this.#count += 1;
    }
    this.#start[this.#newest] = start;
    this.#error[this.#newest] = error;
    this.#slope[this.#newest] = slope;
    this.#whole[this.#newest] = whole;
    this.#leaps[this.#newest] = leaps;
  }

  /** Clock minus true time at t without its whole seconds, with the piece that was in force then; seconds. */
  errorAt(t: number): number {
    const i = this.#find(t);
    return (this.#error[i] ?? 0) + (this.#slope[i] ?? 0) * (t - (this.#start[i] ?? 0));
  }

  wholeAt(t: number): number {
    return this.#whole[this.#find(t)] ?? 0;
  }

  leapsAt(t: number): number {
    return this.#leaps[this.#find(t)] ?? 0;
  }

  /** Index of the piece in force at t; the oldest one kept for what lies before it. */
  #find(t: number): number {
    let i = this.#newest;
    for (let left = this.#count; left > 1 && (this.#start[i] ?? 0) > t; left -= 1)
      i = (i + CAPACITY - 1) % CAPACITY;
    return i;
  }
}
