/** Programs of this machine that the card is made with. */
import { spawnSync } from 'node:child_process';
import { NoonmarkError } from '../src/errors.js';

/** Debian's package of each program used, for the remedy. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  'apt-cache': 'apt',
  'dpkg-deb': 'dpkg',
  tar: 'tar',
  depmod: 'kmod',
  dtc: 'device-tree-compiler',
  fdtoverlay: 'device-tree-compiler',
  'mkfs.vfat': 'dosfstools',
  mcopy: 'mtools',
  mke2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  dumpe2fs: 'e2fsprogs',
  xz: 'xz-utils',
  zstd: 'zstd',
  fakeroot: 'fakeroot',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  'arm-linux-gnueabihf-g++': 'g++-arm-linux-gnueabihf',
  'x86_64-linux-gnu-g++': 'g++-x86-64-linux-gnu',
};

const OUTPUT_LIMIT = 256 << 20;
/** A user's PATH lacks /usr/sbin, where depmod and mke2fs are. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** exit codes that are no failure beside 0 */
  readonly alsoGood?: readonly number[];
}

/** Runs a program to its end; answers its output. Throws ERR_UNSUPPORTED when it is missing, ERR_FILE when it fails. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: options.cwd,
    input: options.input,
    env: { ...process.env, PATH, LC_ALL: 'C', ...options.env },
    maxBuffer: OUTPUT_LIMIT,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT')
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      `the program ${program} is missing`,
      `apt-get install ${PROGRAMS[program] ?? program}`,
    );
  if (error !== undefined) throw error;
  if (status === 0 || (status !== null && options.alsoGood?.includes(status) === true)) return stdout;
  throw new NoonmarkError('ERR_FILE', `${program} ${args.join(' ')} failed: ${stderr.toString().trim()}`, '');
}
