/**
 * How wrong one exchange may be, told by its round trip: what a round trip has above the shortest one was spent waiting on
 * one way or the other, and the offset is wrong by half of the difference of the two.
 * Owns the shortest round trip of the path and its usual excess; knows no offsets.
 *
 * With e the excess and waiting alike on both ways (exponential), the error is uniform in ±e/2: a deviation of e/√12. All
 * waiting on one way makes it e/2; the estimator learns such factors from its innovations, as long as they are the same
 * for all samples. The shortest of n round trips is itself above the path's by about 0.6/√n of the mean excess.
 * Source: Ridoux, Veitch: Ten Microseconds Over LAN, for Free (2009), §3; the numbers from simulation.
 */
import type { SampleNoise } from '../types.js';

/** Round trips remembered. */
const WINDOW = 64;
/** That many at the end of the window, all far above the shortest: the path has changed. */
const CHANGED = 8;
/** "Far": in mean excesses. Eight in a row by chance: once in a million. */
const FAR = 2.5;
/** Before anything is known: the share of a round trip that is waiting. */
const FIRST_GUESS = 0.1;
const UNIFORM = 1 / Math.sqrt(12);

export class PathNoise {
  /** newest last, s */
  #delays: number[] = [];

  /** `floorSeconds`: what stamps and clocks may be off by whatever the path does, > 0. */
  constructor(private readonly floorSeconds: number) {}

  /** The shortest round trip remembered, s; Infinity: none yet. */
  get shortest(): number {
    return Math.min(...this.#delays);
  }

  /** Takes the round trip of a new sample, s, and tells what the sample is worth. */
  add(delaySeconds: number): SampleNoise {
    this.#delays.push(delaySeconds);
    if (this.#delays.length > WINDOW) this.#delays.shift();
    this.#forgetOldPath();
    const shortest = this.shortest;
    const mean = this.#meanExcess(shortest);
    const doubt = (0.6 * mean) / Math.sqrt(this.#delays.length);
    const floor = this.floorSeconds;
    return {
      noiseSeconds: Math.hypot(UNIFORM * (delaySeconds - shortest + doubt), floor),
      usualSeconds: Math.hypot(UNIFORM * mean, floor),
    };
  }

  clear(): void {
    this.#delays = [];
  }

  /** Begins with a guess worth two samples. */
  #meanExcess(shortest: number): number {
    const sum = this.#delays.reduce((total, delay) => total + (delay - shortest), 2 * FIRST_GUESS * shortest);
    return sum / (this.#delays.length + 2);
  }

  #forgetOldPath(): void {
    const before = this.#delays.slice(0, -CHANGED);
    if (before.length < CHANGED) return;
    const shortest = Math.min(...before);
    const mean = before.reduce((total, delay) => total + (delay - shortest), 0) / before.length;
    const recent = this.#delays.slice(-CHANGED);
    if (recent.every((delay) => delay - shortest > FAR * Math.max(mean, this.floorSeconds)))
      this.#delays = recent;
  }
}
