/**
 * The card's initrd: busybox, the drivers of the root file system, and a script that goes on in it. Debian's kernel has
 * ext4 and the card reader as modules. Serves Raspberry Pis and QEMU's virt machine.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CpioWriter } from './cpio.js';
import { driversOnTheWay, moduleClosure } from './modules.js';
import { run } from './shell.js';

/** The file system, and a disk of QEMU's; what a board's card reader needs is its device tree's. */
const MODULES = [
  ...['ext4', 'crc32c_generic', 'crc32c_cryptoapi', 'crc32c', 'libcrc32c', 'mmc_block'],
  ...['virtio_blk', 'virtio_pci', 'virtio_mmio'],
];

/** Writes it to `out`. `root`: the card's tree, with modules and busybox; `folder`: to work in. */
export function writeInitrd(
  options: {
    readonly root: string;
    /** of the kernel */
    readonly version: string;
    /** the boards' device trees */
    readonly trees: readonly string[];
    readonly script: string;
    readonly folder: string;
  },
  out: string,
): void {
  const { root, version, trees, script, folder } = options;
  const modules = join('usr/lib/modules', version);
  const read = (name: string) => readFileSync(join(root, modules, name), 'utf8');
  const dependencies = read('modules.dep');
  const drivers = driversOnTheWay(read('modules.alias'), dependencies, compatiblesOf(trees));
  const files = moduleClosure(dependencies, [...MODULES, ...drivers]);
  const tree = join(folder, 'initrd');
  rmSync(tree, { recursive: true, force: true });
  for (const file of files) {
    const target = join(tree, 'lib/modules', version, file.replace(/\.xz$/, ''));
    mkdirSync(dirname(target), { recursive: true });
    // busybox loads no compressed modules.
    if (file.endsWith('.xz')) writeFileSync(target, run('xz', ['-dc', join(root, modules, file)]));
    else cpSync(join(root, modules, file), target);
  }
  for (const name of readdirSync(join(root, modules)))
    if (/^modules\.(order|builtin.*)$/.test(name))
      cpSync(join(root, modules, name), join(tree, 'lib/modules', version, name));
  run('depmod', ['-b', tree, version]);
  for (const name of readdirSync(join(tree, 'lib/modules', version)))
    if (/\.bin$|^modules\.(builtin|order|devname|softdep|weakdep)/.test(name))
      rmSync(join(tree, 'lib/modules', version, name));
  const busybox = ['usr/bin/busybox', 'bin/busybox'].map((path) => join(root, path)).find(existsSync);
  if (busybox === undefined) throw new Error('there is no busybox in the tree');
  const archive = new CpioWriter(`${out}.cpio`, 0);
  archive.folder('/dev');
  archive.file('/bin/busybox', readFileSync(busybox), true);
  archive.text('/init', readFileSync(script, 'utf8'), true);
  archive.tree(join(tree, 'lib'), '/lib');
  archive.close();
  writeFileSync(out, gzipSync(readFileSync(`${out}.cpio`), { level: 9 }));
  rmSync(`${out}.cpio`);
}

function compatiblesOf(trees: readonly string[]): ReadonlySet<string> {
  const texts = trees.map((tree) => run('dtc', ['-q', '-I', 'dtb', '-O', 'dts', tree]).toString());
  const lists = texts.flatMap((text) =>
    [...text.matchAll(/\bcompatible = (.*);/g)].map(([, list = '']) => list),
  );
  return new Set(lists.flatMap((list) => [...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)));
}
