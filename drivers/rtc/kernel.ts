/**
 * A battery clock with a kernel driver: read from sysfs, set through /dev/rtcN. Owns which of several is taken.
 *
 *   /sys/class/rtc/rtcN/name          "rtc-ds1307 1-0068"
 *   /sys/class/rtc/rtcN/since_epoch   Unix seconds of what it shows, taken as UTC; not readable when it lost its time
 *   RTC_SET_TIME                      ioctl 'p' 0x0a with struct rtc_time: nine ints tm_sec .. tm_isdst, as struct tm
 *
 * Sources: Linux Documentation/ABI/testing/sysfs-class-rtc, include/uapi/linux/rtc.h, rtc(4).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, NoonmarkError } from '../../src/errors.js';
import type { BatteryClock } from '../../src/ports/battery-clock.js';
import { type DeviceCalls, libcDevices, readSmallFile } from '../linux/device.js';

/** _IOW('p', 0x0a, struct rtc_time), 36 bytes on every architecture */
export const RTC_SET_TIME = 0x4024_700a;
const RTC_TIME_BYTES = 36;

export interface KernelRtcPlace {
  /** default /sys/class/rtc and /dev */
  readonly sysfs?: string;
  readonly dev?: string;
  readonly devices?: DeviceCalls;
}

export class KernelRtc implements BatteryClock {
  readonly name: string;
  readonly #folder: string;
  readonly #device: string;
  readonly #devices: DeviceCalls;

  /** `id`: "rtc0". */
  constructor(id: string, { sysfs = '/sys/class/rtc', dev = '/dev', devices }: KernelRtcPlace = {}) {
    this.#folder = join(sysfs, id);
    this.#device = join(dev, id);
    this.#devices = devices ?? libcDevices();
    const driver = readSmallFile(join(this.#folder, 'name'));
    this.name = driver === undefined ? id : `${id} (${driver})`;
  }

  read(): bigint | undefined {
    try {
      const text = readFileSync(join(this.#folder, 'since_epoch'), 'latin1').trim();
      return /^\d{1,12}$/.test(text) ? BigInt(text) : undefined;
    } catch (cause) {
      return this.#unread(cause);
    }
  }

  /** The kernel's answer for a clock that has lost its time is EINVAL. */
  #unread(cause: unknown): undefined {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EINVAL' || (code === 'ENOENT' && existsSync(this.#folder))) return undefined;
    throw code === 'ENOENT'
      ? new NoonmarkError(
          'ERR_DEVICE',
          `there is no ${this.#device}`,
          'write "rtc auto" to use whichever there is',
        )
      : new NoonmarkError(
          'ERR_DEVICE',
          `${this.#device} cannot be read: ${explain(cause)}`,
          'look at the wires of the clock',
          { cause },
        );
  }

  set(unixSeconds: bigint): void {
    const time = new Date(Number(unixSeconds) * 1000);
    const fields = [
      ...[
        time.getUTCSeconds(),
        time.getUTCMinutes(),
        time.getUTCHours(),
        time.getUTCDate(),
        time.getUTCMonth(),
      ],
      ...[time.getUTCFullYear() - 1900, time.getUTCDay(), 0, 0],
    ];
    const argument = Buffer.alloc(RTC_TIME_BYTES);
    for (const [i, field] of fields.entries()) argument.writeInt32LE(field, 4 * i);
    const fd = this.#devices.open(this.#device);
    try {
      const result = this.#devices.ioctl(fd, RTC_SET_TIME, argument);
      if (result < 0)
        throw new NoonmarkError(
          'ERR_DEVICE',
          `${this.#device} cannot be set (error ${-result})`,
          'setting it needs CAP_SYS_TIME, which noonmarkd.service has',
        );
    } finally {
      this.#devices.close(fd);
    }
  }
}

/** The first that shows a time, else the first; undefined: there is none. */
export function findKernelRtc(place: KernelRtcPlace = {}): KernelRtc | undefined {
  const ids = namesIn(place.sysfs ?? '/sys/class/rtc').filter((name) => /^rtc\d+$/.test(name));
  const clocks = ids.map((id) => new KernelRtc(id, place));
  return clocks.find(shows) ?? clocks[0];
}

function shows(clock: KernelRtc): boolean {
  try {
    return clock.read() !== undefined;
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
