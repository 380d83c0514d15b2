/**
 * A pulse that is read as a GPIO line: is the chip there that the configuration or the board names, and may the daemon
 * open it. Labels come from sysfs: asking the chip itself would need its rights.
 */
import { basename } from 'node:path';
import { ONOFF } from '../../../../drivers/pps/sysfs-gpio.js';
import type { RefclockConfig } from '../../../config/types.js';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import { moduleFindings } from './modules.js';
import { rightsFinding } from './rights.js';

export function checkGpio(on: Case, clock: RefclockConfig): readonly Finding[] {
  const { machine, board } = on;
  const line = clock.gpio ?? 0;
  const wanted = clock.gpioChip ?? board.gpioChipLabel;
  if (wanted === 'simulated') return [];
  const devices = chipDevices(on);
  const labelled = machine.list('/sys/class/gpio').filter((name) => /^gpiochip\d+$/.test(name));
  const sysfs = labelled.find((name) => machine.read(`/sys/class/gpio/${name}/label`)?.trim() === wanted);
  const isName = wanted !== undefined && /^gpiochip\d+$/.test(wanted);
  const named = isName ? machine.real(`/dev/${wanted}`) : undefined;
  const isMissing = isName
    ? named === undefined
    : wanted !== undefined && labelled.length > 0 && sysfs === undefined;
  if (devices.length === 0 || isMissing) return [missing(on, clock, devices)];
  if (wanted === undefined && devices.length > 1)
    return [
      problem(
        'gpio-chip-missing',
        `there are several GPIO chips (${devices.join(', ')}) and nothing says which has GPIO ${line}`,
        `write "refclock pps gpio ${line} chip ${basename(devices[0] ?? '')}" into ${on.configFile}`,
      ),
    ];
  const fitting = named === undefined ? devicesOf(on, sysfs, devices) : [named];
  return [...access(on, clock, fitting, wanted), ...baseNote(on, sysfs, line, wanted)];
}

/** Chips as the daemon sees them; one may have two names. */
const chipDevices = ({ machine }: Case): readonly string[] => [
  ...new Set(
    machine
      .list('/dev')
      .filter((name) => /^gpiochip\d+$/.test(name))
      .flatMap((name) => machine.real(`/dev/${name}`) ?? []),
  ),
];

/** Its character device is its parent's child in sysfs; where that is not told, it may be any. */
function devicesOf(
  { machine }: Case,
  sysfs: string | undefined,
  devices: readonly string[],
): readonly string[] {
  const children = sysfs === undefined ? [] : machine.list(`/sys/class/gpio/${sysfs}/device`);
  const own = devices.filter((path) => children.includes(basename(path)));
  return own.length > 0 ? own : devices;
}

function missing({ board }: Case, clock: RefclockConfig, devices: readonly string[]): Finding {
  if (clock.gpioChip !== undefined)
    return problem(
      'gpio-chip-missing',
      `the GPIO chip ${clock.gpioChip} is not there`,
      devices.length === 0
        ? 'update the kernel: sudo apt full-upgrade && sudo reboot'
        : `write "chip ${basename(devices[0] ?? '')}", or leave it out (there is ${devices.join(', ')})`,
    );
  return problem(
    'gpio-chip-missing',
    board.gpioChipLabel === undefined
      ? 'there is no GPIO chip'
      : `the GPIO chip of the header, ${board.gpioChipLabel}, is not there`,
    'update the kernel: sudo apt full-upgrade && sudo reboot',
  );
}

/** Sysfs has rights of its own, which udev does not give, and the service may not write there. */
function throughSysfs(on: Case, clock: RefclockConfig): readonly Finding[] {
  return [
    note(
      'gpio-sysfs',
      `GPIO ${clock.gpio} through sysfs is stamped in JavaScript, up to milliseconds late, and not within noonmarkd.service, which may not write below /sys`,
      `leave "access sysfs" out in ${on.configFile}`,
    ),
    ...moduleFindings(on, ONOFF),
  ];
}

function access(
  on: Case,
  clock: RefclockConfig,
  fitting: readonly string[],
  wanted: string | undefined,
): readonly Finding[] {
  if (clock.gpioAccess === 'sysfs') return throughSysfs(on, clock);
  const refused = fitting.flatMap((path) => rightsFinding(on, path, 'gpio') ?? []);
  if (refused.length > 0) return refused;
  const label = wanted === undefined ? '' : ` of ${wanted}`;
  return [well('gpio-ok', `the daemon may read GPIO ${clock.gpio}${label} (${fitting.join(' or ')})`)];
}

function baseNote(
  { machine }: Case,
  sysfs: string | undefined,
  line: number,
  wanted: string | undefined,
): readonly Finding[] {
  const base = sysfs === undefined ? 0 : Number(machine.read(`/sys/class/gpio/${sysfs}/base`) ?? 0);
  return base > 0
    ? [
        note(
          'gpio-base',
          `in sysfs GPIO ${line} is number ${base + line} with this kernel (its chip begins at ${base})`,
          `nothing for noonmark, which finds the chip by its label ${wanted}; other programs need ${base + line}`,
        ),
      ]
    : [];
}
