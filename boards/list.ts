/**
 * All boards that can be named; those with `models` or `compatible` are found by `board auto`. A board is one file in
 * definitions/, which is found by itself.
 */
import type { BoardDefinition } from './board.js';
import { definitionsIn } from './found.js';
import { genericBoard } from './generic.js';
import { simulatedBoard } from './simulated.js';

export const BOARDS: readonly BoardDefinition[] = [
  genericBoard,
  ...(await definitionsIn<BoardDefinition>(new URL('./definitions/', import.meta.url))),
  simulatedBoard,
];
