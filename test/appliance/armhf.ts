/**
 * The armhf package beside what a 32-bit node needs, as a disk for a machine whose 64-bit kernel runs 32-bit programs; and
 * its daemon there.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { guestFolder, projectRoot } from '../support/suite.js';
import type { CardMachine } from './machine.js';

const PLACE = '/run/armhf';
const DAEMON = '/usr/lib/noonmark/dist/src/daemon/main.cjs';
/** It serves its own machine only, and leaves the clock alone. */
const CONFIGURATION = [
  'board generic',
  'clock none',
  'port 12300',
  'interface ignore all',
  'interface listen 127.0.0.1',
  'statedir /tmp',
];

/** Asks it for the time, and prints how long the answer is. */
const ASK = [
  "const s = require('dgram').createSocket('udp4');",
  "s.on('message', (reply) => { console.log('answered', reply.length); s.close(); });",
  "s.send(Buffer.alloc(48, '23', 'hex').fill(0, 1), 12300, '127.0.0.1');",
  'setTimeout(() => process.exit(1), 3000).unref();',
].join(' ');

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

/**
 * Starts the 32-bit daemon, which ends at once when its self-test fails, until it answers, and ends it. Answers node's
 * architecture there and the daemon's log.
 */
export async function armhfDaemon(
  machine: CardMachine,
): Promise<{ readonly architecture: string; readonly log: string }> {
  const mounts = [
    `mkdir -p ${PLACE}`,
    `mount -o ro /dev/vdb ${PLACE}`,
    `mount --bind /proc ${PLACE}/proc`,
    `mount --bind /dev ${PLACE}/dev`,
    `mount -t tmpfs -o mode=0700 none ${PLACE}/tmp`,
    `printf '%s\\n' ${CONFIGURATION.map((line) => `'${line}'`).join(' ')} > ${PLACE}/tmp/ntp.conf`,
  ];
  await machine.ask(mounts.join(' && '));
  const inside = `chroot ${PLACE} /bin/node`;
  const architecture = await machine.ask(`${inside} -p process.arch`);
  const log = `${PLACE}/tmp/log`;
  await machine.ask(
    `${inside} ${DAEMON} -c /tmp/ntp.conf --socket /tmp/socket > ${log} 2>&1 & echo $! > ${PLACE}/tmp/pid`,
  );
  await machine.until(
    'an answer',
    `${inside} -e "${ASK}"; cat ${log}`,
    (text) => /^answered 48$/m.test(text),
    120,
  );
  await machine.ask(`kill -TERM $(cat ${PLACE}/tmp/pid)`);
  return {
    architecture,
    log: await machine.until('its end', `cat ${log}`, (text) => /noonmarkd has ended/.test(text), 30),
  };
}
