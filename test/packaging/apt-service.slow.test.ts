/**
 * The package under a systemd that runs: what apt starts, restarts and stops. In a container whose clock is this machine's
 * and may only be read there (test/support/container.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { until } from '../support/daemon-process.js';
import { nextVersion, ownPackage } from '../support/deb.js';
import { type Debian, testsInDebian } from '../support/debian.js';
import { assert, has, test } from '../support/suite.js';

const CONFIGURATION = '/etc/noonmark/ntp.conf';
const FAILED = 'systemctl --failed --plain --no-legend';

/** What systemd says of a unit. */
async function show({ container }: Debian, unit: string) {
  const text = await container.run(
    `systemctl show ${unit} -p ActiveState -p SubState -p MainPID -p NRestarts -p StatusText -p UnitFileState -p InvocationID \
       -p ExecMainStartTimestampMonotonic -p InactiveEnterTimestampMonotonic`,
  );
  const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    /** "active running"; of a service of Type=notify it means that READY=1 has come */
    state: `${of('ActiveState')} ${of('SubState')}`,
    file: of('UnitFileState'),
    process: Number(of('MainPID')),
    restarts: Number(of('NRestarts')),
    status: of('StatusText'),
    /** another each time that it is started */
    invocation: of('InvocationID'),
    /** of its last main process, and when it was last over, after ExecStop; µs since the machine's start, 0: never */
    startedUs: Number(of('ExecMainStartTimestampMonotonic')),
    overUs: Number(of('InactiveEnterTimestampMonotonic')),
  };
}

const journal = ({ container }: Debian) => container.run('journalctl --no-pager --output=cat -u noonmarkd');

/** The configuration as it is, but that the clock is left alone: here the kernel would refuse to set it. */
function leaveClockAlone({ container }: Debian): void {
  const path = container.at(CONFIGURATION);
  const text = readFileSync(path, 'utf8');
  assert.match(text, /^clock system$/m);
  writeFileSync(path, text.replace(/^clock system$/m, 'clock none'));
}

const SNAPSHOT = 'noonmark-snapshot.service';

/**
 * Beside other tests, who works at leisure is never done. None rather than "other": tests that run at a low priority could
 * not raise it there.
 */
const hurrySnapshot = ({ container }: Debian) =>
  container.run(
    `mkdir -p /etc/systemd/system/${SNAPSHOT}.d &&
     printf '[Service]\\nCPUSchedulingPolicy=\\n' > /etc/systemd/system/${SNAPSHOT}.d/hurry.conf`,
  );

/** Waits for a snapshot that is another than that of the invocation `old`; answers its own. */
async function snapshot(debian: Debian, old = ''): Promise<string> {
  let invocation = '';
  await until('a startup snapshot', 300, async () => {
    const { state, ...unit } = await show(debian, SNAPSHOT);
    invocation = unit.invocation;
    return state === 'active exited' && invocation !== old;
  });
  return invocation;
}

/** A time daemon that takes a while to leave. */
const SLOW_TO_STOP = `[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/sleep 1
`;

/** Another package that replaces it by name: with such a one dpkg removes noonmark by itself. */
const RIVAL = `Package: rival
Version: 1
Architecture: all
Maintainer: nobody <nobody@localhost>
Conflicts: noonmark
Replaces: noonmark
Description: a time server
`;

