/**
 * Reads a keys file from disk, with a look at who else may read it. The text form is keys-file.ts.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { NoonmarkError } from '../errors.js';
import { type KeyProblem, type KeysFile, parseKeysFile } from './keys-file.js';

/** A keys file larger than this is some other file, /dev/zero for example. */
const MAX_BYTES = 1 << 20;

/** What is wrong with a keys file's rights (st_mode); undefined: nothing. */
export function rightsProblem(file: string, mode: number): KeyProblem | undefined {
  const who: string[] = [];
  if ((mode & 0o040) !== 0) who.push('its group may read it');
  if ((mode & 0o020) !== 0) who.push('its group may write it');
  if ((mode & 0o004) !== 0) who.push('everybody may read it');
  if ((mode & 0o002) !== 0) who.push('everybody may write it');
  if (who.length === 0) return undefined;
  return {
    severity: 'warning',
    file,
    line: 1,
    column: 1,
    message: `the keys are not secret: ${who.join(', ')}`,
    remedy: `chmod 600 ${file}`,
  };
}

/**
 * The keys of a file, with what is wrong in its lines and its rights. Throws NoonmarkError: ERR_PERMISSION when it may
 * not be read, ERR_FILE when it is missing, no file, or too large.
 */
export function loadKeysFile(file: string): KeysFile {
  let text: string;
  let mode: number;
  try {
    // Not blocking: the name may be a FIFO's.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile() || status.size > MAX_BYTES)
        throw new NoonmarkError(
          'ERR_FILE',
          `${file} is not a keys file`,
          'name a text file of at most 1 MiB behind "keys"',
        );
      mode = status.mode;
      text = readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof NoonmarkError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM')
      throw new NoonmarkError(
        'ERR_PERMISSION',
        `the keys file ${file} may not be read`,
        'give it to the user the daemon runs as, with chmod 600',
        { cause: error },
      );
    throw new NoonmarkError(
      'ERR_FILE',
      `the keys file ${file} cannot be read`,
      'check the name behind "keys" in the configuration',
      { cause: error },
    );
  }
  const parsed = parseKeysFile(text, file);
  const problem = rightsProblem(file, mode);
  return problem === undefined ? parsed : { keys: parsed.keys, problems: [problem, ...parsed.problems] };
}
