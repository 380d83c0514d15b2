/**
 * What the crypto thread does next: jobs in the order they came, and in idle time one pool entry after another, resting in
 * between so that filling takes no more than its share of the CPU. Pure: the moment is passed in.
 */
export type NextStep<J> =
  | { readonly type: 'job'; readonly job: J }
  | { readonly type: 'refill' }
  /** nothing is due for so long; Infinity: until a job comes */
  | { readonly type: 'rest'; readonly seconds: number };

export interface JobQueueOptions {
  /** jobs waiting at most; more are refused */
  readonly capacity: number;
  /** share of the time that filling pools may take, in (0, 1] */
  readonly refillShare: number;
}

export class JobQueue<J> {
  readonly #capacity: number;
  #refillShare: number;
  readonly #jobs: J[] = [];
  #refused = 0;
  /** s, monotonic; not before */
  #refillAt = Number.NEGATIVE_INFINITY;

  constructor({ capacity, refillShare }: JobQueueOptions) {
    this.#capacity = capacity;
    this.#refillShare = refillShare;
  }

  setRefillShare(share: number): void {
    this.#refillShare = share;
  }

  get length(): number {
    return this.#jobs.length;
  }

  /** Jobs turned away since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** false: the queue is full, and the job is counted as refused. */
  submit(job: J): boolean {
    if (this.#jobs.length >= this.#capacity) {
      this.#refused += 1;
      return false;
    }
    this.#jobs.push(job);
    return true;
  }

  /** `now`: s, monotonic. `wantsRefill`: is a pool not full? */
  next(now: number, wantsRefill: boolean): NextStep<J> {
    const job = this.#jobs.shift();
    if (job !== undefined) return { type: 'job', job };
    if (!wantsRefill) return { type: 'rest', seconds: Number.POSITIVE_INFINITY };
    return now >= this.#refillAt ? { type: 'refill' } : { type: 'rest', seconds: this.#refillAt - now };
  }

  /** A refill took `seconds` and ended at `now`: the rest that follows keeps to the share. */
  refilled(now: number, seconds: number): void {
    this.#refillAt = now + (seconds * (1 - this.#refillShare)) / this.#refillShare;
  }

  /** Takes out all that wait, to be told that they will not be done. */
  drain(): J[] {
    return this.#jobs.splice(0);
  }
}
