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
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { explain, NoonmarkError } from '../errors.js';

export interface StateStore {
  /** Undefined when there is no such file. Throws NoonmarkError ERR_FILE when it cannot be read. */
  read(path: string): string | undefined;
  /** Throws NoonmarkError ERR_FILE; the old content is then still whole. */
  write(path: string, text: string): void;
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

  write(path: string, text: string): void {
    const full = this.resolve(path);
    const temporary = `${full}.new`;
    try {
      mkdirSync(dirname(full), { recursive: true });
      const file = openSync(temporary, 'w', 0o644);
      try {
        writeSync(file, text);
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
      rmSync(temporary, { force: true });
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

function fileError(message: string, path: string, cause: unknown): NoonmarkError {
  return new NoonmarkError('ERR_FILE', message, `let the user that runs noonmarkd own ${dirname(path)}`, {
    cause,
  });
}
