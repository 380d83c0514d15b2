/**
 * `board auto` and `board NAME`: which definition holds for this machine, and what the user must write because it is
 * not known. Reads two files of the device tree through a function that is passed in; opens nothing else.
 */
import { readFileSync } from 'node:fs';
import { NoonmarkError } from '../src/errors.js';
import type { BoardDefinition } from './board.js';
import { genericBoard } from './generic.js';
import { BOARDS } from './list.js';
import { simulatedBoard } from './simulated.js';

export { BOARDS };

export interface DetectedBoard {
  readonly board: BoardDefinition;
  /** what the machine calls itself; undefined: it has no device tree */
  readonly model: string | undefined;
  /** one line for each thing the definition does not know, with what to write instead */
  readonly missing: readonly string[];
}

export interface DetectOptions {
  /** default /proc/device-tree */
  readonly deviceTree?: string;
  /** default BOARDS */
  readonly boards?: readonly BoardDefinition[];
  /** text of a file, undefined when it cannot be read; default: the file system */
  readonly read?: (path: string) => string | undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The board this machine is; generic when no definition fits. Never throws. */
export function detectBoard(options: DetectOptions = {}): DetectedBoard {
  const { deviceTree = '/proc/device-tree', boards = BOARDS, read = readText } = options;
  // Strings of the device tree end with a NUL; `compatible` is a list of them.
  const strings = (file: string) =>
    (read(`${deviceTree}/${file}`) ?? '').split('\0').filter((text) => text !== '');
  const model = strings('model')[0]?.trim();
  const compatible = strings('compatible');
  const byModel = longestMatch(boards, model ?? '');
  const byKind = () =>
    compatible
      .map((entry) => boards.find((board) => board.compatible.includes(entry)))
      .find((board) => board !== undefined);
  const board = byModel ?? byKind() ?? genericBoard;
  return { board, model, missing: missingOf(board, model) };
}

/** The board of that name; `auto` detects it. Throws ERR_CONFIG for an unknown name. */
export function resolveBoard(name: string, options: DetectOptions = {}): DetectedBoard {
  if (name === 'auto') return detectBoard(options);
  const boards = options.boards ?? BOARDS;
  const board = boards.find((candidate) => candidate.id === name);
  if (board === undefined)
    throw new NoonmarkError(
      'ERR_CONFIG',
      `there is no board "${name}"`,
      `write "board auto" or one of: ${boards.map((candidate) => candidate.id).join(', ')}`,
    );
  return { board, model: undefined, missing: missingOf(board, undefined) };
}

/** "Raspberry Pi 4 Model B Rev 1.4" begins with the model of a board; the longest such beginning wins. */
function longestMatch(boards: readonly BoardDefinition[], model: string): BoardDefinition | undefined {
  let found: BoardDefinition | undefined;
  let length = 0;
  for (const board of boards)
    for (const beginning of board.models)
      if (beginning.length > length && model.startsWith(beginning)) {
        found = board;
        length = beginning.length;
      }
  return found;
}

function missingOf(board: BoardDefinition, model: string | undefined): readonly string[] {
  if (board.id === simulatedBoard.id) return [];
  const missing: string[] = [];
  if (board.id === genericBoard.id)
    missing.push(
      model === undefined
        ? 'this machine has no device tree, so its board is not known'
        : `"${model}" is not among the boards noonmark knows`,
    );
  if (board.pps === undefined)
    missing.push('the line of the pulse: write "refclock pps device /dev/pps0" or "refclock pps gpio N"');
  if (board.gpsUart === undefined)
    missing.push('the serial line of the GPS: write "refclock gps device /dev/ttyS0", or whichever it is');
  if (board.gpioChipLabel === undefined)
    missing.push('the GPIO chip of the header: "gpio N" then means line N of the first chip');
  if (board.i2cBus === undefined) missing.push('the I2C bus of the header');
  return missing;
}
