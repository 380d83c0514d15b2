/**
 * The keys directory: names, links, contents and rights of its files, as values. Owns the reading of the disk for this
 * room; what the files mean is the loader's. Nothing is thrown: what cannot be read says why.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface FolderFile {
  readonly ok: true;
  /** Latin-1: one character for each byte */
  readonly text: string;
  /** st_mode */
  readonly mode: number;
  /** what the link points to, as written; undefined: no link */
  readonly target: string | undefined;
}

export interface FolderFailure {
  readonly ok: false;
  readonly reason: 'missing' | 'dangling' | 'denied' | 'not-a-file' | 'too-large' | 'unreadable';
  /** what the link points to, as written; undefined: no link */
  readonly target: string | undefined;
}

export interface KeyFolder {
  readonly path: string;
  /** why the directory itself cannot be read; undefined: it can */
  readonly failure: 'missing' | 'denied' | 'unreadable' | undefined;
  /** `ntpkey_…` only, sorted */
  readonly names: readonly string[];
  read(name: string): FolderFile | FolderFailure;
}

/** A larger one is no key file. */
const MAX_BYTES = 1 << 18;
/** More names than these are not looked at. */
const MAX_NAMES = 4096;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Looks at a directory; its files are read when asked for. */
export function openKeyFolder(path: string): KeyFolder {
  try {
    const names = readdirSync(path)
      .filter((name) => name.startsWith('ntpkey_'))
      .sort()
      .slice(0, MAX_NAMES);
    return { path, failure: undefined, names, read: (name) => readFile(join(path, name)) };
  } catch (error) {
    const code = codeOf(error);
    const failure =
      code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : code === 'EACCES' ? 'denied' : 'unreadable';
    return { path, failure, names: [], read: () => ({ ok: false, reason: 'missing', target: undefined }) };
  }
}

function readFile(path: string): FolderFile | FolderFailure {
  const target = linkTarget(path);
  try {
    // Not blocking: the name may be a FIFO's.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) return { ok: false, reason: 'not-a-file', target };
      if (status.size > MAX_BYTES) return { ok: false, reason: 'too-large', target };
      return { ok: true, text: readFileSync(descriptor, 'latin1'), mode: status.mode, target };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT')
      return { ok: false, reason: target === undefined ? 'missing' : 'dangling', target };
    return { ok: false, reason: code === 'EACCES' || code === 'EPERM' ? 'denied' : 'unreadable', target };
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
