/**
 * The kernel's PPS: edges stamped in the interrupt handler, fetched from /dev/ppsN by RFC 2783's ioctls, or read as
 * text from /sys/class/pps/ppsN when the device may not be opened. Nothing here waits: a pulse is fetched with a zero
 * timeout some time after it was due.
 * Owns the device and its sequence numbers; which second an edge belongs to is not known here.
 * Sources: RFC 2783, Linux linux/pps.h and drivers/pps/{pps,sysfs}.c, Documentation/ABI/testing/sysfs-pps.
 */
import { realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NoonmarkError } from '../../src/errors.js';
import type { Edge, PulseSource } from '../../src/ports/pulse-source.js';
import { abi } from '../linux/abi.js';
import { type DeviceCalls, libcDevices, readSmallFile } from '../linux/device.js';

/** RFC 2783 §3.3 mode bits */
const CAPTURE_ASSERT = 0x01;
const CAPTURE_CLEAR = 0x02;
const TSFMT_TSPEC = 0x1000;
const API_VERSION = 1;
/** The three fields of the sysfs text are printed without a lock: read until two readings agree. */
const MOST_READINGS = 8;

export interface KernelPulseOptions {
  /** "/dev/pps0", or a link to it ("/dev/gpspps0") */
  readonly path: string;
  /** rising: what the driver calls assert (pps-gpio with `assert_falling_edge` turns it round); default rising */
  readonly edge?: 'rising' | 'falling';
  readonly devices?: DeviceCalls;
  /** default "/sys/class/pps" */
  readonly sysfs?: string;
}

/** One way of reading the last edge; undefined: there was none yet, or it cannot be read now. */
interface Reader {
  readonly name: string;
  last(): Edge | undefined;
  close(): void;
}

export class KernelPulse implements PulseSource {
  readonly #options: KernelPulseOptions;
  readonly #edge: 'rising' | 'falling';
  #reader: Reader | undefined;
  #device = '';
  #wanted = false;
  #sequence: number | undefined;

  constructor(options: KernelPulseOptions) {
    this.#options = options;
    this.#edge = options.edge ?? 'rising';
  }

  get name(): string {
    return this.#reader?.name ?? this.#options.path;
  }

  open(): void {
    this.close();
    this.#reader = this.#openReader();
    this.#device = this.#deviceNow();
    this.#wanted = true;
    // What happened before is no edge of ours.
    this.#sequence = this.#reader.last()?.sequence;
  }

  poll(): readonly Edge[] {
    if (!this.#wanted) return [];
    const edge = this.#last();
    if (edge === undefined || edge.sequence === this.#sequence) {
      this.#leaveDeadDevice();
      return [];
    }
    this.#sequence = edge.sequence;
    return [edge];
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#wanted = false;
    this.#sequence = undefined;
  }

  /** A device that goes away (a USB adapter, a driver reloaded) is tried again at each poll. */
  #last(): Edge | undefined {
    try {
      if (this.#reader === undefined) {
        this.#reader = this.#openReader();
        this.#device = this.#deviceNow();
      }
      return this.#reader.last();
    } catch (error) {
      if (!(error instanceof NoonmarkError)) throw error;
      this.#reader?.close();
      this.#reader = undefined;
      return undefined;
    }
  }

  /**
   * A driver that was unbound (a USB adapter unplugged, pps-gpio reloaded) goes on answering who has it open, with the
   * last edge for ever, and the new device is another one of the same name (measured on 6.12).
   */
  #leaveDeadDevice(): void {
    if (this.#reader === undefined || this.#deviceNow() === this.#device) return;
    this.#reader.close();
    this.#reader = undefined;
  }

  /** Which device the path leads to now; '' when it leads nowhere. */
  #deviceNow(): string {
    try {
      const { dev, ino, rdev } = statSync(this.#options.path);
      return `${dev} ${ino} ${rdev}`;
    } catch {
      return '';
    }
  }

