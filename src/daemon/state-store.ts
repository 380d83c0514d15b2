/**
 * Small files that survive a restart: written whole, atomically (temporary file, fsync, rename, fsync of the folder)
 * and rarely, because cards wear. Owns no meaning; callers bring text.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { explain, NoonmarkError } from '../errors.js';

export interface StateStore {
  /** Undefined when there is no such file. Throws NoonmarkError ERR_FILE when it cannot be read. */
  read(path: string): string | undefined;
  /** `mode`: of the file, 0644 unless given. Throws NoonmarkError ERR_FILE; the old content is then still whole. */
  write(path: string, text: string, mode?: number): void;
}

/** Files below `folder`; absolute paths stand for themselves. */
export class FileStateStore implements StateStore {
  constructor(private readonly folder: string) {}

  read(path: string): string | undefined {
    const full = this.resolve(path);
    try {
      return readFileSync(full, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw fileError(`cannot read ${full}: ${explain(error)}`, full, error);
    }
  }

  write(path: string, text: string, mode = 0o644): void {
    const full = this.resolve(path);
    const temporary = `${full}.new`;
    try {
      mkdirSync(dirname(full), { recursive: true });
      // What a crash left, or a link that somebody laid there: never written through.
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', mode);
      try {
        // To its end or not at all: on a full card a single write takes the part that fits and calls that success.
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, full);
      const folder = openSync(dirname(full), 'r');
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
    } catch (error) {
      discard(temporary);
      throw fileError(`cannot write ${full}: ${explain(error)}`, full, error);
    }
  }

  private resolve(path: string): string {
    return path.startsWith('/') ? path : join(this.folder, path);
  }
}

/** Keeps everything in memory: the simulated board and tests. */
export class MemoryStateStore implements StateStore {
  private readonly files = new Map<string, string>();
  read(path: string): string | undefined {
    return this.files.get(path);
  }
  write(path: string, text: string): void {
    this.files.set(path, text);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be written nothing can be removed: the error that led here is the one to tell.
  }
}

function fileError(message: string, path: string, cause: unknown): NoonmarkError {
  return new NoonmarkError('ERR_FILE', message, remedyFor(codeOf(cause), dirname(path)), { cause });
}

function remedyFor(code: string | undefined, folder: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return `make room on the file system of ${folder}`;
  if (code === 'EROFS')
    return `mount the file system of ${folder} writable, or name another folder with 'statedir'`;
  return `let the user that runs noonmarkd own ${folder}`;
}
