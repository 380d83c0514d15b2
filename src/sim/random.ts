/**
 * The virtual world's randomness: sfc32 (PractRand's small fast counting generator), uniform and normal values,
 * in numbered streams, so that a run can be repeated bit for bit from its seed.
 * Not for secrets. Source: shared/reference/discipline-baselines.md §2.4, whose check values are the tests.
 */
import type { Random } from '../ports/random.js';

/** Stream numbers. 1-3 belong to the baseline model; what the baselines do not know starts at 16. */
export const STREAM = {
  oscillator: 1,
  noise: 2,
  outliers: 3,
  pulseFaults: 16,
  receiver: 17,
  network: 18,
  servers: 19,
  thermometer: 20,
  twinLine: 21,
} as const;

const GOLDEN = 0x9e3779b9;
const WARM_UP = 12;

export class RandomStream implements Random {
  #a: number;
  #b: number;
  #c = GOLDEN | 0;
  #d = 1;
  #spare: number | undefined;

  /** `seed`, `stream`: unsigned 32-bit. */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    for (let i = 0; i < WARM_UP; i += 1) this.raw();
  }

  /** Next output, 0 .. 2^32-1. */
  raw(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    return (this.raw() + 0.5) / 4294967296;
  }

  /** Standard normal, Box-Muller; the second value of a pair is kept for the next call. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  bytes(n: number): Uint8Array {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i += 1) out[i] = this.raw() >>> 24;
    return out;
  }
}