if (has('the package under systemd', 'root', 'trixie', 'compilers')) {
  const deb = ownPackage();

  const inDebian = testsInDebian('booted');

  inDebian(
    'the service is started, lives through an upgrade, ends with a removal, and comes back',
    async (debian) => {
      const { container } = debian;
      assert.is((await container.run('systemctl is-system-running')).trim(), 'running');
      await hurrySnapshot(debian);
      await debian.install(deb);
      const first = await show(debian, 'noonmarkd');
      // Of this container's clock, which is the machine's; apt has done its work all the same.
      assert.is(first.state, 'failed failed', 'postinst started it');
      assert.is(first.restarts, 0, 'what does not mend itself is not tried again');
      assert.match(await journal(debian), /the system clock may not be set: clock_adjtime: EPERM/);
      assert.is(first.file, 'enabled');
      assert.is(await debian.rights('/var/log/noonmark'), '750 noonmark noonmark', 'as systemd leaves it');

      leaveClockAlone(debian);
      await container.run('systemctl restart noonmarkd');
      const mine = await show(debian, 'noonmarkd');
      assert.is(mine.state, 'active running');
      assert.match(mine.status, /not synchronised/);
      assert.match(await container.run('noonmark status'), /not synchronised/);
      assert.not.match((await container.try('noonmark doctor --json')).stdout, /daemon-not-running/);

      const old = await snapshot(debian);
      await debian.install(nextVersion(deb));
      const upgraded = await show(debian, 'noonmarkd');
      assert.is(upgraded.state, 'active running');
      assert.not.equal(upgraded.process, mine.process, 'the new version runs');
      assert.match(await container.run(`grep ^clock ${CONFIGURATION}`), /^clock none$/m);
      await snapshot(debian, old);
      await container.run('systemctl restart noonmarkd');
      const { process } = await show(debian, 'noonmarkd');
      assert.match(await container.run(`tr '\\0' ' ' < /proc/${process}/cmdline`), /--snapshot-blob/);
      assert.is((await show(debian, 'noonmarkd')).restarts, 0);

      await debian.apt('remove', 'noonmark');
      assert.match((await show(debian, 'noonmarkd')).state, /^inactive/);
      assert.is(await container.run('find /proc -maxdepth 1 -user noonmark'), '', 'nothing of it runs');
      assert.is(await container.run(FAILED), '');

      await debian.install(deb);
      const again = await show(debian, 'noonmarkd');
      assert.is(`${again.file}, ${again.state}`, 'enabled, active running', 'installing it starts it');
    },
  );

  inDebian(
    'started, it has stopped each other time daemon before, and each of them stops it',
    async (debian) => {
      const { container } = debian;
      await debian.install(deb);
      leaveClockAlone(debian);
      const [conflicts = ''] = /^Conflicts=.*$/m.exec(
        readFileSync(container.at('/usr/lib/systemd/system/noonmarkd.service'), 'utf8'),
      ) ?? [''];
      const rivals = conflicts.replace('Conflicts=', '').split(' ');
      assert.is(rivals.length, 8);
      for (const rival of rivals) writeFileSync(container.at(`/etc/systemd/system/${rival}`), SLOW_TO_STOP);
      await container.run('systemctl daemon-reload');
      const states = (...units: readonly string[]) =>
        Promise.all(units.map(async (unit) => (await show(debian, unit)).state));
      /** States of afterwards would not tell: while noonmarkd gets ready, who should have stopped before does so too. */
      const began = async (unit: string, ...others: readonly string[]) => {
        const { startedUs } = await show(debian, unit);
        for (const other of others) {
          const { overUs } = await show(debian, other);
          assert.ok(
            overUs > 0 && startedUs >= overUs,
            `${unit} began at ${startedUs}, ${other} was over at ${overUs}`,
          );
        }
      };

      for (const rival of rivals) {
        await container.run('systemctl restart noonmarkd');
        await container.run(`systemctl start ${rival}`);
        assert.equal(await states(rival, 'noonmarkd'), ['active running', 'inactive dead'], rival);
        await began(rival, 'noonmarkd');
      }
      await container.run(`systemctl start ${rivals.join(' ')}`);
      assert.equal(
        await states(...rivals),
        rivals.map(() => 'active running'),
        'they do not stop each other',
      );
      await container.run('systemctl start noonmarkd');
      assert.equal(await states('noonmarkd', ...rivals), [
        'active running',
        ...rivals.map(() => 'inactive dead'),
      ]);
      await began('noonmarkd', ...rivals);
    },
  );

  inDebian("a service that an administrator's policy forbids to start is not started", async (debian) => {
    const { container } = debian;
    writeFileSync(container.at('/usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    await debian.install(deb);
    const { file, state } = await show(debian, 'noonmarkd');
    assert.is(`${file}, ${state}`, 'enabled, inactive dead');
  });

  inDebian('a removal right after the installation leaves nothing that has failed', async (debian) => {
    await debian.install(deb);
    assert.match(await debian.container.run(FAILED), /noonmarkd/, 'its clock may not be set here');
    await debian.apt('remove', 'noonmark');
    assert.is(await debian.container.run(FAILED), '');
  });

  inDebian('a package that was to replace it and could not leaves the service at work', async (debian) => {
    const { container } = debian;
    await debian.install(deb);
    leaveClockAlone(debian);
    await container.run('systemctl restart noonmarkd');
    await container.run('mkdir -p /srv/rival/DEBIAN');
    writeFileSync(container.at('/srv/rival/DEBIAN/control'), RIVAL);
    writeFileSync(container.at('/srv/rival/DEBIAN/preinst'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    // prerm has run when that fails.
    const { output } = await container.try('dpkg-deb --build /srv/rival && dpkg --install /srv/rival.deb');
    assert.match(output, /will remove noonmark in favour of rival[\s\S]*exit status 1/, output);
    assert.is(await debian.state('noonmark'), 'installed');
    const { file, state } = await show(debian, 'noonmarkd');
    assert.is(`${file}, ${state}`, 'enabled, active running');
  });
}

test.run();
