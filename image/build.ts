/**
 * A card from options and the lock: fetch, unpack, configure, two file systems, one file. Owns the order of it and the
 * folder it is done in; mounts nothing.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CLOCKS } from '../boards/clocks.js';
import { debianTree, fillBoot, writeFat } from './boot-partition.js';
import { writeExt4 } from './ext4.js';
import { fetchPackages, sha256Of } from './fetch.js';
import { writeInitrd } from './initrd.js';
import type { LockedPackage } from './lock.js';
import type { ImageOptions } from './options.js';
import { CARD_SIZE, PARTITIONS, partitionTable } from './partitions.js';
import type { Progress } from './progress.js';
import { run } from './shell.js';
import { cardConfiguration, manifestText } from './texts.js';
import { Tree, type TreeSetup } from './tree.js';

/** Names of file systems and of the card: the same for each, as the same inputs are to give the same bytes. */
const ROOT_UUID = '6e6f6f6e-6d61-4b72-8b01-000000000002';
const BOOT_SERIAL = '6e6f6f6e';
const DISK_ID = 0x6e6f6f6e;
const ZEROS = Buffer.alloc(1 << 20);
/** What Progress is to count to. */
export const BUILD_STEPS = 7;

export interface BuildInput {
  readonly options: ImageOptions;
  readonly packages: readonly LockedPackage[];
  /** folder of the checkout */
  readonly project: string;
  readonly cache: string;
  /** the time of all files, Unix s */
  readonly seconds: number;
  readonly authorizedKeys: string | undefined;
  readonly joinKeys: string | undefined;
  /** wpa_supplicant's configuration */
  readonly wifi: string | undefined;
}

/** A card's pieces, for a machine that is not started by a Raspberry Pi's firmware. */
export interface CardParts {
  readonly kernel: string;
  readonly initrd: string;
  /** the root file system, ext4 */
  readonly root: string;
  /** the first partition, FAT32 */
  readonly boot: string;
  /** folder with all files of the first partition, device trees among them */
  readonly bootFiles: string;
}

export interface BuildResult {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** of the uncompressed card */
  readonly imageSha256: string;
  /** with options.partsFolder */
  readonly parts: CardParts | undefined;
}

/**
 * Makes the card that `input` tells (request.ts reads it), and the manifest beside it; the caller is root, or seems so to
 * itself (fakeroot). Throws ERR_REMOTE naming a package that cannot be had, ERR_UNSUPPORTED for a program that is missing.
 */
