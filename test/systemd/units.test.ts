import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, has, projectRoot, test } from '../support/suite.js';

const units = join(projectRoot, 'systemd');
const service = join(units, 'noonmarkd.service');
const serviceText = readFileSync(service, 'utf8');
const settings = (name: string) =>
  [...serviceText.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1] ?? '');
const run = (program: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};

/** A root file system with what the units name and nothing else. */
function installedRoot(): string {
  const root = temporaryFolder();
  const folder = (...path: readonly string[]) => {
    mkdirSync(join(root, ...path), { recursive: true });
    return join(root, ...path);
  };
  for (const unit of readdirSync(units).filter((name) => name.endsWith('.service')))
    cpSync(join(units, unit), join(folder('usr/lib/systemd/system'), unit));
  cpSync(join(units, 'noonmark.sysusers.conf'), join(folder('usr/lib/sysusers.d'), 'noonmark.conf'));
  cpSync(join(units, 'noonmark.tmpfiles.conf'), join(folder('usr/lib/tmpfiles.d'), 'noonmark.conf'));
  for (const program of ['usr/bin/noonmarkd', 'usr/bin/noonmark', 'bin/kill', 'sbin/modprobe']) {
    folder(program, '..');
    writeFileSync(join(root, program), '#!/bin/sh\n');
    chmodSync(join(root, program), 0o755);
  }
  return root;
}

test('the hardware watchdog is within what a Raspberry Pi counts, and above what a busy card may hold systemd up', () => {
  const text = readFileSync(join(units, 'hardware-watchdog.conf'), 'utf8');
  assert.match(text, /^\[Manager\]$/m);
  const seconds = Number(/^RuntimeWatchdogSec=(\d+)s$/m.exec(text)?.[1]);
  // bcm2835_wdt: 20 bits of 1/65536 s.
  assert.ok(seconds >= 10 && seconds < 2 ** 20 / 65_536, `${seconds} s`);
});

if (has('the units as systemd reads them', 'systemd')) {
  test('systemd finds no mistake in the units', () => {
    const root = installedRoot();
    const system = join(root, 'usr/lib/systemd/system');
    for (const unit of readdirSync('/lib/systemd/system'))
      if (unit.endsWith('.target'))
        cpSync(join('/lib/systemd/system', unit), join(system, unit), { dereference: true });
    const paths = readdirSync(units)
      .filter((name) => name.endsWith('.service'))
      .map((name) => join(system, name));
    const { status, output } = run('systemd-analyze', 'verify', `--root=${root}`, '--man=no', ...paths);
    const ours = output.split('\n').filter((line) => line.includes('noonmark'));
    assert.equal(ours, [], output);
    assert.is(status, 0, output);
  });

  test("the service's exposure is at most 2.3, by Debian 12's measure", () => {
    const { status, output } = run(
      ...(['systemd-analyze', 'security', '--offline=yes', '--no-pager', '--threshold=23', service] as const),
    );
    assert.match(output, /Overall exposure level for noonmarkd.service: (2\.[0-3]|1\.\d|0\.\d) /, output);
    assert.is(status, 0, output);
  });

  test('every line that stays open is explained in docs/service.md', () => {
    const rows: unknown = JSON.parse(
      execFileSync('systemd-analyze', ['security', '--offline=yes', '--json=short', service], {
        encoding: 'utf8',
      }),
    );
    assert.ok(Array.isArray(rows) && rows.length > 50);
    const text = readFileSync(join(projectRoot, 'docs', 'service.md'), 'utf8').replaceAll('\\|', '|');
    const missing = (rows as readonly { readonly name: string; readonly exposure: string | null }[])
      .filter(({ exposure }) => exposure !== null && Number(exposure) > 0)
      .map(({ name }) => name)
      .filter((name) => !text.includes(`\`${name}\``));
    assert.equal(missing, []);
  });

  test('the system calls that noonmarkd makes are let through, all but those it does without', () => {
    // strace -f of a daemon with the crypto thread (Node 20.20): every call with a number of its own.
    const used =
      'futex statx read epoll_pwait close openat write mprotect madvise mmap munmap brk rt_sigprocmask getpid ' +
      'rt_sigaction poll recvmsg fcntl rseq newfstatat pread64 set_robust_list getuid getgid geteuid getegid capget ' +
      'exit epoll_ctl clone3 sendto readlink prlimit64 fstat socket setsockopt ioctl bind uname pipe2 gettid ' +
      'getsockname eventfd2 lseek epoll_create1 fsync getrandom unlink sched_yield sched_getaffinity restart_syscall ' +
      'mkdir getcwd sysinfo socketpair set_tid_address sendmmsg rt_sigreturn rename recvmmsg recvfrom listen ' +
      'exit_group execve clock_adjtime fchmodat access accept4 connect ftruncate getdents64 unlinkat renameat mkdirat ppoll ' +
      'clock_gettime clock_nanosleep sigaltstack shmget shmat shmdt shmctl getsockopt shutdown flock getpeername';
    const allowed = allowedCalls();
    assert.equal(
      used.split(' ').filter((name) => !allowed.has(name)),
      [],
    );
    // Without the first, V8 has no memory keys; without the second, the crypto thread is as urgent as the others.
    for (const name of ['pkey_alloc', 'setpriority', 'settimeofday', 'ptrace', 'mount', 'bpf'])
      assert.not.ok(allowed.has(name), name);
  });

  test('sysusers makes the user and joins it to the groups of its devices', () => {
    const root = installedRoot();
    mkdirSync(join(root, 'etc'), { recursive: true });
    const { status, output } = run('systemd-sysusers', `--root=${root}`, 'noonmark.conf');
    assert.is(status, 0, output);
    assert.match(
      readFileSync(join(root, 'etc/passwd'), 'utf8'),
      /^noonmark:.*:noonmark time server:\/var\/lib\/noonmark:\S*nologin$/m,
    );
    for (const group of ['dialout', 'gpio', 'i2c'])
      assert.match(readFileSync(join(root, 'etc/group'), 'utf8'), new RegExp(`^${group}:.*:noonmark$`, 'm'));
  });

  if (has('folders with their rights', 'root')) {
    test('tmpfiles makes the folders, and that of the keys is for the service alone', () => {
      const root = installedRoot();
      mkdirSync(join(root, 'etc'), { recursive: true });
      run('systemd-sysusers', `--root=${root}`, 'noonmark.conf');
      const { status, output } = run('systemd-tmpfiles', '--create', `--root=${root}`, 'noonmark.conf');
      assert.is(status, 0, output);
      const passwd = readFileSync(join(root, 'etc/passwd'), 'utf8');
      const uid = Number(/^noonmark:[^:]*:(\d+):/m.exec(passwd)?.[1]);
      const keys = statSync(join(root, 'etc/noonmark/keys'));
      assert.is(keys.mode & 0o777, 0o700);
      assert.is(keys.uid, uid);
      assert.is(statSync(join(root, 'var/lib/noonmark')).uid, uid);
    });
  }
}

