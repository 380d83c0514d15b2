/**
 * What is on a card's state partition, looked at from outside as after a power cut: checked and repaired as the card's own
 * start does it (image/files/init), on a copy, and read without mounting it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS } from '../../image/partitions.js';

const STATE = PARTITIONS[2];
const MIB = 1 << 20;
/** e2fsck(8): what it cannot repair by itself. */
const UNREPAIRED = 4;

export interface CardState {
  /** undefined: no file system was ever made there */
  readonly check: { readonly exitCode: number; readonly said: string } | undefined;
  /** content of each file, by its path below the partition */
  readonly files: ReadonlyMap<string, string>;
}

/** `folder`: for copies, emptied first. */
export function readState(disk: string, folder: string): CardState {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, 'state');
  const [skip, count] = [STATE.start, STATE.size].map((bytes) => String(bytes / MIB));
  execFileSync('dd', ['bs=1M', 'conv=sparse', `skip=${skip}`, `count=${count}`, `if=${disk}`, `of=${copy}`], {
    stdio: 'pipe',
  });
  const { status, stdout, stderr } = spawnSync('e2fsck', ['-p', copy], { encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  if (/Bad magic number/.test(said)) return { check: undefined, files: new Map() };
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  execFileSync('debugfs', ['-R', `rdump / ${tree}`, copy], { stdio: 'pipe' });
  return { check: { exitCode: status ?? -1, said }, files: filesBelow(tree) };
}

/** Why it is not clean; undefined: it is. */
export const faultOf = ({ check }: CardState): string | undefined =>
  check !== undefined && check.exitCode >= UNREPAIRED
    ? `e2fsck -p: ${check.exitCode}\n${check.said}`
    : undefined;

function filesBelow(tree: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && existsSync(path)) found.set(path.slice(tree.length), readFileSync(path, 'latin1'));
  }
  return found;
}
