/** Packages that `noonmark update` is tried with on a card, on a disk beside it: one that serves, and one that does not. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UPDATE_MARK } from '../../src/cli/update/card.js';
import type { CardMachine } from '../appliance/machine.js';
import { projectRoot } from '../support/suite.js';

export const GOOD = '99.0';
export const BAD = '98.0';
const PLACE = '/run/update';
/** Where the machine finds the disk: after the card. */
const DEVICE = '/dev/vdb';
const SECONDS = 600;
const DPKG_LOG = '/var/log/dpkg.log';

const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { stdio: 'pipe' });

/** QEMU's options for the disk, made in `folder`. */
export function updateDisk(folder: string): readonly string[] {
  const made = join(folder, 'arm64');
  run(join(projectRoot, 'scripts/package-deb.sh'), '-o', made, 'arm64');
  const deb = readdirSync(made).find((name) => name.endsWith('_arm64.deb')) ?? '';
  const packages = join(folder, 'packages');
  mkdirSync(packages);
  const root = join(folder, 'package');
  run('dpkg-deb', '-R', join(made, deb), root);
  const pack = (version: string) => {
    const control = join(root, 'DEBIAN/control');
    writeFileSync(
      control,
      readFileSync(control, 'utf8').replace(/^Version: .*$/m, () => `Version: ${version}`),
    );
    run('dpkg-deb', '-Znone', '-b', root, join(packages, `${version}.deb`));
  };
  pack(GOOD);
  writeFileSync(join(root, 'usr/lib/noonmark/dist/src/daemon/program.cjs'), 'process.exit(1);\n');
  pack(BAD);
  const disk = join(folder, 'update.img');
  run('mke2fs', '-q', '-t', 'ext4', '-d', packages, disk, '200m');
  for (const path of [root, made, packages]) rmSync(path, { recursive: true });
  return [
    ...['-drive', `if=none,id=update,format=raw,readonly=on,file=${disk}`],
    ...['-device', 'virtio-blk-pci,drive=update'],
  ];
}

/** `noonmark update` with that version: its exit code, and what it said. `onLine`: hears that, and dpkg's log, as it comes. */
export async function update(
  machine: CardMachine,
  version: string,
  onLine?: (line: string) => void,
): Promise<{ readonly exitCode: number; readonly said: string }> {
  await machine.ask(`mkdir -p ${PLACE}; grep -q ' ${PLACE} ' /proc/mounts || mount -o ro ${DEVICE} ${PLACE}`);
  const log = onLine === undefined ? '' : `touch ${DPKG_LOG}; tail -n 0 -F ${DPKG_LOG} & `;
  const { exitCode, lines } = await machine.run(
    `${log}noonmark update ${PLACE}/${version}.deb`,
    SECONDS,
    onLine,
  );
  return { exitCode, said: lines.join('\n') };
}

/** Which version dpkg says is there, whether the root is closed, and no update is still to be undone. */
export async function installedNow(
  machine: CardMachine,
): Promise<{ readonly installed: string; readonly isReadOnly: boolean; readonly isOver: boolean }> {
  const { lines } = await machine.run(
    [
      "dpkg -s noonmark | sed -n 's/^Version: //p'",
      "grep -q ' / [^ ]* ro' /proc/mounts && echo read-only",
      `test -e ${UPDATE_MARK} || echo over`,
    ].join('; '),
  );
  const [installed = ''] = lines;
  return { installed, isReadOnly: lines.includes('read-only'), isOver: lines.includes('over') };
}
