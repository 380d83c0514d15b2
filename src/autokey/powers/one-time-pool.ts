/**
 * Secrets made ahead and used once: filled one at a time when there is nothing else to do, taken once, overwritten.
 * Starts empty, and ends empty at clear(); nothing of it is ever stored. Owns the counting; what an entry is, how it is
 * made and how it is wiped is the scheme's.
 */
export interface PoolStatus {
  readonly fill: number;
  readonly capacity: number;
  /** entries made in idle time */
  readonly made: number;
  readonly taken: number;
  /** entries made while a request waited, because the pool was empty */
  readonly late: number;
}

export class OneTimePool<T> {
  readonly #capacity: number;
  readonly #make: () => T;
  readonly #wipe: (entry: T) => void;
  readonly #entries: T[] = [];
  #made = 0;
  #taken = 0;
  #late = 0;

  /** capacity >= 0; 0: every entry is made when it is needed */
  constructor(capacity: number, make: () => T, wipe: (entry: T) => void) {
    this.#capacity = capacity;
    this.#make = make;
    this.#wipe = wipe;
  }

  get status(): PoolStatus {
    return {
      fill: this.#entries.length,
      capacity: this.#capacity,
      made: this.#made,
      taken: this.#taken,
      late: this.#late,
    };
  }

  get isFull(): boolean {
    return this.#entries.length >= this.#capacity;
  }

  /** Makes one entry if there is room; was there? */
  refill(): boolean {
    if (this.isFull) return false;
    this.#entries.push(this.#make());
    this.#made += 1;
    return true;
  }

  /** Gives one entry to `use`, the only time ever, and wipes it before this returns, whatever `use` does. */
  spend<R>(use: (entry: T) => R): R {
    let entry = this.#entries.pop();
    if (entry === undefined) {
      entry = this.#make();
      this.#late += 1;
    }
    this.#taken += 1;
    try {
      return use(entry);
    } finally {
      this.#wipe(entry);
    }
  }

  clear(): void {
    for (const entry of this.#entries) this.#wipe(entry);
    this.#entries.length = 0;
  }
}
