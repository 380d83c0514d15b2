/**
 * Writes key files and their links: each to its end or not at all, a link is moved only when its file stands. Owns the
 * disk for keygen; nothing that is not a link is ever replaced by one.
 */
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { explain, NoonmarkError } from '../../errors.js';
import type { NewFile } from './new-file.js';

/** Throws ERR_FILE or ERR_PERMISSION; links then still lead where they led. */
export function writeKeyFiles(directory: string, files: readonly NewFile[]): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    for (const { links } of files) for (const link of links) checkPlace(directory, link);
    const owner = statSync(directory);
    for (const file of files) writeWhole(directory, file, owner);
    for (const { name, links } of files) for (const link of links) moveLink(directory, link, name);
  } catch (error) {
    if (error instanceof NoonmarkError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new NoonmarkError(
        'ERR_PERMISSION',
        `${directory} cannot be written`,
        'run this as root, or name another directory: -d DIR',
        { cause: error },
      );
    throw new NoonmarkError(
      ...(['ERR_FILE', `writing keys to ${directory} failed: ${explain(error)}`, '-d DIR'] as const),
      { cause: error },
    );
  }
}

function checkPlace(directory: string, link: string): void {
  const path = join(directory, link);
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status !== undefined && !status.isSymbolicLink())
    throw new NoonmarkError(
      'ERR_FILE',
      `${path} is a file where a link should be`,
      `move it away first: mv ${path} ${path}.old`,
    );
}

function writeWhole(
  directory: string,
  { name, mode, text }: NewFile,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): void {
  const temporary = join(directory, `.${name}.new`);
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // Keys made by root are read by the user whose directory it is.
  if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
  renameSync(temporary, join(directory, name));
}

function moveLink(directory: string, link: string, target: string): void {
  const temporary = join(directory, `.${link}.new`);
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, join(directory, link));
}
