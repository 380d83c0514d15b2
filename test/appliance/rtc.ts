/**
 * A DS3231 on the card's machine: plugged in as a USB adapter with an I2C bus, bound to the kernel's driver, and what
 * noonmarkd makes of it when it has lost its time, is ahead, and shows a time that cannot be; then without that driver,
 * through i2c-bus, with a u-blox on the same bus. Owns the steps and what was seen; the claims are the test's.
 *
 * It is /dev/rtc1: rtc0 is the machine's own, and the one that Debian's kernels set by themselves
 * (CONFIG_RTC_SYSTOHC_DEVICE) once noonmarkd has told them that the clock is right. What sets rtc1 is noonmarkd.
 */
import { DDC_ADDRESS } from '../../drivers/i2c/ddc-link.js';
import { DS3231_ADDRESS } from '../../drivers/rtc/ds3231.js';
import type { Snapshot } from '../../src/status/snapshot.js';
import { ddcReceiver } from '../support/ddc-receiver.js';
import { Ds3231Twin } from '../support/ds3231-twin.js';
import { type I2cDevice, i2cTinyUsb } from '../support/i2c-tiny-usb.js';
import { realtimeNs } from '../support/ntp-client.js';
import { until } from '../support/peers.js';
import { plugIn } from '../support/usb-redir.js';
import type { Look, Looks } from './looks.js';
import type { CardMachine } from './machine.js';

const BUSES = '/sys/bus/i2c/devices';
const BOUND = `${BUSES}/*-0068`;
const RTC = '/sys/class/rtc/rtc1';
const KERNELS_RTC = '/sys/class/rtc/rtc0';
export const AHEAD_SECONDS = 3600;
const AHEAD_NS = BigInt(AHEAD_SECONDS) * 1_000_000_000n;
/** Before this program was made. */
const PAST_NS = BigInt(Date.UTC(2001, 1, 3, 4, 5, 6)) * 1_000_000n;
export const CELSIUS = -3.5;
const START_SECONDS = 400;
const SYNCHRONISED_SECONDS = 180;
const SET_SECONDS = 120;

export interface RtcBench {
  readonly machine: CardMachine;
  /** QEMU's socket for the adapter (usbRedirOptions) */
  readonly socket: string;
  /** at the machine's address */
  readonly looks: Looks;
  /** the way to the machine's only server, whose time is this machine's */
  setReachable(is: boolean): void;
}

/** One start of the service. */
export interface Start {
  /** what it said of the battery clock before it answered */
  readonly lines: readonly string[];
  /** the first that the network saw of it */
  readonly look: Look;
  /** from the command until systemd said that it is up, s */
  readonly seconds: number;
}

/** The battery clock was written to. */
export interface Written {
  /** from when the server could be reached until the network saw that the machine is synchronised, s */
  readonly synchronisedSeconds: number;
  /** since then, s */
  readonly afterSeconds: number;
  /** what was written minus this machine's clock when it was, s */
  readonly errorSeconds: number;
  readonly line: string | undefined;
  /** how often it was, so far */
  readonly times: number;
}

export interface RtcRun {
  /** the kernel's names of clock and thermometer */
  readonly driver: string;
  readonly thermometer: string;
  /** what reading its time said when its oscillator had stopped */
  readonly stoppedRead: string;
  readonly flat: Start;
  readonly flatWritten: Written;
  readonly stoppedAfterwards: boolean;
  /** how far the machine's own clock on battery, which is the kernel's to set, was off before and after that, s */
  readonly kernelsBefore: number;
  readonly kernelsAfter: number;
  /** all that the service said of battery clocks until then */
  readonly saidSoFar: readonly string[];
  /** s, by the kernel's file, against this machine's clock */
  readonly readError: number;
  /** since power came, when the driver had it, s */
  readonly boundSeconds: number;
  /** what noonmark status shows, and how often the chip was asked until then */
  readonly celsius: number | undefined;
  readonly temperatureReads: number;
  readonly ahead: Start;
  readonly aheadCorrected: Look;
  readonly aheadWritten: Written;
  readonly past: Start;
  /** without the kernel's driver */
  readonly direct: Start;
  readonly directWritten: Written;
  readonly directStatus: Snapshot;
}

