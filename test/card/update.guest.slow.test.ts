/**
 * The card's service under systemd: a daemon that stands still is ended by the watchdog and a new one serves; `noonmark
 * update` puts a package that does not serve back, and keeps one that does; a kernel that stands still is ended by the
 * board's watchdog, here QEMU's Intel 6300ESB.
 */

import { isSynchronised } from '../appliance/looks.js';
import { copyCard } from '../appliance/machine.js';
import { configurationFor, Scene } from '../appliance/scene.js';
import { Sky } from '../appliance/sky.js';
import { Steps, soon } from '../appliance/steps.js';
import { TimeScale } from '../appliance/time-scale.js';
import { testCard } from '../support/card.js';
import { within } from '../support/jobs.js';
import { assert, has, test } from '../support/suite.js';
import { BAD, GOOD, installedNow, update, updateDisk } from './update.js';

/** Of one thing on a slow machine, s. */
const SECONDS = 500;
/** systemd/hardware-watchdog.conf */
const WATCHDOG_SECONDS = 14;
/** So late QEMU may be on a busy machine, s. */
const LATE_SECONDS = 30;
const WATCHDOG = ['-device', 'i6300esb', '-action', 'watchdog=reset'];

if (has('updates of the card', 'root', 'card')) {
  const card = await testCard();
  const scene = new Scene();
  copyCard(card, scene.disk, configurationFor(card, scene.lan));
  const options = [...updateDisk(scene.folder), ...WATCHDOG];
  const power = () => {
    const machine = scene.power(card, { options });
    const sky = new Sky(machine, new TimeScale(0));
    sky.hasFix = true;
    sky.startPulses();
    return { machine, sky };
  };
  let { machine, sky } = power();
  const steps = new Steps('update');
  let before = '';
  const journal = () => machine.ask('journalctl -b -o short-monotonic -u noonmarkd -n 40 --no-pager');
  const locked = async () => {
    const from = scene.looks.all().length;
    const isLocked = () => scene.looks.all().slice(from).some(isSynchronised) || undefined;
    await soon('stratum 1', SECONDS, isLocked, journal);
  };

  steps.step('the card starts, and has its keys', async () => {
    await machine.boot();
    await locked();
    const keys = 'systemctl is-active noonmark-keys';
    await machine.until('keys', keys, (text) => text === 'active', SECONDS);
    before = (await installedNow(machine)).installed;
    assert.match(before, /^\d/);
    return {};
  });

  steps.step(
    'systemd feeds the board’s watchdog, which waits as long as the card’s setting says',
    async () => {
      const said = await machine.ask('journalctl -b -o cat --no-pager _PID=1 | grep -i watchdog');
      assert.match(said, /Using hardware watchdog 'i6300ESB timer', .* device \/dev\/watchdog0/);
      assert.match(said, `Watchdog running with a hardware timeout of ${WATCHDOG_SECONDS}s`);
      const [state, seconds] = (
        await machine.ask('cd /sys/class/watchdog/watchdog0 && cat state timeout')
      ).split('\n');
      assert.is(state, 'active');
      assert.is(Number(seconds), WATCHDOG_SECONDS);
      return {};
    },
  );

  steps.step('a daemon that stands still is ended by systemd’s watchdog, and a new one serves', async () => {
    const pid = await machine.ask('systemctl show -P MainPID noonmarkd');
    await machine.ask(`kill -STOP ${pid}`);
    const started = machine.seconds;
    const restarts = 'systemctl show -P NRestarts noonmarkd';
    await machine.until('a new daemon', restarts, (text) => text === '1', SECONDS);
    const endedSeconds = machine.seconds - started;
    assert.match(await machine.ask('journalctl -b -o cat -u noonmarkd'), /Watchdog timeout \(limit 20s\)/);
    await locked();
    return { endedSeconds };
  });

  steps.step('what does not serve is put back', async () => {
    const { exitCode, said } = await update(machine, BAD);
    assert.is(exitCode, 69, said);
    assert.match(said, `noonmark ${BAD} is not taken: it does not start`);
    assert.match(said, `${before} serves again`);
    assert.equal(await installedNow(machine), { installed: before, isReadOnly: true, isOver: true });
    return {};
  });

  steps.step('what serves stays', async () => {
    const { exitCode, said } = await update(machine, GOOD);
    assert.is(exitCode, 0, said);
    assert.match(said, `noonmark ${GOOD} serves`);
    assert.equal(await installedNow(machine), { installed: GOOD, isReadOnly: true, isOver: true });
    await locked();
    return {};
  });

  steps.step(
    'a kernel that stands still is started anew by the board’s watchdog, and the card serves',
    async () => {
      const { qemu } = machine;
      sky.close();
      // With the card's own setting a panic starts it anew before that.
      machine.run('echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger').catch(() => undefined);
      const panic = () =>
        /end Kernel panic - not syncing: sysrq triggered crash/.test(qemu.console) || undefined;
      await soon('a panic', SECONDS, panic, () => qemu.console);
      const from = machine.seconds;
      const end = await within(SECONDS, () => `it still stands:\n${qemu.console.slice(-2000)}`, qemu.ended);
      const resetSeconds = machine.seconds - from;
      // -no-reboot: a reset is QEMU's end.
      assert.is(end, 'exit code 0, signal null');
      assert.ok(qemu.events.includes('WATCHDOG'), qemu.events.join(' '));
      assert.ok(resetSeconds < WATCHDOG_SECONDS + LATE_SECONDS, `${resetSeconds} s`);
      await machine.powerCut();
      ({ machine, sky } = power());
      await machine.boot(SECONDS);
      await locked();
      assert.equal(await installedNow(machine), { installed: GOOD, isReadOnly: true, isOver: true });
      return { resetSeconds };
    },
  );

  test.after(async () => {
    sky.close();
    await scene.close();
  });
}

test.run();
