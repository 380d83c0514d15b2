/**
 * A state partition with keys and a drift that a test knows, put onto a card before its first start: what must not change,
 * and nothing is left to be made.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PARTITIONS } from '../../image/partitions.js';

const STATE = PARTITIONS[2];
const MIB = 1 << 20;
/** The service's user (image/accounts.ts). */
const NOONMARK_ID = 900;

/** By the path on the card. */
const FILES: Readonly<Record<string, string>> = {
  '/etc/noonmark/authentication.conf': 'keys /etc/noonmark/keys/ntp.keys\ntrustedkey 21\n',
  '/etc/noonmark/keys/ntp.keys': '21 AES128CMAC 000102030405060708090a0b0c0d0e0f\n',
  '/var/lib/noonmark/drift': '12.345\n',
};
/** Where image/files/init keeps these folders. */
const KEPT = [
  ['/etc/noonmark', 'etc-noonmark'],
  ['/var/lib/noonmark', 'lib-noonmark'],
] as const;

/** `folder`: to work in. */
export function putKnownState(disk: string, folder: string): void {
  const tree = join(folder, 'known-state');
  const file = `${tree}.ext4`;
  const own = (path: string, mode: number) => {
    chownSync(path, NOONMARK_ID, NOONMARK_ID);
    chmodSync(path, mode);
  };
  for (const [path, text] of Object.entries(FILES)) {
    const [from, name] = KEPT.find(([begin]) => path.startsWith(begin)) ?? ['', ''];
    const target = join(tree, name, path.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    own(target, 0o600);
  }
  own(join(tree, 'etc-noonmark/keys'), 0o700);
  own(join(tree, 'lib-noonmark'), 0o750);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, file, `${STATE.size / MIB}m`], { stdio: 'pipe' });
  execFileSync(
    'dd',
    ['bs=1M', 'conv=notrunc,sparse', `seek=${STATE.start / MIB}`, `if=${file}`, `of=${disk}`],
    { stdio: 'pipe' },
  );
  rmSync(tree, { recursive: true });
  rmSync(file);
}

/** A shell command that prints them all. */
export const printKnownState = `cat ${Object.keys(FILES).join(' ')}`;
export const knownState = Object.values(FILES).join('').trimEnd();