const secondsOf = (ns: bigint) => Number(ns) / 1e9;
export const offsetOf = ({ atNs, servedNs }: Look): number => secondsOf(servedNs - atNs);
export const isUnsynchronised = ({ leap }: Look): boolean => leap === 3;

const START = 'systemctl start noonmarkd';
/** For the text of a failure. */
const JOURNAL = 'journalctl -q -b -n 40 -o short-monotonic -u noonmarkd';

/** Binds the chip to its driver as a device tree would; answers the driver's name and the thermometer's. */
async function bind(
  machine: CardMachine,
): Promise<{ readonly driver: string; readonly thermometer: string }> {
  const adapter = `grep -l i2c-tiny-usb ${BUSES}/i2c-*/name`;
  const name = await machine.until('the adapter', adapter, (text) => text.startsWith(BUSES), START_SECONDS);
  await machine.ask(`echo ds3231 0x68 > ${name.replace(/name$/, 'new_device')}`, START_SECONDS);
  const driver = await machine.ask(`cat ${RTC}/name`);
  // udev gives it to the service's group.
  await machine.until('/dev/rtc1', 'stat -c %G /dev/rtc1', (group) => group === 'noonmark', START_SECONDS);
  return { driver, thermometer: await machine.ask(`cat ${BOUND}/hwmon/hwmon*/name`) };
}

/** What a clock on battery shows minus this machine's clock, s. */
async function rtcError(machine: CardMachine, place: string): Promise<number> {
  const shown = Number(await machine.ask(`cat ${place}/since_epoch`));
  return shown - secondsOf(realtimeNs());
}

/** rtc0 can only be set from the kernel's clock. */
const setKernelsAhead = (machine: CardMachine): Promise<string> =>
  machine.ask(
    [
      `date -u -s @$(($(date +%s) + ${AHEAD_SECONDS}))`,
      'busybox hwclock -w -u -f /dev/rtc0',
      `date -u -s @$(($(date +%s) - ${AHEAD_SECONDS}))`,
    ].join(' && '),
    START_SECONDS,
  );

/** What the service said of the battery clock since power came. */
async function batteryLines(machine: CardMachine): Promise<readonly string[]> {
  const text = await machine.ask('journalctl -q -b -o cat -u noonmarkd', START_SECONDS);
  return text.split('\n').filter((line) => line.startsWith('battery-clock: '));
}

