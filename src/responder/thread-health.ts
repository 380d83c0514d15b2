/**
 * Whether the responder's thread lives: by its turns, which it makes at least one a second, and by how often it ended. Owns
 * when it counts as stuck, and when it is started no more; looks, ends and time passing are told to it.
 */
import { NoonmarkError } from '../errors.js';

/** A turn takes a second at most; so many looks without one mean that it is stuck. */
const LOOKS_UNTIL_STUCK = 10;
/** A thread that begins reads its programs first, which takes a starved small board long. */
const LOOKS_UNTIL_BEGUN = 90;
const MOST_RESTARTS = 5;

export class ThreadHealth {
  #beats = 0;
  #looksWithoutBeat = 0;
  #hasBegun = false;
  #restarts = 0;

  /** A thread was started. */
  started(): void {
    this.#looksWithoutBeat = 0;
    this.#hasBegun = false;
  }

  /** Once a second; `beats`: its turns until now. What to fail with when it is stuck. */
  look(beats: number): NoonmarkError | undefined {
    const hasTurned = beats !== this.#beats;
    this.#looksWithoutBeat = hasTurned ? 0 : this.#looksWithoutBeat + 1;
    this.#hasBegun ||= hasTurned;
    this.#beats = beats;
    const most = this.#hasBegun ? LOOKS_UNTIL_STUCK : LOOKS_UNTIL_BEGUN;
    if (this.#looksWithoutBeat < most) return undefined;
    return new NoonmarkError(
      'ERR_THREAD',
      this.#hasBegun
        ? `the responder has stood still for ${most} s`
        : `the responder has not begun within ${most} s`,
      'restart noonmarkd (systemd does so by itself) and report this',
    );
  }

  /** It ended though nobody told it to: seconds until it is started again, or what to fail with. */
  ended(why: string, cause: unknown): number | NoonmarkError {
    this.#restarts += 1;
    if (this.#restarts <= MOST_RESTARTS) return this.#restarts - 1;
    return new NoonmarkError(
      'ERR_THREAD',
      `the responder ends again and again: ${why}`,
      'see the log before this line, restart noonmarkd and report this',
      { cause },
    );
  }

  /** An end is long past and counts no more. */
  forget(): void {
    this.#restarts = Math.max(0, this.#restarts - 1);
  }
}