/** What SystemCallFilter lets through: lists and names, taken away with "~". */
function allowedCalls(): ReadonlySet<string> {
  const expand = (name: string): readonly string[] => {
    if (!name.startsWith('@')) return [name];
    const text = execFileSync('systemd-analyze', ['syscall-filter', '--no-pager', name], {
      encoding: 'utf8',
    });
    return text
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap(expand);
  };
  const allowed = new Set<string>();
  for (const filter of settings('SystemCallFilter')) {
    const names = filter.replace('~', '').split(' ').flatMap(expand);
    for (const name of names) filter.startsWith('~') ? allowed.delete(name) : allowed.add(name);
  }
  return allowed;
}

test('the service has two rights, its devices by kind, and puts other daemons off the clock', () => {
  assert.equal(settings('CapabilityBoundingSet'), ['CAP_SYS_TIME CAP_NET_BIND_SERVICE']);
  assert.equal(settings('AmbientCapabilities'), settings('CapabilityBoundingSet'));
  assert.equal(settings('User'), ['noonmark']);
  assert.equal(
    settings('DeviceAllow')
      .map((rule) => rule.split(' ')[0])
      .sort(),
    [
      'char-gpiochip',
      'char-i2c',
      'char-pps',
      'char-rtc',
      'char-ttyACM',
      'char-ttyAMA',
      'char-ttyS',
      'char-ttyUSB',
    ],
  );
  // "closed" lets besides these through what is no device: null, zero, full, random, urandom.
  assert.equal(settings('DevicePolicy'), ['closed']);
  const rivals = ['systemd-timesyncd', 'chrony', 'chronyd', 'ntp', 'ntpd', 'ntpsec', 'openntpd', 'ntpd-rs'];
  for (const name of ['Conflicts', 'After'])
    assert.equal(
      rivals.filter((rival) => !settings(name).join(' ').split(' ').includes(`${rival}.service`)),
      [],
      name,
    );
});

test.run();
