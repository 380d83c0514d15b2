/** Randomness of the machine (node:crypto). */
import { randomFillSync, randomInt } from 'node:crypto';
import type { Random } from '../ports/random.js';

const UNIFORM_STEPS = 2 ** 47;

export const systemRandom: Random = {
  // No copy stays behind: who draws a secret can overwrite it.
  bytes: (n) => randomFillSync(new Uint8Array(n)),
  uniform: () => randomInt(UNIFORM_STEPS) / UNIFORM_STEPS,
};
