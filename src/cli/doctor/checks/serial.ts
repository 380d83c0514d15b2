/**
 * The receiver's serial line: is it there, whose is it (console, login prompt, Bluetooth, another program), may the daemon
 * open it.
 */
import { basename } from 'node:path';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import { treeText } from '../machine.js';
import { isConfigured, knowsTree, treeRemedy, uartWish, WITHOUT_BLUETOOTH } from '../system.js';
import { rightsFinding } from './rights.js';

export function checkSerial(on: Case): readonly Finding[] {
  const { machine, config, board } = on;
  const gps = config?.refclocks.find(({ kind }) => kind === 'gps');
  if (config !== undefined && gps === undefined) return [];
  const path = gps?.device ?? board.gpsUart?.device;
  if (path === undefined) return [unnamed(on)];
  // I2C is battery.ts's.
  if (path === 'simulated' || path.startsWith('/dev/i2c-')) return [];
  const real = machine.real(path);
  const bluetooth = bluetoothFinding(on);
  if (real === undefined) return bluetooth === undefined ? [missing(on, path)] : [bluetooth];
  const tty = basename(real);
  if (tty === board.gpsUart?.debugTty) return [debugFinding(on, path, tty)];
  const onHeader = board.gpsUart !== undefined && /^tty(AMA|S)\d+$/.test(tty);
  const found = [
    consoleFinding(on, path, tty),
    gettyFinding(on, path, tty),
    onHeader ? bluetooth : undefined,
    onHeader ? miniFinding(on, path, tty) : undefined,
    heldFinding(on, path, real),
    rightsFinding(on, path, 'dialout'),
  ].filter((finding) => finding !== undefined);
  return found.some(({ level }) => level === 'problem')
    ? found
    : [...found, well('uart-ok', `${path} (${tty}) is there and free for the receiver`)];
}

const missing = (on: Case, path: string): Finding =>
  problem('uart-missing', `${path} is not there`, missingRemedy(on, path));

/** Where /dev/serial0 is the console's, the receiver's line has a name of its own. */
const debugFinding = ({ board, configFile }: Case, path: string, tty: string): Finding =>
  problem(
    'uart-debug',
    `${path} is ${tty}, the debug connector's: the header's UART has another name on this board`,
    `write "refclock gps device ${board.gpsUart?.device}" into ${configFile}`,
  );

/** On a machine of which we know no header. */
const unnamed = (on: Case): Finding =>
  problem('uart-missing', "nothing says which the receiver's serial line is", missingRemedy(on, ''));

/** `path`: empty where none is named. */
function missingRemedy(on: Case, path: string): string {
  const { board, machine, configFile, system } = on;
  // What our udev rule calls the header's UART, and a u-blox on USB.
  if (path !== '/dev/gps0' && machine.exists('/dev/gps0'))
    return `write "refclock gps device /dev/gps0" into ${configFile}`;
  const onHeader = board.gpsUart !== undefined && !/^\/dev\/tty(ACM|USB)/.test(path) && knowsTree(on);
  if (onHeader && system.kind === 'raspberry-pi-os') {
    const wish = uartWish(board);
    const isWritten = wish.lines.every((line) => isConfigured(on, line));
    return isWritten ? 'restart the board: sudo reboot' : treeRemedy(on, wish);
  }
  if (onHeader && system.kind === 'card') return treeRemedy(on, uartWish(board));
  const others = machine
    .list('/dev')
    .filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name))
    .map((name) => `/dev/${name}`);
  if (others.length > 0)
    return `write "refclock gps device ${others[0]}" into ${configFile} (there is ${others.join(', ')})`;
  return onHeader
    ? treeRemedy(on, uartWish(board))
    : 'plug the receiver in; "dmesg | grep tty" tells what the kernel calls it';
}

function consoleFinding(on: Case, path: string, tty: string): Finding | undefined {
  const { machine } = on;
  const consoles = (machine.read('/proc/cmdline') ?? '').split(/\s+/).flatMap((word) => {
    const name = /^console=([^,]+)/.exec(word)?.[1];
    return name === undefined ? [] : [{ word, tty: basename(machine.real(`/dev/${name}`) ?? name) }];
  });
  const active = (machine.read('/sys/class/tty/console/active') ?? '').trim().split(' ');
  const word = consoles.find((one) => one.tty === tty)?.word;
  if (word === undefined && !active.includes(tty)) return undefined;
  return problem(
    'uart-console',
    `the kernel's console is on ${path}: its messages go to the receiver, and the receiver's to a login`,
    consoleRemedy(on, tty, word),
  );
}

