/** The clock on battery, I2C, and the board's own watchdog. */
import { genericBoard } from '../../../../boards/generic.js';
import { I2C_BUS } from '../../../../drivers/i2c/bus.js';
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
  if (rtc.kind === 'none' || rtc.kind === 'i2c') return [];
  const all = machine.list('/sys/class/rtc').filter((name) => /^rtc\d+$/.test(name));
  const ids = rtc.kind === 'kernel' ? all.filter((name) => name === rtc.id) : all;
  if (rtc.kind === 'kernel' && ids.length === 0)
    return [problem('rtc-missing', `there is no /dev/${rtc.id}`, rtcRemedy(on))];
  if (ids.length === 0 || ids.some((id) => machine.read(`/sys/class/rtc/${id}/since_epoch`) !== undefined))
    return [];
  const name = (machine.read(`/sys/class/rtc/${ids[0]}/name`) ?? '').trim();
  return [
    note(
      'rtc-lost',
      `the clock on battery ${ids[0]}${name === '' ? '' : ` (${name})`} has lost its time`,
      'change its battery if this comes again; noonmarkd sets it once it knows the time',
    ),
  ];
}

function rtcRemedy(on: Case): string {
  const whichever = 'write "rtc auto" to use whichever there is';
  if (on.board.i2cBus === undefined || !knowsTree(on)) return whichever;
  if (on.system.kind !== 'card') return treeRemedy(on, DS3231);
  // A hat that has a clock has no second beside it.
  return on.system.hat?.rtc === undefined ? `${whichever}, or ${treeRemedy(on, DS3231)}` : whichever;
}

/** Buses that the configuration names: of a receiver or of a DS3231 without a kernel driver. */
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
