/**
 * What Debian 13's udev makes of our rules: names of the receiver and its pulse, and who may open each kind of device. The
 * devices are folders in place of /sys. Which UART is the header's is a program's to say, which udev does not run when it is
 * only asked (gps-uart.test.ts).
 */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { temporaryFolder } from '../support/daemon-process.js';
import { testsInDebian } from '../support/debian.js';
import { assert, has, projectRoot, test } from '../support/suite.js';

const RULES = '/usr/lib/udev/rules.d/60-noonmark.rules';
/** udev refuses folders that are no sysfs, but for its own tests. */
const ENVIRONMENT = 'SYSTEMD_DEVICE_VERIFY_SYSFS=0';

/** A /sys that has what a test puts there. */
class Sys {
  readonly root = temporaryFolder();

  write(path: string, text: string): this {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), text);
    return this;
  }

  link(path: string, to: string): this {
    mkdirSync(join(this.root, to), { recursive: true });
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    symlinkSync(relative(join(path, '..'), to), join(this.root, path));
    return this;
  }

  /** A device of a class with a node of its name. */
  node(path: string, kind: string): this {
    const name = path.split('/').at(-1) ?? '';
    return this.write(`${path}/uevent`, `MAJOR=240\nMINOR=0\nDEVNAME=${name}\n`)
      .write(`${path}/dev`, '240:0\n')
      .link(`${path}/subsystem`, `class/${kind}`)
      .link(`class/${kind}/${name}`, path);
  }

  /** A receiver or something else on USB that is a modem to the kernel. */
  usb(tty: string, vendor: string): this {
    const stick = `devices/usb1/1-${tty}`;
    return this.write(`${stick}/idVendor`, `${vendor}\n`)
      .write(`${stick}/uevent`, 'DEVTYPE=usb_device\n')
      .link(`${stick}/subsystem`, 'bus/usb')
      .node(`${stick}/tty/${tty}`, 'tty')
      .link(`${stick}/tty/${tty}/device`, stick);
  }

  uart(tty: string): this {
    return this.node(`devices/platform/serial/tty/${tty}`, 'tty');
  }

  pulse(name: string, driver: string): this {
    return this.node(`devices/virtual/pps/${name}`, 'pps').write(
      `devices/virtual/pps/${name}/name`,
      `${driver}\n`,
    );
  }
}

/** A UART, two things on USB, and one of each kind of device besides. */
const board = (): Sys =>
  new Sys()
    .uart('ttyAMA0')
    .usb('ttyACM0', '1546')
    .usb('ttyACM1', '2341')
    .pulse('pps0', 'pps@12.-1')
    .pulse('pps1', 'ktimer')
    .node('devices/virtual/gpio/gpiochip0', 'gpio')
    .node('devices/virtual/i2c-dev/i2c-1', 'i2c-dev')
    .node('devices/virtual/rtc/rtc0', 'rtc');

if (has('the rules as udev reads them', 'root', 'trixie'))
  testsInDebian('unpacked')(
    'udev finds no mistake, gives each device to its group, and a u-blox on USB the name before the UART',
    async ({ container }) => {
      const put = (name: string, to: string) => cpSync(join(projectRoot, 'systemd', name), container.at(to));
      put('60-noonmark.rules', RULES);
      put('noonmark.sysusers.conf', '/usr/lib/sysusers.d/noonmark.conf');
      cpSync(board().root, container.at('/srv/sys'), { recursive: true, verbatimSymlinks: true });
      await container.run('systemd-sysusers noonmark.conf');
      assert.match(await container.run(`udevadm verify ${RULES}`), /Success: 1\n\s*Fail: +0/);

      const tell = async (kind: string, name: string) => {
        const inside = `mount --bind /srv/sys /sys && ${ENVIRONMENT} udevadm test /sys/class/${kind}/${name}`;
        const { output } = await container.try(`unshare --mount sh -c '${inside}'`);
        const of = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '';
        return {
          asked: of(/ Running PROGRAM="(.*)"$/m),
          group: of(/^Device node group:\n +(\S+)/m),
          mode: of(/^Device node permission:\n +(\d+)/m),
          names: of(/^ +DEVLINKS=(.*)$/m).split(' '),
          priority: Number(of(/^Device node symlinks: \(priority=(-?\d+)\)/m)),
        };
      };
      const groups = [
        ...['tty ttyACM0 dialout', 'tty ttyAMA0 dialout', 'pps pps0 noonmark', 'pps pps1 noonmark'],
        ...['gpio gpiochip0 gpio', 'i2c-dev i2c-1 i2c', 'rtc rtc0 noonmark'],
      ];
      for (const line of groups) {
        const [kind = '', name = '', wanted] = line.split(' ');
        const { group, mode } = await tell(kind, name);
        assert.is(`${group} ${mode}`, `${wanted} 0660`, name);
      }

      const usb = await tell('tty', 'ttyACM0');
      const uart = await tell('tty', 'ttyAMA0');
      for (const { names } of [usb, uart]) assert.ok(names.includes('/dev/gps0'));
      assert.ok(usb.priority > uart.priority, `${usb.priority} and ${uart.priority}`);
      assert.is(`${usb.asked}, ${uart.asked}`, ', /usr/lib/noonmark/gps-uart ttyAMA0');
      assert.not((await tell('tty', 'ttyACM1')).names.includes('/dev/gps0'), "another maker's");

      assert.ok((await tell('pps', 'pps0')).names.includes('/dev/pps-gps'));
      assert.not((await tell('pps', 'pps1')).names.includes('/dev/pps-gps'), "the kernel's test timer");
    },
  );

test.run();
