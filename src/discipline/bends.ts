/**
 * Does a temperature bend as it did while there was a source to check it by? A thermometer that begins to lie goes another way
 * than the temperature does: its mean over half an hour departs from the straight line through the two before.
 * Owns these means and the largest departure that was seen; what follows from a strange one is the model's business.
 */

/** s; a coarse thermometer's steps are small in a mean over that */
const WINDOW_SECONDS = 1800;
/** A bend and its doubt reach over so many windows. */
const WINDOWS = 3;
/** Strange: so many times the largest that was seen, and this many degrees at least. */
const STRANGE = 3;
const LEAST_STRANGE = 0.25;
/** Bends that were seen before any is called strange: four hours and more. */
const ENOUGH = 8;
/** s; a window is a lesson if there was a source that shortly before its end */
const LOCKED_SECONDS = 60;

/** How long before a strange bend is seen the readings may have been wrong, s. */
export const DOUBT_SECONDS = WINDOWS * WINDOW_SECONDS;

export class Bends {
  #window: { readonly at: number; readonly integral: number } | undefined;
  #means: readonly number[] = [];
  #largest = 0;
  #seen = 0;

  /**
   * At monotonic second `at`, about once a second to once a minute. `integral`: of the temperature over time, degrees · s, from
   * any start; `lockedAt`: when there was a source last, monotonic s. True: it bends as it never did before.
   */
  isStrange(at: number, integral: number, lockedAt: number): boolean {
    this.#window ??= { at, integral };
    const seconds = at - this.#window.at;
    if (seconds < WINDOW_SECONDS) return false;
    const mean = (integral - this.#window.integral) / seconds;
    this.#window = { at, integral };
    // A window with a hole in it is compared to nothing.
    this.#means = seconds < 2 * WINDOW_SECONDS ? [...this.#means, mean].slice(-WINDOWS) : [];
    const [oldest, middle, latest] = this.#means;
    if (oldest === undefined || middle === undefined || latest === undefined) return false;
    const bend = Math.abs(latest - 2 * middle + oldest);
    if (at - lockedAt >= LOCKED_SECONDS)
      return this.#seen >= ENOUGH && bend > Math.max(LEAST_STRANGE, STRANGE * this.#largest);
    this.#largest = Math.max(this.#largest, bend);
    this.#seen += 1;
    return false;
  }

  /** Other readings follow, which have nothing to do with those before. */
  interrupt(): void {
    this.#window = undefined;
    this.#means = [];
  }
}
