/** The clock on battery, I2C, and the board's own watchdog. */
import { CLOCKS, type ClockId } from '../../../../boards/clocks.js';
import { genericBoard } from '../../../../boards/generic.js';
import { I2C_BUS } from '../../../../drivers/i2c/bus.js';
import type { BusRtc } from '../../../config/types.js';
import { type Case, type Finding, note, problem } from '../finding.js';
import { sharedFile } from '../machine.js';
import { DS3231, I2C, knowsTree, treeRemedy } from '../system.js';
import { moduleFindings } from './modules.js';
import { rightsFinding } from './rights.js';

export function checkBattery(on: Case): readonly Finding[] {
  return [...checkRtc(on), ...checkBuses(on), ...checkWatchdog(on)];
}

function checkRtc(on: Case): readonly Finding[] {
  const { machine, config } = on;
  const rtc = config?.rtc ?? { kind: 'none' };
  if (rtc.kind === 'none') return [];
  if (rtc.kind === 'i2c') return checkBusRtc(on, rtc);
  const all = machine.list('/sys/class/rtc').filter((name) => /^rtc\d+$/.test(name));
  const ids = rtc.kind === 'kernel' ? all.filter((name) => name === rtc.id) : all;
  if (rtc.kind === 'kernel' && ids.length === 0)
    return [problem('rtc-missing', `there is no /dev/${rtc.id}`, rtcRemedy(on))];
  if (ids.length === 0) return checkMadeFor(on);
  if (ids.some((id) => machine.read(`/sys/class/rtc/${id}/since_epoch`) !== undefined)) return [];
  const name = (machine.read(`/sys/class/rtc/${ids[0]}/name`) ?? '').trim();
  return [
    note(
      'rtc-lost',
      `the clock on battery ${ids[0]}${name === '' ? '' : ` (${name})`} has lost its time`,
      'change its battery if this comes again; noonmarkd sets it once it knows the time',
    ),
  ];
}

/** The clock on battery that this machine has for certain: a card is made for it. */
function madeFor({ system }: Case) {
  if (system.kind !== 'card' || system.rtc === undefined) return undefined;
  const clock = CLOCKS[system.rtc];
  const isHats = system.hat?.rtc === system.rtc;
  return { id: system.rtc, ...clock, isHats, owner: isHats ? `the ${system.hat?.name}` : 'this card' };
}

/** The kernel has none. */
function checkMadeFor(on: Case): readonly Finding[] {
  const clock = madeFor(on);
  if (clock === undefined) return [];
  const text = `${clock.owner} has a clock on battery (${clock.name}), and none is there`;
  return [problem('rtc-missing', text, clock.hasKernelDriver ? WIRES : ourLine(on, clock.id))];
}

const WIRES = 'with the power off look at its wires: SDA on pin 3, SCL on pin 5, 3.3 V and ground';
const ourLine = (on: Case, id: ClockId) =>
  `write "rtc i2c-${on.board.i2cBus ?? 1} ${id}" into ${on.configFile}`;

/** The bus itself, and the right to it, are checkBuses's. */
function checkBusRtc(on: Case, { bus, chip }: BusRtc): readonly Finding[] {
  const { name, address } = CLOCKS[chip];
  const place = `0x${address.toString(16)} on i2c-${bus}`;
  const answer = on.machine.probe(bus, address);
  if (answer === 'taken')
    return [
      problem(
        'rtc-missing',
        `a driver of the kernel has the ${name} at ${place}, so that noonmarkd cannot read it`,
        `write "rtc auto" into ${on.configFile}`,
      ),
    ];
  if (answer !== 'silent') return [];
  const clock = madeFor(on);
  if (clock?.id !== chip || !clock.isHats)
    return [problem('rtc-missing', `no ${name} answers at ${place}`, WIRES)];
  const text = `${clock.owner} has a clock on battery (${name}), and none answers at ${place}`;
  return [problem('rtc-missing', text, 'with the power off press the hat onto all 40 pins')];
}

function rtcRemedy(on: Case): string {
  const clock = madeFor(on);
  if (clock?.hasKernelDriver === false) return ourLine(on, clock.id);
  const whichever = 'write "rtc auto" to use whichever there is';
  if (clock !== undefined || on.board.i2cBus === undefined || !knowsTree(on)) return whichever;
  return on.system.kind === 'card' ? `${whichever}, or ${treeRemedy(on, DS3231)}` : treeRemedy(on, DS3231);
}

/** Buses that the configuration names: of a receiver or of a clock on battery without a kernel driver. */
function checkBuses(on: Case): readonly Finding[] {
  const { machine, config } = on;
  const named = [
    ...(config?.rtc.kind === 'i2c' ? [`/dev/i2c-${config.rtc.bus}`] : []),
    ...(config?.refclocks ?? []).flatMap(({ device }) => (device?.startsWith('/dev/i2c-') ? [device] : [])),
  ];
  const buses = [...new Set(named)].flatMap((path) => {
    if (machine.exists(path)) return rightsFinding(on, path, 'i2c') ?? [];
    const isHeader = path === `/dev/i2c-${on.board.i2cBus}`;
    const remedy = isHeader && knowsTree(on) ? treeRemedy(on, I2C) : 'sudo modprobe i2c-dev';
    return [problem('i2c-missing', `${path} is not there`, remedy)];
  });
  return named.length === 0 ? [] : [...buses, ...moduleFindings(on, I2C_BUS)];
}

/** On boards that we know: what a laptop does with its watchdog is its owner's business. */
function checkWatchdog({ machine, board }: Case): readonly Finding[] {
  if (board.id === genericBoard.id) return [];
  if (machine.read('/sys/class/watchdog/watchdog0/state')?.trim() !== 'inactive') return [];
  return [
    note(
      'watchdog-off',
      "nobody feeds the board's watchdog: a kernel that stands still stays so",
      `sudo install -D -m 644 ${sharedFile(machine, 'hardware-watchdog.conf')} /etc/systemd/system.conf.d/noonmark-watchdog.conf, then restart`,
    ),
  ];
}
