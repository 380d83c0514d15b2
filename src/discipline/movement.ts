/** What the clock was moved by, deliberately: the integrals of the corrections that were in force, and the steps. */
import type { Clock } from '../ports/clock.js';

/**
 * A step beyond this is not added to movedSeconds(), which could not keep its nanoseconds: whoever holds older
 * samples must drop them (the engine starts the sources anew).
 */
export const FAR_STEP_SECONDS = 1e4;

export class Movement {
  /** integral of the correction since start, s (steps excluded) */
  correction = 0;
  /** movement of the phase beyond what the oscillator needs, s, steps included; see Phase.movedSeconds() */
  moved = 0;
  /** monotonic time up to which both are reckoned */
  accountedNs: bigint;

  constructor(private readonly clock: Clock) {
    this.accountedNs = clock.monotonic();
  }

  /** Brings the integrals up to now; `needed`: what the oscillator needed meanwhile, fractional. */
  account(needed: number): void {
    const now = this.clock.monotonic();
    const elapsed = Number(now - this.accountedNs) / 1e9;
    if (elapsed <= 0) return;
    const u = this.clock.frequency;
    // The monotonic clock runs at the corrected rate itself: 5000 ppm of slew would look like 25 ppm of oscillator.
    const own = elapsed / (1 + u);
    this.moved += (u - needed) * own;
    this.correction += u * own;
    this.accountedNs = now;
  }

  step(seconds: number): void {
    this.clock.step(seconds);
    if (Math.abs(seconds) <= FAR_STEP_SECONDS) this.moved += seconds;
  }
}
