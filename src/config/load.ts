/**
 * A configuration from a file: the I/O around read.ts.
 */
import { readFileSync, statSync } from 'node:fs';
import { NoonmarkError } from '../errors.js';
import { type ConfigProblem, hasErrors, problemLine } from './problem.js';
import { type ReadResult, readConfig } from './read.js';

/** Nobody writes this much by hand; a device or a log file named by mistake is not read to its end. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a file and what it includes; relative names of included files count from the file that names them.
 * Throws NoonmarkError (ERR_FILE, ERR_PERMISSION) when `path` itself cannot be read.
 */
export function loadConfig(path: string): ReadResult {
  return readConfig(readText(path), path, { includeFile: readText });
}

/** Throws NoonmarkError (ERR_CONFIG) that names the errors, when there are any. */
export function refuseErrors(path: string, problems: readonly ConfigProblem[]): void {
  if (!hasErrors(problems)) return;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const lines = errors.slice(0, 20).map(problemLine).join('\n');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  throw new NoonmarkError(
    'ERR_CONFIG',
    `${count} in ${path}:\n${lines}`,
    `noonmark check ${path} shows all of them`,
  );
}

function readText(path: string): string {
  let problem: string;
  try {
    const status = statSync(path);
    if (status.isFile() && status.size <= MAX_BYTES) return readFileSync(path, 'utf8');
    if (status.isFile()) problem = `is larger than ${MAX_BYTES} bytes`;
    else problem = status.isDirectory() ? 'is a folder' : 'is not a file';
  } catch (error) {
    throw fileError(path, error);
  }
  throw new NoonmarkError('ERR_FILE', `${path} ${problem}`, 'name a configuration file');
}

function fileError(path: string, cause: unknown): NoonmarkError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'EACCES' || code === 'EPERM') {
    const remedy = 'give the user that runs noonmark the right to read it';
    return new NoonmarkError('ERR_PERMISSION', `${path} may not be read`, remedy, { cause });
  }
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new NoonmarkError('ERR_FILE', `there is no file ${path}`, 'name a file that exists', { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NoonmarkError('ERR_FILE', `${path} cannot be read: ${reason}`, 'name a file that can be read', {
    cause,
  });
}