export async function buildImage(input: BuildInput, progress: Progress): Promise<BuildResult> {
  const { options, project, seconds } = input;
  const groups =
    options.wifi === undefined ? ['base', 'kernel', 'firmware'] : ['base', 'kernel', 'firmware', 'wifi'];
  const packages = input.packages.filter(({ group }) => groups.includes(group));
  const work = mkdtempSync(join(tmpdir(), 'noonmark-image-'));
  try {
    const debs = await fetchPackages(packages, { mirror: options.mirror, cache: input.cache }, (done) =>
      progress.show(0, 'fetching packages', done / packages.length),
    );
    progress.show(1, "building noonmark's package");
    const own = options.deb ?? buildDeb(input, join(work, 'deb'));
    const configuration = cardConfiguration(
      readFileSync(join(project, 'packaging/ntp.conf'), 'utf8'),
      options.hat,
      options.rtc,
    );
    const tree = new Tree(join(work, 'root'), join(project, 'image/files'));
    const folders = { kernel: join(work, 'kernel'), firmware: join(work, 'firmware') };
    for (const [index, { group }] of packages.entries()) {
      progress.show(2, 'unpacking', index / packages.length);
      const deb = debs[index] ?? '';
      if (group === 'kernel' || group === 'firmware') run('dpkg-deb', ['-x', deb, folders[group]]);
      else tree.unpack(deb);
    }
    tree.unpack(own);
    tree.keep(own, 'usr/lib/noonmark-card/installed.deb');
    progress.show(3, 'configuring');
    const version = tree.modules(folders.kernel);
    for (const folder of Object.values(folders)) tree.licences(folder);
    const { hostname } = options;
    const { authorizedKeys, joinKeys, wifi } = input;
    const setup: TreeSetup = { hostname, authorizedKeys, joinKeys, wifi, configuration };
    const manifest = manifestText(options, contents(packages, own));
    tree.configure(setup, manifest);
    const initrd = join(work, 'initrd.img');
    const script = join(project, 'image/files/initrd-init');
    const trees = options.boards.flatMap(({ debian }) => debian?.trees ?? []);
    const files = trees.map((name) => debianTree(folders.kernel, name));
    writeInitrd({ root: tree.path, version, trees: files, script, folder: work }, initrd);

    progress.show(4, 'making file systems');
    const [boot, root] = PARTITIONS;
    const overlays = join(project, 'boards/overlays');
    fillBoot(
      { boards: options.boards, extras: extrasOf(options), ...folders, overlays, initrd, configuration },
      join(work, 'boot'),
    );
    writeFat(join(work, 'boot'), join(work, 'boot.fat'), boot.size, seconds, BOOT_SERIAL);
    writeExt4(tree.path, join(work, 'root.ext4'), root.size, seconds, ROOT_UUID);

    progress.show(5, 'putting the card together');
    const image = join(work, 'card.img');
    assemble(image, [
      { file: join(work, 'boot.fat'), at: boot.start },
      { file: join(work, 'root.ext4'), at: root.start },
    ]);
    const imageSha256 = run('sha256sum', [image]).toString().slice(0, 64);
    progress.show(6, options.out.endsWith('.zst') ? 'compressing' : 'copying');
    const isSecret = wifi !== undefined || joinKeys !== undefined;
    const parts =
      options.partsFolder === undefined ? undefined : keepParts(work, options.partsFolder, isSecret);
    return { ...finish(image, options.out, manifest, isSecret), imageSha256, parts };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Overlays of what is on the header. */
const extrasOf = ({ hat, rtc }: ImageOptions): readonly string[] => [
  ...new Set([...hat.overlays, ...(rtc === undefined ? [] : CLOCKS[rtc].overlays)]),
];

function buildDeb({ project, seconds, options, cache }: BuildInput, folder: string): string {
  const env = { SOURCE_DATE_EPOCH: String(seconds) };
  const args = ['-o', folder, '-m', options.mirror, '-c', cache, 'arm64'];
  const said = run(join(project, 'scripts/package-deb.sh'), args, { env }).toString();
  const path = /^package-deb: (\S+\.deb) /m.exec(said)?.[1];
  if (path === undefined) throw new Error(`package-deb.sh said: ${said}`);
  return path;
}

/** `own`: noonmark's package. */
function contents(packages: readonly LockedPackage[], own: string): readonly string[] {
  const version = run('dpkg-deb', ['-f', own, 'Version']).toString().trim();
  return [
    `noonmark ${version} ${sha256Of(readFileSync(own))}`,
    ...packages.map(({ name, version, sha256 }) => `${name} ${version} ${sha256}`),
  ];
}

/** Partition table and file systems, holes where there is nothing; the state partition is all zeros. */
function assemble(image: string, parts: readonly { readonly file: string; readonly at: number }[]): void {
  const out = openSync(image, 'w');
  ftruncateSync(out, CARD_SIZE);
  writeSync(out, partitionTable(PARTITIONS, DISK_ID), 0, undefined, 0);
  for (const { file, at } of parts) {
    const bytes = readFileSync(file);
    for (let from = 0; from < bytes.length; from += ZEROS.length) {
      const part = bytes.subarray(from, from + ZEROS.length);
      if (!part.equals(ZEROS.subarray(0, part.length))) writeSync(out, part, 0, part.length, at + from);
    }
  }
  closeSync(out);
}

function keepParts(work: string, folder: string, isSecret: boolean): CardParts {
  mkdirSync(folder, { recursive: true });
  if (isSecret) chmodSync(folder, 0o700);
  const keep = (name: string) => {
    run('cp', ['--sparse=always', join(work, name), join(folder, name)]);
    return join(folder, name);
  };
  const bootFiles = join(folder, 'boot');
  rmSync(bootFiles, { recursive: true, force: true });
  cpSync(join(work, 'boot'), bootFiles, { recursive: true, preserveTimestamps: true });
  const [kernel, initrd] = [join(bootFiles, 'kernel8.img'), join(bootFiles, 'initrd.img')];
  return { kernel, initrd, root: keep('root.ext4'), boot: keep('boot.fat'), bootFiles };
}

/** `isSecret`: there are keys in it that others know as well. */
function finish(
  image: string,
  out: string,
  manifest: string,
  isSecret: boolean,
): Pick<BuildResult, 'path' | 'bytes' | 'sha256'> {
  mkdirSync(dirname(out), { recursive: true });
  const partial = `${out}.${process.pid}`;
  writeFileSync(partial, '', { mode: 0o600 });
  const isPacked = out.endsWith('.zst');
  if (isPacked) run('zstd', ['-q', '-f', '-T1', '-12', image, '-o', `${image}.zst`]);
  // Into the file that is there, whose mode stays.
  run('cp', ['--sparse=always', isPacked ? `${image}.zst` : image, partial]);
  chmodSync(partial, isSecret ? 0o600 : 0o644);
  renameSync(partial, out);
  const hash = createHash('sha256').update(readFileSync(out)).digest('hex');
  const beside = join(dirname(out), basename(out).replace(/\.img(\.zst)?$/, ''));
  writeFileSync(`${beside}.manifest`, manifest);
  return { path: out, bytes: statSync(out).size, sha256: hash };
}
