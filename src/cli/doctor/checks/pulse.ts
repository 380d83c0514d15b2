/**
 * The pulse: a kernel with PPS, a device made of the right line, and edges on it. Tells a missing overlay from a silent
 * wire. What the edges mean is the daemon's.
 */
import { basename } from 'node:path';
import { type Case, type Finding, problem, well } from '../finding.js';
import { mayUse } from '../machine.js';
import { knowsTree, otherLines, pulseLine, pulseWish, treeLine, treeRemedy } from '../system.js';
import { checkGpio } from './gpio.js';
import { rightsFinding } from './rights.js';

/** Two seconds hold a whole one, however they fall. */
const WATCH_SECONDS = 2.2;

export async function checkPulse(on: Case): Promise<readonly Finding[]> {
  const { config, machine } = on;
  const clocks = config?.refclocks.filter(({ kind }) => kind === 'pps' || kind === 'gps') ?? [];
  if (config !== undefined && clocks.length === 0) return [];
  const wanted = clocks.filter(({ kind }) => kind === 'pps');
  if (config !== undefined && wanted.length === 0 && clocks.every((clock) => clock.pulseDevice === undefined))
    return [];
  const line = wanted.find(({ gpio }) => gpio !== undefined);
  if (line !== undefined) return checkGpio(on, line);
  const named = wanted.find(({ device }) => device !== undefined)?.device ?? clocks[0]?.pulseDevice;
  if (named === 'simulated') return [];
  const path = named ?? '/dev/pps0';
  const real = machine.real(path);
  if (real === undefined || !machine.list('/sys/class/pps').includes(basename(real)))
    return [noDevice(on, path)];
  const refused = rightsFinding(on, path, 'noonmark');
  const edges = await watchEdges(on, path, basename(real));
  return mayUse(machine, path, on.user) === false && refused !== undefined ? [refused, edges] : [edges];
}

async function watchEdges(on: Case, path: string, name: string): Promise<Finding> {
  const { machine, status, system } = on;
  const folder = `/sys/class/pps/${name}`;
  const read = () => `${machine.read(`${folder}/assert`) ?? ''}${machine.read(`${folder}/clear`) ?? ''}`;
  const before = read();
  await machine.wait(WATCH_SECONDS);
  const source = (machine.read(`${folder}/name`) ?? name).trim();
  if (read() !== before) return well('pps-ok', `${path} (${source}): pulses come`);
  const fixes = status?.sources.flatMap(({ clock }) => clock?.fix ?? []) ?? [];
  const pin = pulseLine(on)?.place ?? 'the pin of the overlay';
  if (fixes.length > 0 && fixes.every((fix) => fix === 'none'))
    return problem(
      'pps-no-edges',
      `${path} (${source}) is there but no pulse comes: most receivers give none before they have a fix, and this one has none`,
      'put the antenna where it sees the sky, and wait up to 15 minutes',
    );
  return problem(
    'pps-no-edges',
    `${path} (${source}) is there but no pulse comes`,
    `see that the receiver's PPS is wired to ${pin} and its lock light blinks; another pin is named by ${OTHER_PIN[system.kind]}`,
  );
}

const OTHER_PIN = {
  card: '--hat when the card is made',
  'raspberry-pi-os': "gpiopin= in the overlay's line",
  other: 'the source of the overlay',
} as const;

function noDevice(on: Case, path: string): Finding {
  const { machine, board, system } = on;
  const line = pulseLine(on);
  const release = machine.read('/proc/sys/kernel/osrelease')?.trim() ?? '';
  const modules = ['modules.builtin', 'modules.dep']
    .map((file) => machine.read(`/lib/modules/${release}/${file}`) ?? '')
    .join('\n');
  if (!machine.exists('/sys/class/pps') && !/pps[-_]core\.ko/.test(modules))
    return problem(
      'pps-no-kernel',
      `the kernel ${release} has no PPS, and without it a pulse can only be read as a GPIO line`,
      board.gpioChipLabel === undefined
        ? 'install a kernel with CONFIG_PPS (Debian: apt install linux-image-$(dpkg --print-architecture))'
        : asGpioLine(on, line?.gpio ?? 18),
    );
  if (treeLine(machine) !== undefined)
    return problem(
      'pps-no-device',
      `${path} is not there, but the device tree has a pulse on GPIO ${line?.gpio}`,
      'load its driver: sudo modprobe pps-gpio; "dmesg | grep pps" tells what is in its way',
    );
  if (line === undefined || !knowsTree(on))
    return problem(
      'pps-no-device',
      `${path} is not there`,
      'load the driver that makes it: "modprobe pps-gpio" with a device tree that names the line, or "ldattach PPS /dev/ttyS0" for a pulse on DCD',
    );
  if (
    system.kind === 'raspberry-pi-os' &&
    /^\s*dtoverlay=pps-gpio/m.test(machine.read(`${system.firmware}/config.txt`) ?? '')
  )
    return problem(
      'pps-restart',
      `${path} is not there, but ${system.firmware}/config.txt has its overlay`,
      'restart the board: sudo reboot',
    );
  return problem(
    'pps-no-device',
    `${path} is not there: no overlay makes a pulse of GPIO ${line.gpio}`,
    deviceRemedy(on, line.gpio),
  );
}

const asGpioLine = ({ configFile }: Case, gpio: number) =>
  `write "refclock pps gpio ${gpio}" into ${configFile}`;

function deviceRemedy(on: Case, gpio: number): string {
  const remedy = treeRemedy(on, pulseWish(gpio));
  if (on.system.kind === 'card') return remedy;
  if (on.system.kind === 'raspberry-pi-os') return `${remedy} (${otherLines(gpio, 'gpiopin=')})`;
  // The kernel stamps a line's edges as well, and that needs no overlay.
  return on.board.debian === undefined
    ? remedy
    : `${asGpioLine(on, gpio)} in place of the device (${otherLines(gpio, 'gpio ')})`;
}
