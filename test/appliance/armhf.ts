/**
 * The armhf package beside what a 32-bit node needs, as a disk for a machine whose 64-bit kernel runs 32-bit programs; and
 * the package's self-test there.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { guestFolder, projectRoot } from '../support/suite.js';
import type { CardMachine } from './machine.js';

const PLACE = '/run/armhf';
const MODULE = '/usr/lib/noonmark/dist/drivers/linux/selftest.js';
const SCRIPT = `import("${MODULE}").then(({selfTest}) => { selfTest(); console.log(process.arch, process.version, "self-test passed"); })`;

/** QEMU's options for it, made in `folder`. */
export function armhfDisk(folder: string): readonly string[] {
  const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { stdio: 'pipe' });
  const root = join(folder, 'armhf');
  run('cp', '-a', join(guestFolder ?? '', 'armhf', 'root'), root);
  run('mkdir', '-p', ...['proc', 'dev', 'tmp'].map((name) => join(root, name)));
  run(join(projectRoot, 'scripts/package-deb.sh'), '-o', folder, 'armhf');
  const deb = readdirSync(folder).find((name) => name.endsWith('_armhf.deb')) ?? '';
  run('dpkg-deb', '-x', join(folder, deb), root);
  const disk = join(folder, 'armhf.img');
  run('mke2fs', '-q', '-t', 'ext4', '-d', root, disk, '400m');
  run('rm', '-rf', root);
  return [
    ...['-drive', `if=none,id=armhf,format=raw,readonly=on,file=${disk}`],
    ...['-device', 'virtio-blk-pci,drive=armhf'],
  ];
}

/** What it says; throws when it does not pass. */
export async function armhfSelfTest(machine: CardMachine): Promise<string> {
  const mounts = [
    `mkdir -p ${PLACE}`,
    `mount -o ro /dev/vdb ${PLACE}`,
    `mount --bind /proc ${PLACE}/proc`,
    `mount --bind /dev ${PLACE}/dev`,
  ];
  await machine.ask(mounts.join(' && '));
  return machine.ask(`chroot ${PLACE} /bin/node -e '${SCRIPT}'`, 120);
}
