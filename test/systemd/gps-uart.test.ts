import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, projectRoot, test } from '../support/suite.js';

const script = join(projectRoot, 'systemd', 'gps-uart');

/** A machine with those aliases and ttys; each tty's device is the node of that name, with or without a port between. */
function machine(
  model: string,
  aliases: Readonly<Record<string, string>>,
  ttys: Readonly<Record<string, string>>,
): string {
  const root = temporaryFolder();
  const tree = join(root, 'sys/firmware/devicetree/base');
  mkdirSync(join(tree, 'aliases'), { recursive: true });
  mkdirSync(join(root, 'sys/class/tty'), { recursive: true });
  writeFileSync(join(tree, 'model'), `${model}\0`);
  for (const [name, node] of Object.entries(aliases)) writeFileSync(join(tree, 'aliases', name), `${node}\0`);
  for (const [name, node] of Object.entries(ttys)) {
    const device = join(root, 'sys/devices/platform', name);
    mkdirSync(join(device, 'port'), { recursive: true });
    mkdirSync(join(tree, node), { recursive: true });
    symlinkSync(join(tree, node), join(device, 'of_node'));
    mkdirSync(join(root, 'sys/class/tty', name));
    symlinkSync(join(device, 'port'), join(root, 'sys/class/tty', name, 'device'));
  }
  return root;
}
const isGps = (root: string, tty: string) =>
  spawnSync('sh', [script, tty], { env: { ...process.env, ROOT: root } }).status === 0;

const PL011 = '/soc/serial@7e201000';
const MINI = '/soc/serial@7e215040';

test("with our overlay the header's UART is the one it names", () => {
  const root = machine(
    'Raspberry Pi 4 Model B Rev 1.4',
    { gps0: PL011, serial0: PL011, serial1: MINI },
    { ttyAMA0: PL011, ttyS1: MINI },
  );
  assert.ok(isGps(root, 'ttyAMA0'));
  assert.not.ok(isGps(root, 'ttyS1'));
});

test('on Raspberry Pi OS it is serial0, which may be the mini UART', () => {
  const root = machine(
    'Raspberry Pi 3 Model B Plus Rev 1.3',
    { serial0: MINI, serial1: PL011, uart0: PL011, uart1: MINI },
    { ttyAMA0: PL011, ttyS0: MINI },
  );
  assert.ok(isGps(root, 'ttyS0'));
  assert.not.ok(isGps(root, 'ttyAMA0'));
});

test('on a Raspberry Pi 5 it is the alias serial0 and not /dev/serial0, which is the console on the debug connector', () => {
  // Aliases as raspberrypi/linux has them in bcm2712-rpi.dtsi; /dev/serial0 comes of `console`.
  const [uart0, uart10] = ['/axi/pcie@120000/rp1/serial@30000', '/soc/serial@7d001000'];
  const root = machine(
    'Raspberry Pi 5 Model B Rev 1.0',
    { console: uart10, serial0: uart0, serial10: uart10, uart0, uart10 },
    { ttyAMA0: uart0, ttyAMA10: uart10 },
  );
  assert.ok(isGps(root, 'ttyAMA0'));
  assert.not.ok(isGps(root, 'ttyAMA10'));
});

test("with Debian's own device tree it is the mini UART, since Bluetooth has the other", () => {
  const root = machine(
    'Raspberry Pi 4 Model B Rev 1.4',
    { serial0: PL011, serial1: MINI },
    { ttyAMA0: PL011, ttyS1: MINI },
  );
  assert.ok(isGps(root, 'ttyS1'));
  assert.not.ok(isGps(root, 'ttyAMA0'));
});

test('on other machines no UART is guessed to have a GPS', () => {
  assert.not.ok(isGps(machine('Strange Board', { serial0: PL011 }, { ttyS0: PL011 }), 'ttyS0'));
  assert.not.ok(isGps(temporaryFolder(), 'ttyS0'));
});

test.run();
