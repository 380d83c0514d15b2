/**
 * The receiver's serial line: is it there, whose is it (console, login prompt, Bluetooth, another program), may the daemon
 * open it.
 */
import { basename } from 'node:path';
import { type Case, type Finding, note, problem, well } from '../finding.js';
import { treeText } from '../machine.js';
import { rightsFinding } from './rights.js';

export function checkSerial(on: Case): readonly Finding[] {
  const { machine, config, board } = on;
  const gps = config?.refclocks.find(({ kind }) => kind === 'gps');
  if (config !== undefined && gps === undefined) return [];
  const path = gps?.device ?? board.gpsUart?.device;
  // I2C is battery.ts's.
  if (path === undefined || path === 'simulated' || path.startsWith('/dev/i2c-')) return [];
  const real = machine.real(path);
  const bluetooth = bluetoothFinding(on);
  if (real === undefined) return bluetooth === undefined ? [missing(on, path)] : [bluetooth];
  const tty = basename(real);
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

function missing({ board, firmware, machine, configFile }: Case, path: string): Finding {
  const enabled = /^\s*enable_uart=1/m.test(
    firmware === undefined ? '' : (machine.read(`${firmware}/config.txt`) ?? ''),
  );
  if (board.gpsUart !== undefined && firmware !== undefined)
    return problem(
      'uart-missing',
      `${path} is not there`,
      enabled
        ? 'restart the board: sudo reboot'
        : `write "enable_uart=1" into ${firmware}/config.txt and restart`,
    );
  const others = machine
    .list('/dev')
    .filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name))
    .map((name) => `/dev/${name}`);
  return problem(
    'uart-missing',
    `${path} is not there`,
    others.length === 0
      ? 'plug the receiver in; "dmesg | grep tty" tells what the kernel calls it'
      : `write "refclock gps device ${others[0]}" into ${configFile} (there is ${others.join(', ')})`,
  );
}

function consoleFinding({ machine, board, firmware }: Case, path: string, tty: string): Finding | undefined {
  const consoles = (machine.read('/proc/cmdline') ?? '').split(/\s+/).flatMap((word) => {
    const name = /^console=([^,]+)/.exec(word)?.[1];
    return name === undefined ? [] : [{ word, tty: basename(machine.real(`/dev/${name}`) ?? name) }];
  });
  const active = (machine.read('/sys/class/tty/console/active') ?? '').trim().split(' ');
  const word = consoles.find((one) => one.tty === tty)?.word;
  if (word === undefined && !active.includes(tty)) return undefined;
  const remedy =
    word === undefined || firmware === undefined
      ? board.gpsUart?.conflicts.find((conflict) => conflict.with === 'console')?.remedy
      : `take "${word}" out of ${firmware}/cmdline.txt and restart`;
  return problem(
    'uart-console',
    `the kernel's console is on ${path}: its messages go to the receiver, and the receiver's to a login`,
    remedy ?? `take "${word ?? `console=${tty}`}" out of the kernel's command line and restart`,
  );
}

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

const disableBluetooth = ({ board, firmware }: Case): string =>
  firmware === undefined
    ? "apply boards/overlays/gps-uart.dts to the board's device tree (fdtoverlay) and restart"
    : (board.gpsUart?.conflicts.find((conflict) => conflict.with === 'bluetooth')?.remedy ??
      `write "dtoverlay=disable-bt" into ${firmware}/config.txt and restart`);

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
