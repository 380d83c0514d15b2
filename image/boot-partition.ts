/**
 * The card's first partition (FAT, read by the firmware and by any laptop): firmware, kernel, initrd, device trees with
 * the overlays in them, and noonmark.conf.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BoardDefinition } from '../boards/board.js';
import { NoonmarkError } from '../src/errors.js';
import { run } from './shell.js';
import { BOOT_LABEL, commandLine, configText } from './texts.js';

/**
 * Of raspi-firmware, and what it is called on the card. bootcode.bin and start.elf are the 3's and the Zero 2 W's, start4.elf
 * the 4's. Their licence wants to go with them; its name is the one of the firmware's own repository.
 */
const FIRMWARE: readonly (readonly [path: string, name: string])[] = [
  ...['bootcode.bin', 'start.elf', 'fixup.dat', 'start4.elf', 'fixup4.dat'].map(
    (name) => [`usr/lib/raspi-firmware/${name}`, name] as const,
  ),
  ['usr/share/doc/raspi-firmware/copyright', 'LICENCE.broadcom'],
];

export interface BootSetup {
  readonly boards: readonly BoardDefinition[];
  /** names of overlays beside those of the boards, in their order */
  readonly extras: readonly string[];
  /** folder of the unpacked kernel package */
  readonly kernel: string;
  /** folder of the unpacked raspi-firmware */
  readonly firmware: string;
  /** boards/overlays */
  readonly overlays: string;
  readonly initrd: string;
  readonly configuration: string;
}

/** Fills `folder` with the partition's files. Throws ERR_FILE naming what a package lacks. */
export function fillBoot(setup: BootSetup, folder: string): void {
  mkdirSync(folder, { recursive: true });
  copyFirmware(setup.firmware, folder);
  const boot = join(setup.kernel, 'boot');
  const kernel = readdirSync(boot).find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new Error('there is no kernel in its package');
  copyFileSync(join(boot, kernel), join(folder, 'kernel8.img'));
  copyFileSync(setup.initrd, join(folder, 'initrd.img'));
  deviceTrees(setup, folder);
  writeFileSync(join(folder, 'config.txt'), configText);
  writeFileSync(join(folder, 'cmdline.txt'), commandLine);
  writeFileSync(join(folder, 'noonmark.conf'), setup.configuration);
}

/** A card that lacks one of these starts no board, or may not be passed on. */
function copyFirmware(unpacked: string, folder: string): void {
  for (const [path, name] of FIRMWARE) {
    if (!existsSync(join(unpacked, path)))
      throw new NoonmarkError(
        'ERR_FILE',
        `the package raspi-firmware has no ${path}`,
        'write into image/boot-partition.ts (FIRMWARE) where this version of it has that file',
      );
    copyFileSync(join(unpacked, path), join(folder, name));
  }
}

/** Debian's device tree of that name. `kernel`: folder of the unpacked kernel package. */
export function debianTree(kernel: string, name: string): string {
  const lib = join(kernel, 'usr/lib');
  const version = readdirSync(lib).find((found) => found.startsWith('linux-image-'));
  if (version === undefined) throw new Error('there are no device trees in the kernel package');
  return join(lib, version, 'broadcom', name);
}

/** Each board's trees with its overlays and those of what is on its header; the kernel takes none at run time. */
function deviceTrees({ boards, extras, kernel, overlays }: BootSetup, folder: string): void {
  for (const { debian } of boards) {
    const compiled = [...(debian?.overlays ?? []), ...extras].map((name) =>
      run('dtc', ['-@', '-q', '-I', 'dts', '-O', 'dtb', join(overlays, `${name}.dts`)]),
    );
    const files = compiled.map((bytes, index) => {
      const file = join(folder, `.${index}.dtbo`);
      writeFileSync(file, bytes);
      return file;
    });
    for (const tree of debian?.trees ?? [])
      run('fdtoverlay', ['-i', debianTree(kernel, tree), '-o', join(folder, tree), ...files]);
    for (const file of files) rmSync(file);
  }
}

/** The file system of so many bytes, the same for the same files. `seconds`: the time that all of them get. */
export function writeFat(folder: string, out: string, size: number, seconds: number, serial: string): void {
  const env = { SOURCE_DATE_EPOCH: String(seconds), TZ: 'UTC', MTOOLS_SKIP_CHECK: '1' };
  const names = readdirSync(folder).sort();
  for (const name of names) utimesSync(join(folder, name), seconds, seconds);
  run(
    'mkfs.vfat',
    ['--invariant', '-F', '32', '-n', BOOT_LABEL, '-i', serial, '-C', out, String(size / 1024)],
    { env },
  );
  run('mcopy', ['-m', '-i', out, ...names.map((name) => join(folder, name)), '::'], { env });
}
