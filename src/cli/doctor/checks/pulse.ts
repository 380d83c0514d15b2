/**
 * The pulse: a kernel with PPS, a device made of the right line, and edges on it. Tells a missing overlay from a silent
 * wire. What the edges mean is the daemon's.
 */
import { basename } from 'node:path';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import { mayUse } from '../machine.js';
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
  const lines = wanted.flatMap(({ gpio }) => gpio ?? []);
  if (lines.length > 0) return gpioFindings(on);
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

async function watchEdges({ machine, status, board }: Case, path: string, name: string): Promise<Finding> {
  const folder = `/sys/class/pps/${name}`;
  const read = () => `${machine.read(`${folder}/assert`) ?? ''}${machine.read(`${folder}/clear`) ?? ''}`;
  const before = read();
  await machine.wait(WATCH_SECONDS);
  const source = (machine.read(`${folder}/name`) ?? name).trim();
  if (read() !== before) return well('pps-ok', `${path} (${source}): pulses come`);
  const fixes = status?.sources.flatMap(({ clock }) => clock?.fix ?? []) ?? [];
  const pin = board.pps === undefined ? 'the pin of the overlay' : `pin ${board.pps.headerPin} of the header`;
  if (fixes.length > 0 && fixes.every((fix) => fix === 'none'))
    return problem(
      'pps-no-edges',
      `${path} (${source}) is there but no pulse comes: most receivers give none before they have a fix, and this one has none`,
      'put the antenna where it sees the sky, and wait up to 15 minutes',
    );
  return problem(
    'pps-no-edges',
    `${path} (${source}) is there but no pulse comes`,
    `see that the receiver's PPS is wired to ${pin} and its lock light blinks; another pin is named by gpiopin= in the overlay's line`,
  );
}

function noDevice(on: Case, path: string): Finding {
  const { machine, board, firmware } = on;
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
        : `write "refclock pps gpio ${board.pps?.gpio ?? 18}" into ${on.configFile}`,
    );
  const overlay = board.pps?.overlay;
  if (overlay === undefined || firmware === undefined)
    return problem(
      'pps-no-device',
      `${path} is not there`,
      'load the driver that makes it: "modprobe pps-gpio" with a device tree that names the line, or "ldattach PPS /dev/ttyS0" for a pulse on DCD',
    );
  const configured = /^\s*dtoverlay=pps-gpio/m.test(machine.read(`${firmware}/config.txt`) ?? '');
  return configured
    ? problem(
        'pps-restart',
        `${path} is not there, but ${firmware}/config.txt has its overlay`,
        'restart the board: sudo reboot',
      )
    : problem(
        'pps-no-device',
        `${path} is not there: no overlay makes a pulse of GPIO ${board.pps?.gpio}`,
        `write "${overlay}" into ${firmware}/config.txt and restart`,
      );
}

/** A pulse read as a GPIO line. */
function gpioFindings({ machine, board }: Case): readonly Finding[] {
  const label = board.gpioChipLabel;
  if (label === undefined || label === 'simulated') return [];
  const chips = machine.list('/sys/class/gpio').filter((name) => /^gpiochip\d+$/.test(name));
  const chip = chips.find((name) => machine.read(`/sys/class/gpio/${name}/label`)?.trim() === label);
  const devices = machine.list('/dev').filter((name) => /^gpiochip\d+$/.test(name));
  if (devices.length === 0 || (chips.length > 0 && chip === undefined))
    return [
      problem(
        'gpio-chip-missing',
        `the GPIO chip of the header, ${label}, is not there`,
        'update the kernel: sudo apt full-upgrade && sudo reboot',
      ),
    ];
  const base = Number(machine.read(`/sys/class/gpio/${chip}/base`) ?? 0);
  const line = board.pps?.gpio ?? 18;
  return base > 0
    ? [
        note(
          'gpio-base',
          `in sysfs GPIO ${line} is number ${base + line} with this kernel (its chip begins at ${base})`,
          `nothing for noonmark, which finds the chip by its label ${label}; other programs need ${base + line}`,
        ),
      ]
    : [];
}
