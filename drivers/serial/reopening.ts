/**
 * A line that went away, or cannot be opened, is tried again, ever more seldom; why is said once, not at each try. Owns the
 * back-off; what the line is, and when it works, is the link's.
 */
import { explain } from '../../src/errors.js';
import type { Scheduler, Timer } from '../../src/ports/scheduler.js';

const FIRST_SECONDS = 0.5;
const LONGEST_SECONDS = 30;

export class Reopening {
  #seconds = FIRST_SECONDS;
  #timer: Timer | undefined;
  #lastReason = '';

  constructor(
    private readonly scheduler: Scheduler,
    private readonly attempt: () => void,
  ) {}

  /** Tries again in a while. What to say: the reason in words; undefined: it is the one that was said last. */
  lost(error: unknown): string | undefined {
    const seconds = this.#seconds;
    this.#seconds = Math.min(LONGEST_SECONDS, seconds * 2);
    this.#timer = this.scheduler.after(seconds, this.attempt);
    const reason = explain(error);
    if (reason === this.#lastReason) return undefined;
    this.#lastReason = reason;
    return reason;
  }

  /** The line is open: any reason is news. */
  opened(): void {
    this.#lastReason = '';
  }

  /** The line works: the next loss is followed by a try soon. */
  works(): void {
    this.#seconds = FIRST_SECONDS;
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
