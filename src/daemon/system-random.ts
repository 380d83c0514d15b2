/** Randomness of the machine (node:crypto). */
import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../ports/random.js';

const UNIFORM_STEPS = 2 ** 47;

export const systemRandom: Random = {
  bytes: (n) => new Uint8Array(randomBytes(n)),
  uniform: () => randomInt(UNIFORM_STEPS) / UNIFORM_STEPS,
};
