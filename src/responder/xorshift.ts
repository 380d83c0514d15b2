/**
 * Cheap randomness for choices that are no secret: which client entry is given up, `flake`, `serverresponse fuzz`.
 * Seeded from ports/random.ts; never used for keys, nonces or anything an attacker gains by guessing.
 * Source: G. Marsaglia, "Xorshift RNGs" (2003), the 32-bit triple 13, 17, 5.
 */
export class Xorshift32 {
  #state: number;

  /** `seed`: any 32-bit number; 0 is replaced, because it would stay 0. */
  constructor(seed: number) {
    this.#state = seed | 0 || 0x2545f491;
  }

  /** 0 .. 2^32-1 */
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** [0, 1) */
  uniform(): number {
    return this.word() / 2 ** 32;
  }
}
