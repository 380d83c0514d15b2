/** What is wrong with the keys that a configuration names, symmetric and Autokey's; for `noonmark check` and `doctor`. */
import { loadKeysFile } from '../auth/load-keys.js';
import { checkCryptoKeys } from '../autokey/files/check.js';
import { openKeyFolder } from '../autokey/files/folder.js';
import { compareKeys } from '../config/cross-check.js';
import type { ConfigProblem } from '../config/problem.js';
import type { ReadResult } from '../config/read.js';
import { NoonmarkError } from '../errors.js';

/** The keys file's own problems, and the keys it lacks. Its lines are never shown: they hold secrets. */
export function keyProblems({ config, keysPlace, keyPlaces }: ReadResult): readonly ConfigProblem[] {
  const { keysFile } = config;
  if (keysFile === undefined || keysPlace === undefined) return [];
  try {
    const { keys, problems } = loadKeysFile(keysFile);
    const known = new Set(keys.map(({ id }) => id));
    return [
      ...problems.map((problem) => ({ ...problem, length: 1, text: '', sourceLine: '' })),
      ...compareKeys(keyPlaces, known, keysFile),
    ];
  } catch (error) {
    if (!(error instanceof NoonmarkError)) throw error;
    const { file, line, column, length, text, sourceLine } = keysPlace;
    const { message, remedy } = error;
    return [{ file, line, column, length, text, sourceLine, severity: 'error', message, remedy }];
  }
}

/** What is wrong with the keys and certificates of Autokey. `nowSeconds`: since 1900. */
export const autokeyProblems = (
  { config }: ReadResult,
  machine: string,
  nowSeconds: number,
): readonly ConfigProblem[] =>
  config.crypto === undefined
    ? []
    : checkCryptoKeys(config, { machine, nowSeconds, openFolder: openKeyFolder });
