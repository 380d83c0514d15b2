/** All hats that can be named. A hat is one file in definitions/, which is found by itself. */
import { definitionsIn } from '../found.js';
import type { HatDefinition } from './hat.js';

export const HATS: readonly HatDefinition[] = await definitionsIn<HatDefinition>(
  new URL('./definitions/', import.meta.url),
);