export async function tryRtc({ machine, socket, looks, setReachable }: RtcBench): Promise<RtcRun> {
  const chip = new Ds3231Twin(realtimeNs);
  const { port, stop: silence } = ddcReceiver(9, realtimeNs);
  const devices = new Map<number, I2cDevice>([
    [DS3231_ADDRESS, chip],
    [DDC_ADDRESS, port],
  ]);
  const line = await plugIn(socket, i2cTinyUsb(devices));
  const lookUntil = (what: string, seconds: number, wanted: (look: Look) => boolean, fromNs: bigint) =>
    until({ what, seconds }, (seen) => {
      const all = looks.since(fromNs);
      seen.is = all
        .slice(-3)
        .map((one) => `leap ${one.leap}, ${offsetOf(one)} s`)
        .join('\n');
      return all.find(wanted);
    });
  const start = async (): Promise<Start> => {
    const said = (await batteryLines(machine)).length;
    const from = machine.seconds;
    await machine.ask(`${START} || { ${JOURNAL}; false; }`, START_SECONDS);
    const seconds = machine.seconds - from;
    return {
      ...{ lines: (await batteryLines(machine)).slice(said), seconds },
      look: await lookUntil('an answer', SYNCHRONISED_SECONDS, () => true, realtimeNs()),
    };
  };
  const stop = () => machine.ask('systemctl stop noonmarkd', START_SECONDS);
  const synchronise = async (): Promise<{ readonly look: Look; readonly written: Written }> => {
    const before = chip.sets.length;
    const fromNs = realtimeNs();
    setReachable(true);
    const isRight = (look: Look) => !isUnsynchronised(look) && Math.abs(offsetOf(look)) < 1;
    const look = await lookUntil('synchronised', SYNCHRONISED_SECONDS, isRight, fromNs);
    const set = await until(
      { what: 'the battery clock is set', seconds: SET_SECONDS },
      () => chip.sets[before],
    );
    const lines = await batteryLines(machine);
    const written = {
      synchronisedSeconds: secondsOf(look.atNs - fromNs),
      afterSeconds: secondsOf(set.baseNs - look.atNs),
      errorSeconds: secondsOf(set.unixSeconds * 1_000_000_000n - set.baseNs),
      ...{ line: lines.at(-1), times: chip.sets.length },
    };
    return { look, written };
  };
  try {
    setReachable(false);
    // Keys are no business of the battery clock's, and take this machine's time.
    await machine.ask('systemctl stop noonmarkd noonmark-keys', START_SECONDS);
    chip.show(realtimeNs() + AHEAD_NS);
    chip.hasStopped = true;
    chip.celsius = CELSIUS;
    const names = await bind(machine);
    const boundSeconds = machine.seconds;
    const { lines: read } = await machine.run(`cat ${RTC}/since_epoch`);
    await setKernelsAhead(machine);
    const kernelsBefore = await rtcError(machine, KERNELS_RTC);
    const flat = await start();
    const { written: flatWritten } = await synchronise();
    const stoppedAfterwards = chip.hasStopped;
    const readError = await rtcError(machine, RTC);
    const kernelsAfter = await until({ what: 'the kernel sets rtc0', seconds: SET_SECONDS }, async (seen) => {
      const error = await rtcError(machine, KERNELS_RTC);
      seen.is = `it is ${error} s off`;
      return Math.abs(error) < AHEAD_SECONDS / 2 ? error : undefined;
    });
    const saidSoFar = await batteryLines(machine);
    const status = await machine.ask('noonmark status --json', START_SECONDS);

    setReachable(false);
    await stop();
    chip.show(realtimeNs() + AHEAD_NS);
    const ahead = await start();
    const { look: aheadCorrected, written: aheadWritten } = await synchronise();

    await stop();
    chip.show(PAST_NS);
    const past = await start();

    setReachable(false);
    await stop();
    await release(machine);
    chip.show(realtimeNs() + AHEAD_NS);
    const direct = await start();
    const directStatus = await untilSet(machine);
    const { written: directWritten } = await synchronise();
    return {
      ...names,
      boundSeconds,
      ...{ stoppedRead: read.join('\n'), flat, flatWritten, stoppedAfterwards, readError },
      ...{ kernelsBefore, kernelsAfter, saidSoFar },
      ...{ celsius: celsiusIn(status), temperatureReads: chip.temperatureReads },
      ...{ ahead, aheadCorrected, aheadWritten, past, direct, directWritten, directStatus },
    };
  } finally {
    silence();
    line.destroy();
  }
}

/** Takes the chip from its driver, and tells noonmarkd where it is, and of the receiver. */
async function release(machine: CardMachine): Promise<void> {
  const adapter = await machine.ask(`grep -l i2c-tiny-usb ${BUSES}/i2c-*/name`);
  const bus = /i2c-\d+/.exec(adapter.slice(BUSES.length))?.[0] ?? '';
  await machine.ask(`echo 0x68 > ${BUSES}/${bus}/delete_device`);
  await machine.ask(`stat -c %G /dev/${bus} | grep -qx i2c`);
  const words = `-e 's|^rtc .*|rtc ${bus}|' -e '$a refclock gps device /dev/${bus}'`;
  await machine.ask(`sed -i ${words} /etc/noonmark/ntp.conf`);
}

/** What the service tells once it has set the receiver and read the thermometer. */
async function untilSet(machine: CardMachine): Promise<Snapshot> {
  let seen: Partial<Snapshot> = {};
  const isAll = (text: string) => {
    seen = JSON.parse(text) as Partial<Snapshot>;
    const isSet = seen.receiver?.setup?.state === 'set';
    const isHeard = seen.sources?.some(({ clock }) => (clock?.satellitesUsed ?? 0) > 0);
    return isSet && isHeard === true && seen.discipline?.thermometer?.celsius != null;
  };
  await machine.until('the receiver is set and heard', 'noonmark status --json', isAll, SYNCHRONISED_SECONDS);
  return seen as Snapshot;
}

function celsiusIn(status: string): number | undefined {
  const { discipline } = JSON.parse(status) as Partial<Snapshot>;
  return discipline?.thermometer?.celsius ?? undefined;
}