/** `word`: of the command line; undefined: the device tree says it. */
function consoleRemedy(on: Case, tty: string, word: string | undefined): string {
  const { system, board } = on;
  const written = word ?? `console=${tty}`;
  if (system.kind === 'card')
    return word === undefined
      ? treeRemedy(on, uartWish(board))
      : `take "${word}" out of cmdline.txt on the card's first partition, on another computer`;
  if (system.kind === 'raspberry-pi-os') {
    const line = board.gpsUart?.consoleLines.find((one) => isConfigured(on, one));
    if (line !== undefined) return `take "${line}" out of ${system.firmware}/config.txt and restart`;
    return word === undefined
      ? (conflictOf(board, 'console') ??
          `take "${written}" out of ${system.firmware}/cmdline.txt and restart`)
      : `take "${asWritten(on, system.firmware, word)}" out of ${system.firmware}/cmdline.txt and restart`;
  }
  if (word === undefined && board.gpsUart !== undefined && knowsTree(on))
    return treeRemedy(on, uartWish(board));
  return system.firmware === undefined
    ? `take "${written}" out of the kernel's command line and restart`
    : `write CONSOLES="tty0" into /etc/default/raspi-firmware, take "${written}" out of ${system.firmware}/cmdline.txt and restart`;
}

/** For "serial0" in that file the firmware tells the kernel the tty. */
function asWritten({ machine }: Case, firmware: string, word: string): string {
  const words = (machine.read(`${firmware}/cmdline.txt`) ?? '').split(/\s+/);
  return words.includes(word) ? word : (words.find((one) => /^console=serial0\b/.test(one)) ?? word);
}

const conflictOf = ({ gpsUart }: Case['board'], rival: 'console' | 'bluetooth'): string | undefined =>
  gpsUart?.conflicts.find((conflict) => conflict.with === rival)?.remedy;

function gettyFinding({ machine }: Case, path: string, tty: string): Finding | undefined {
  const slice = '/sys/fs/cgroup/system.slice/system-serial\\x2dgetty.slice';
  const events = machine.read(`${slice}/serial-getty@${tty}.service/cgroup.events`) ?? '';
  if (!/^populated 1$/m.test(events)) return undefined;
  return problem(
    'uart-getty',
    `a login prompt runs on ${path}`,
    `sudo systemctl mask --now serial-getty@${tty}.service`,
  );
}

/** The header's UART by the tree is one that Bluetooth's chip hangs on. */
function bluetoothFinding(on: Case): Finding | undefined {
  const node = treeText(on.machine, 'aliases/gps0') ?? treeText(on.machine, 'aliases/serial0');
  const base = '/sys/firmware/devicetree/base';
  if (on.board.gpsUart === undefined || node === undefined) return undefined;
  if (!on.machine.exists(`${base}${node}/bluetooth`)) return undefined;
  if (treeText(on.machine, `${node}/bluetooth/status`) === 'disabled') return undefined;
  // On Raspberry Pi OS serial0 is the header's: then this cannot be. Debian's trees leave the UART to Bluetooth.
  return problem('uart-bluetooth', 'Bluetooth has the UART that the receiver needs', disableBluetooth(on));
}

function miniFinding(on: Case, path: string, tty: string): Finding | undefined {
  const { machine } = on;
  const hasOther =
    machine.exists('/dev/serial1') && basename(machine.real('/dev/serial1') ?? '') === 'ttyAMA0';
  if (!/^ttyS\d+$/.test(tty) || !hasOther) return undefined;
  return note(
    'uart-mini',
    `${path} is the mini UART, since Bluetooth has the better one: it works, but bytes are lost when the clock of the core changes`,
    disableBluetooth(on),
  );
}

const disableBluetooth = (on: Case): string =>
  (on.system.kind === 'raspberry-pi-os' ? conflictOf(on.board, 'bluetooth') : undefined) ??
  treeRemedy(on, WITHOUT_BLUETOOTH);

/** Root sees the open files of all; others only their own. */
function heldFinding({ machine }: Case, path: string, real: string): Finding | undefined {
  for (const pid of machine.list('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`;
    if (!machine.list(folder).some((fd) => machine.real(`${folder}/${fd}`) === real)) continue;
    const name = (machine.read(`/proc/${pid}/comm`) ?? `process ${pid}`).trim();
    if (name === 'noonmarkd' || /noonmark/.test(machine.read(`/proc/${pid}/cmdline`) ?? '')) continue;
    return problem(
      'uart-held',
      `${name} (process ${pid}) has ${path} open: each of two readers gets half of the bytes`,
      name === 'gpsd'
        ? 'sudo systemctl disable --now gpsd.socket gpsd.service'
        : `stop ${name}: sudo kill ${pid}`,
    );
  }
  return undefined;
}
