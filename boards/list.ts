/**
 * All boards that can be named; those with `models` or `compatible` are found by `board auto`. A board is a file beside
 * this one and a line here.
 */
import type { BoardDefinition } from './board.js';
import { genericBoard } from './generic.js';
import { raspberryPi3B } from './raspberry-pi-3b.js';
import { raspberryPi4B } from './raspberry-pi-4b.js';
import { raspberryPi5, raspberryPiCm5 } from './raspberry-pi-5.js';
import { raspberryPi400 } from './raspberry-pi-400.js';
import { raspberryPiCm4 } from './raspberry-pi-cm4.js';
import { raspberryPiZero2W } from './raspberry-pi-zero-2w.js';
import { simulatedBoard } from './simulated.js';

export const BOARDS: readonly BoardDefinition[] = [
  genericBoard,
  raspberryPi3B,
  raspberryPi4B,
  raspberryPi400,
  raspberryPi5,
  raspberryPiCm4,
  raspberryPiCm5,
  raspberryPiZero2W,
  simulatedBoard,
];
