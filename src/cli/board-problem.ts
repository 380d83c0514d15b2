/** What is wrong with the board that a configuration names, for `noonmark check` and `doctor`: its language knows no boards. */
import { resolveBoard } from '../../boards/detect.js';
import type { ConfigProblem } from '../config/problem.js';
import type { ReadResult } from '../config/read.js';
import { NoonmarkError } from '../errors.js';

export function boardProblems({ config, boardPlace }: ReadResult): readonly ConfigProblem[] {
  if (boardPlace === undefined) return [];
  try {
    resolveBoard(config.board);
    return [];
  } catch (error) {
    if (!(error instanceof NoonmarkError)) throw error;
    const { file, line, column, length, text, sourceLine } = boardPlace;
    const { message, remedy } = error;
    return [{ file, line, column, length, text, sourceLine, severity: 'error', message, remedy }];
  }
}
