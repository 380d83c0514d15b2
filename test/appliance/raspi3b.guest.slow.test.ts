/**
 * The card in QEMU's Raspberry Pi 3B, as it is: its own device tree and command line, root on the SD card, the header's
 * UART, the watchdog. A receiver speaks and gives no pulses (QEMU has no way to its GPIO lines). Looked at by SSH, over
 * a USB network adapter in place of the board's own. The firmware's part is QEMU's.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { testCard } from '../support/card.js';
import { confined } from '../support/peers.js';
import { connect, FAST_KERNEL, machineFolder, Qemu, socketDevice } from '../support/qemu.js';
import { assert, has, test } from '../support/suite.js';
import { isSynchronised } from './looks.js';
import { HARDWARE_ADDRESSES, Scene } from './scene.js';
import { Sky } from './sky.js';
import { Ssh } from './ssh.js';
import { pause, Steps, soon } from './steps.js';
import { TimeScale } from './time-scale.js';

const BOOT_SECONDS = 900;
/**
 * QEMU's watchdog of this board counts in its own way (2.8 s and it is over); times to wait are those of an emulated machine;
 * and of two drivers that take QEMU's network adapter one gives it no address of its own.
 */
const MORE_WORDS = [
  'systemd.watchdog_sec=0 systemd.default_device_timeout_sec=600 systemd.default_timeout_start_sec=600',
  'modprobe.blacklist=cdc_subset',
  FAST_KERNEL,
].join(' ');

/** Its four processors as one of this machine: side by side they take half as much again, and start no sooner. */
const TAKING_TURNS = ['-accel', 'tcg,thread=single', '-display', 'none'];

if (has('the card in a Raspberry Pi 3B', 'root', 'card')) {
  const card = await testCard();
  const scene = new Scene();
  execFileSync('cp', ['--sparse=always', card.image, scene.disk]);
  const folder = machineFolder();
  const { bootFiles, kernel, initrd } = card.parts;
  const words = `${readFileSync(join(bootFiles, 'cmdline.txt'), 'utf8').trim()} ${MORE_WORDS}`;
  const started = process.hrtime.bigint();
  const qemu = new Qemu(
    [
      ...confined(scene.tap, ['qemu-system-aarch64', '-M', 'raspi3b', ...TAKING_TURNS]),
      ...['-kernel', kernel, '-initrd', initrd, '-dtb', join(bootFiles, 'bcm2837-rpi-3-b.dtb')],
      ...['-append', words, '-drive', `file=${scene.disk},format=raw,if=sd`],
      ...[...socketDevice(folder, 'gps'), '-serial', 'chardev:gps'],
      ...['-netdev', `tap,id=lan,ifname=${scene.tap.device},script=no,downscript=no`],
      ...['-device', `usb-net,netdev=lan,mac=${HARDWARE_ADDRESSES[1]}`],
    ],
    folder,
  );
  const line: Socket = await Promise.race([connect(join(folder, 'gps')), qemu.gone]);
  line.on('error', () => undefined);
  await qemu.openDoor();
  let take: (bytes: Uint8Array) => void = () => undefined;
  line.on('data', (bytes: Buffer) => take(bytes));
  const scale = new TimeScale(0);
  const sky = new Sky(
    {
      qemu,
      serial: (bytes) => void line.write(bytes),
      onSerial: (next) => {
        take = next;
      },
    },
    scale,
  );
  sky.hasFix = true;
  const ssh = new Ssh(scene.lan, scene.files, card.sshKey);
  const steps = new Steps('Raspberry Pi 3B');

  steps.step('it starts from its SD card, takes an address and answers', async () => {
    await soon(
      'an answer',
      BOOT_SECONDS,
      () => scene.looks.last(),
      () => qemu.console.slice(-3000),
    );
    const answerSeconds = Number(process.hrtime.bigint() - started) / 1e9;
    assert.match(await ssh.run('findmnt -n -o SOURCE,OPTIONS /'), /^\/dev\/mmcblk0p2 ro,/);
    assert.match(await ssh.run('findmnt -n -o SOURCE /state'), /^\/dev\/mmcblk0p3$/m);
    assert.match(await ssh.run('tr -d "\\0" < /proc/device-tree/model'), /^Raspberry Pi 3 Model B/);
    return { answerSeconds };
  });

  steps.step('the hat’s overlay gives a pulse device on GPIO 18 and the receiver’s line', async () => {
    assert.match(await ssh.run('readlink /dev/pps-gps; cat /sys/class/pps/pps0/name'), /^pps0\npps\S*-1$/m);
    assert.match(await ssh.run('grep pps /proc/interrupts'), /pinctrl-bcm2835 +18 Edge +pps/);
    assert.match(await ssh.run('readlink /dev/gps0'), /^ttyAMA0$/m);
    assert.not.match(await ssh.run('cat /sys/class/tty/console/active'), /ttyAMA|ttyS/);
    return {};
  });

  steps.step('all units are up, and the daemon hears the receiver and says that no pulses come', async () => {
    await soon('all units', 900, async () =>
      /^(running|degraded)$/m.test(await ssh.run('systemctl is-system-running')) ? true : undefined,
    );
    assert.is(await ssh.run('systemctl --failed --no-legend --plain'), '');
    const status = await soon(
      'a word on pulses',
      300,
      async () => {
        const text = await ssh.run('noonmark status');
        return /no pulses/.test(text) ? text : undefined;
      },
      () => ssh.run('noonmark status; journalctl -b -o cat -u noonmarkd'),
    );
    console.log(status);
    assert.match(status, /no pulses on \/dev\/pps-gps/);
    // It may be reading its new keys.
    await soon('an active service', 120, async () =>
      /^active$/m.test(await ssh.run('systemctl is-active noonmarkd')) ? true : undefined,
    );
    // It has no clock on battery: its first time is that of the card, far beyond what a panic allows.
    const journal = () => ssh.run('journalctl -b -o short-monotonic -u noonmarkd --no-pager');
    assert.is((await ssh.run('systemctl show -P NRestarts noonmarkd')).trim(), '0', await journal());
    assert.match(await journal(), /clock-stepped: the clock was stepped by/);
    return {};
  });

  steps.step('doctor knows the board, and says what to do about the pulse', async () => {
    const text = await ssh.run('noonmark doctor', 300);
    console.log(text);
    assert.match(text, /Raspberry Pi 3 Model B/);
    assert.match(text, /MEND .*pps.*no pulse comes/i);
    assert.match(text, /\[exit 1\]$/);
    await pause(1);
    for (const look of scene.looks.all())
      assert.not.ok(look?.stratum === 1 && look.refid === 'PPS' && isSynchronised(look));
    return {};
  });

  test.after(async () => {
    await ssh.close();
    sky.close();
    line.destroy();
    await qemu.shutdown();
    await scene.close();
  });
}

test.run();