  #openReader(): Reader {
    try {
      return new IoctlReader(this.#options.path, this.#edge, this.#options.devices ?? libcDevices());
    } catch (error) {
      // The text in sysfs is readable by all, and holds the same stamp.
      const reader = new SysfsReader(this.#options, this.#edge);
      if (reader.present()) return reader;
      if (error instanceof NoonmarkError && error.code === 'ERR_DEVICE')
        throw missing(this.#options.path, error);
      throw error;
    }
  }
}

const missing = (path: string, cause: NoonmarkError): NoonmarkError =>
  new NoonmarkError(
    'ERR_DEVICE',
    `there is no usable pulse at ${path}: ${cause.message}`,
    'on a Raspberry Pi: `dtoverlay=pps-gpio,gpiopin=18` in config.txt and `pps-gpio` in /etc/modules, then reboot; `ls /dev/pps*` shows what there is',
    { cause },
  );

class IoctlReader implements Reader {
  readonly name: string;
  readonly #devices: DeviceCalls;
  readonly #fd: number;
  readonly #data = new Uint8Array(abi().struct.ppsFdata.size);
  readonly #view = new DataView(this.#data.buffer);
  readonly #sequenceAt: number;
  readonly #timeAt: number;

  constructor(path: string, edge: 'rising' | 'falling', devices: DeviceCalls) {
    const { ppsFdata, ppsKinfo } = abi().struct;
    const rising = edge === 'rising';
    this.name = path;
    this.#devices = devices;
    this.#sequenceAt = ppsFdata.at.info + (rising ? ppsKinfo.at.assertSequence : ppsKinfo.at.clearSequence);
    this.#timeAt = ppsFdata.at.info + (rising ? ppsKinfo.at.assert : ppsKinfo.at.clear);
    this.#fd = devices.open(path);
    try {
      this.#capture(path, rising ? CAPTURE_ASSERT : CAPTURE_CLEAR, edge);
      // The device answers the last edge at once when the timeout is zero.
      this.last();
    } catch (error) {
      devices.close(this.#fd);
      throw error;
    }
  }

  last(): Edge | undefined {
    this.#data.fill(0);
    const result = this.#devices.ioctl(this.#fd, abi().ioctl.ppsFetch, this.#data);
    if (result < 0) throw this.#failure(this.name, 'PPS_FETCH', result);
    const { ppsKtime } = abi().struct;
    const seconds = this.#view.getBigInt64(this.#timeAt + ppsKtime.at.sec, true);
    const nanoseconds = this.#view.getInt32(this.#timeAt + ppsKtime.at.nsec, true);
    if (seconds === 0n && nanoseconds === 0) return undefined;
    return {
      sequence: this.#view.getUint32(this.#sequenceAt, true),
      assertNs: seconds * 1_000_000_000n + BigInt(nanoseconds),
    };
  }

  close(): void {
    this.#devices.close(this.#fd);
  }

  /** Sees to it that the edge is captured; setting the mode takes CAP_SYS_TIME and is done only if it is needed. */
  #capture(path: string, edgeBit: number, edge: string): void {
    const capabilities = new Uint8Array(4);
    const got = this.#devices.ioctl(this.#fd, abi().ioctl.ppsGetCap, capabilities);
    if (got < 0) throw this.#failure(path, 'PPS_GETCAP', got);
    if ((new DataView(capabilities.buffer).getInt32(0, true) & edgeBit) === 0) {
      throw new NoonmarkError(
        'ERR_DEVICE',
        `${path} does not capture the ${edge} edge`,
        edge === 'falling'
          ? 'use `edge rising`, with `capture_clear` or `assert_falling_edge` in the pps-gpio overlay if the pulse is the other way round'
          : 'use `edge falling`',
      );
    }
    const { ppsKparams } = abi().struct;
    const parameters = new Uint8Array(ppsKparams.size);
    const view = new DataView(parameters.buffer);
    const read = this.#devices.ioctl(this.#fd, abi().ioctl.ppsGetParams, parameters);
    if (read < 0) throw this.#failure(path, 'PPS_GETPARAMS', read);
    const mode = view.getInt32(ppsKparams.at.mode, true);
    if ((mode & edgeBit) !== 0) return;
    view.setInt32(ppsKparams.at.apiVersion, API_VERSION, true);
    view.setInt32(ppsKparams.at.mode, mode | edgeBit | TSFMT_TSPEC, true);
    const set = this.#devices.ioctl(this.#fd, abi().ioctl.ppsSetParams, parameters);
    if (set < 0) throw this.#failure(path, 'PPS_SETPARAMS', set);
  }

  #failure(path: string, call: string, result: number): NoonmarkError {
    return new NoonmarkError(
      'ERR_DEVICE',
      `${path} does not answer ${call} (errno ${-result})`,
      'is it a PPS device? `ppstest` shows what it says',
    );
  }
}

class SysfsReader implements Reader {
  readonly name: string;

  constructor(options: KernelPulseOptions, edge: 'rising' | 'falling') {
    const file = edge === 'rising' ? 'assert' : 'clear';
    this.name = join(options.sysfs ?? '/sys/class/pps', deviceName(options.path), file);
  }

  /** The file is there, and empty, for an edge that the driver does not capture. */
  present(): boolean {
    return (readSmallFile(this.name) ?? '') !== '';
  }

  last(): Edge | undefined {
    let text = readSmallFile(this.name);
    for (let turn = 0; turn < MOST_READINGS; turn += 1) {
      const again = readSmallFile(this.name);
      if (again === text) return text === undefined ? undefined : parsePpsText(text);
      text = again;
    }
    return undefined;
  }

  close(): void {}
}

/** "pps0" for a path or a link to it. */
function deviceName(path: string): string {
  try {
    return basename(realpathSync(path));
  } catch {
    return basename(path);
  }
}

/** Reads "seconds.nanoseconds#sequence" as the kernel writes it; undefined when it is not, or no edge came yet. */
export function parsePpsText(text: string): Edge | undefined {
  const match = /^(\d{1,12})\.(\d{9})#(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  const assertNs = BigInt(match[1] as string) * 1_000_000_000n + BigInt(match[2] as string);
  return assertNs === 0n ? undefined : { sequence: Number(match[3]) >>> 0, assertNs };
}
