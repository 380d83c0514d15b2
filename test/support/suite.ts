/**
 * What every test file imports: uvu's suite and assertions, honest skips, and the results file.
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';

export { assert, suite, test };

// No test, nor any program a test starts, may steer this machine's clock (drivers/linux/clock.ts).
process.env['NOONMARK_CLOCK_READ_ONLY'] = '1';

/** The project's root, from dist/test/support. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
/** The folder that stands beside the clone. */
export const sharedFolder = join(projectRoot, '..', 'shared');

/** What scripts/guest.sh filled; NOONMARK_TEST_QEMU=1 means the folder that .ci/run uses. */
export const guestFolder =
  process.env['NOONMARK_TEST_QEMU'] === '1'
    ? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noonmark', 'guest')
    : process.env['NOONMARK_TEST_QEMU'];

/** What scripts/trixie.sh filled. */
const trixieFolder = process.env['NOONMARK_TEST_TRIXIE'];
/** A Debian 13's root file system, not to be written to. */
export const trixieRoot = join(trixieFolder ?? '', 'root');

/** Prints a skip that the runner counts and shows. `enable`: the command or condition that would run it. */
export function skip(what: string, reason: string, enable: string): void {
  console.log(`\nNOONMARK-SKIP ${JSON.stringify({ what, reason, enable })}`);
}

/** What a bare machine lacks; CI provides all of it. */
export type Need =
  | 'root'
  | 'peers'
  | 'shared'
  | 'qemu'
  | 'systemd'
  | 'trees'
  | 'card'
  | 'compilers'
  | 'archive'
  | 'trixie';

/** Those of image/shell.ts that not every Debian has, and what its tests boot and look with. */
const CARD_PROGRAMS = [
  ...['depmod', 'dtc', 'mkfs.vfat', 'mcopy', 'zstd', 'mke2fs', 'xz', 'qemu-system-aarch64', 'dnsmasq'],
  ...['ssh', 'ssh-keygen', 'fakeroot', 'git', 'aarch64-linux-gnu-g++'],
];
/** What is administrators' may be missing in a user's PATH. */
const isProgram = (name: string): boolean =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) =>
    existsSync(join(folder, name)),
  );

const CARD_PACKAGES =
  'kmod device-tree-compiler dosfstools mtools zstd e2fsprogs xz-utils fakeroot git qemu-system-arm dnsmasq-base openssh-client g++-aarch64-linux-gnu';
const COMPILERS = ['aarch64-linux-gnu', 'arm-linux-gnueabihf', 'x86_64-linux-gnu'];

const checks: Record<Need, () => { ok: boolean; reason: string; enable: string }> = {
  root: () => ({ ok: process.getuid?.() === 0, reason: 'needs root', enable: 'run as root (CI does)' }),
  peers: () => ({
    ok: process.env['NOONMARK_TEST_PEERS'] !== undefined && existsSync(process.env['NOONMARK_TEST_PEERS']),
    reason: 'needs the peer daemons (chrony, ntpsec, ntpd 4.2.8p15, …) unpacked',
    enable: 'scripts/peers.sh FOLDER, then NOONMARK_TEST_PEERS=FOLDER npm test',
  }),
  shared: () => ({
    ok: existsSync(join(sharedFolder, 'gps-captures')),
    reason: 'needs the folder ../shared beside the clone',
    enable: 'put shared/ beside the clone',
  }),
  qemu: () => ({
    ok:
      guestFolder !== undefined &&
      existsSync(join(guestFolder, 'arm64', 'vmlinuz')) &&
      isProgram('qemu-system-aarch64'),
    reason: 'needs qemu-system-arm and a guest to boot',
    enable: 'install qemu-system-arm, scripts/guest.sh FOLDER, then NOONMARK_TEST_QEMU=FOLDER npm test',
  }),
  trees: () => ({
    ok:
      guestFolder !== undefined &&
      existsSync(join(guestFolder, 'boards', 'modules.alias')) &&
      isProgram('fdtoverlay'),
    reason: "needs device-tree-compiler and the device trees of Debian's kernel, with its lists of drivers",
    enable:
      'install device-tree-compiler and kmod, scripts/guest.sh FOLDER boards, then NOONMARK_TEST_QEMU=FOLDER npm test',
  }),
  card: () => ({
    ok: guestFolder !== undefined && CARD_PROGRAMS.every(isProgram),
    reason: 'needs the programs that make a card, QEMU, and minutes',
    enable: `install ${CARD_PACKAGES}, then NOONMARK_TEST_QEMU=1 npm test`,
  }),
  compilers: () => ({
    ok: COMPILERS.every((name) => isProgram(`${name}-g++`)),
    reason: 'needs compilers for arm64, armhf and amd64',
    enable: 'apt-get install g++-aarch64-linux-gnu g++-arm-linux-gnueabihf g++-x86-64-linux-gnu',
  }),
  archive: () => ({
    ok: ['apt-get', 'gpg'].every(isProgram),
    reason: 'needs apt, and gpg to sign an archive of its own',
    enable: 'on Debian: apt-get install gnupg',
  }),
  trixie: () => ({
    ok: trixieFolder !== undefined && existsSync(trixieRoot) && isProgram('systemd-nspawn'),
    reason: 'needs systemd-nspawn, and the root file system of a Debian 13',
    enable:
      'install systemd-container and mmdebstrap, scripts/trixie.sh FOLDER, then NOONMARK_TEST_TRIXIE=FOLDER npm test',
  }),
  systemd: () => ({
    ok: isProgram('systemd-analyze'),
    reason: "needs systemd's own tools",
    enable: 'apt-get install systemd',
  }),
};

/** True when all needs are met; else one skip is printed for each that is not. */
export function has(what: string, ...needs: readonly Need[]): boolean {
  let all = true;
  for (const need of needs) {
    const { ok, reason, enable } = checks[need]();
    if (!ok) {
      skip(what, reason, enable);
      all = false;
    }
  }
  return all;
}

/** Records one figure of a scenario, one line, in test-results/scenarios.txt. */
export function record(scenario: string, figures: Readonly<Record<string, number>>): void {
  const folder = join(projectRoot, 'test-results');
  mkdirSync(folder, { recursive: true });
  const text = Object.entries(figures)
    .map(([name, value]) => `${name}=${Number(value.toPrecision(6))}`)
    .join(' ');
  appendFileSync(join(folder, 'scenarios.txt'), `${scenario} ${text}\n`);
  console.log(`\nRESULT ${scenario} ${text}`);
}
