/**
 * The native parts of i2c-bus and onoff (through epoll), which have no prebuilt ones: compiled for the node of Debian 13,
 * on whatever Debian machine this is. They are written for V8 itself (NAN), so they are for one libnode only.
 * Owns the compiler's command; the headers are those of the lock, the sources npm's.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NoonmarkError } from '../src/errors.js';
import { fetchPackages } from './fetch.js';
import type { LockedPackage } from './lock.js';
import { run } from './shell.js';

/** GNU's names of Debian's architectures. */
const TRIPLETS = {
  arm64: 'aarch64-linux-gnu',
  armhf: 'arm-linux-gnueabihf',
  amd64: 'x86_64-linux-gnu',
} as const;
export type NativeArchitecture = keyof typeof TRIPLETS;

/** Throws ERR_USAGE. */
export function nativeArchitecture(text: string | undefined): NativeArchitecture {
  const found = Object.keys(TRIPLETS).find((known): known is NativeArchitecture => known === text);
  if (found !== undefined) return found;
  throw new NoonmarkError(
    'ERR_USAGE',
    `the architecture ${text} is not known here`,
    Object.keys(TRIPLETS).join(', '),
  );
}

/** npm's package, its source, and what it loads (binding.gyp, target_name). */
const MODULES = [
  { name: 'i2c-bus', source: 'src/i2c.cc', target: 'i2c' },
  { name: 'epoll', source: 'src/epoll.cc', target: 'epoll' },
] as const;

/** As node-gyp has them, and nothing that differs from one build to the next. */
const FLAGS = [
  ...['-shared', '-fPIC', '-O2', '-std=gnu++17', '-fno-rtti', '-fno-exceptions', '-D_FILE_OFFSET_BITS=64'],
  ...['-DBUILDING_NODE_EXTENSION', '-DUSING_UV_SHARED=1', '-DUSING_V8_SHARED=1'],
  ...['-Wno-deprecated-declarations', '-Wno-cast-function-type', '-s', '-Wl,--build-id=none'],
];

export interface NativeInput {
  readonly architecture: NativeArchitecture;
  /** node_modules with i2c-bus, epoll and nan in it; the results go beside their sources */
  readonly folder: string;
  readonly packages: readonly LockedPackage[];
  readonly mirror: string;
  readonly cache: string;
}

/**
 * Answers the name of the libnode that they are for, as "libnode115". Throws ERR_REMOTE when the headers cannot be had,
 * ERR_UNSUPPORTED when the compiler is missing, ERR_FILE with what it said when it fails.
 */
export async function buildNative(input: NativeInput): Promise<string> {
  const { architecture, folder, mirror, cache } = input;
  const wanted = input.packages.filter(({ group }) => group === 'headers');
  const work = mkdtempSync(join(tmpdir(), 'noonmark-headers-'));
  try {
    for (const deb of await fetchPackages(wanted, { mirror, cache }, () => undefined))
      run('dpkg-deb', ['-x', deb, work]);
    const headers = join(work, 'usr', 'include');
    for (const { name, source, target } of MODULES) {
      const result = join(folder, name, 'build', 'Release', `${target}.node`);
      mkdirSync(dirname(result), { recursive: true });
      run(`${TRIPLETS[architecture]}-g++`, [
        ...[...FLAGS, `-DNODE_GYP_MODULE_NAME=${target}`, '-o', result],
        // Names of files in it are those of the packages, wherever this folder is.
        ...[work, folder].map((path) => `-ffile-prefix-map=${path}/=`),
        ...[join(headers, 'node'), headers, join(folder, 'nan')].map((path) => `-I${path}`),
        join(folder, name, source),
      ]);
    }
    return libnodeOf(readFileSync(join(headers, 'node', 'node_version.h'), 'utf8'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian names the library after NODE_MODULE_VERSION, which changes when what was compiled before no longer fits. */
export function libnodeOf(header: string): string {
  const version = /^#define NODE_MODULE_VERSION (\d+)$/m.exec(header)?.[1];
  if (version !== undefined) return `libnode${version}`;
  throw new NoonmarkError(
    'ERR_FILE',
    'node_version.h of libnode-dev does not say which NODE_MODULE_VERSION it is',
    'npm run image:lock takes the versions of today',
  );
}
