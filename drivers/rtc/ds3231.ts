/**
 * A DS3231 through I2C, for a system whose kernel has no driver bound to it: clock and thermometer. Where one is bound, the
 * bus refuses the address (EBUSY), and kernel.ts and drivers/thermal are the way.
 *
 *   00 .. 06  seconds, minutes, hours (bit 6: 12 hours, then bit 5: p.m.), day of week 1 .. 7, date, month (bit 7: the
 *             next century), year; BCD
 *   0E        control: bit 7 stops the oscillator on battery
 *   0F        status: bit 7 (OSF) the oscillator was stopped, the time is worth nothing
 *   11, 12    temperature: degrees as a signed byte, quarters in bits 6-7
 *
 * A write to the seconds begins a second. A read of several registers is of one moment.
 * Source: Maxim DS3231 data sheet, "Timekeeping Registers", "Status Register (0Fh)", "Temperature Registers".
 */
import { NoonmarkError } from '../../src/errors.js';
import type { BatteryClock } from '../../src/ports/battery-clock.js';
import type { Thermometer } from '../../src/ports/thermometer.js';
import type { I2cBus } from '../i2c/bus.js';
import { fromBcd, hourOf, toBcd, unixSecondsOf } from './calendar.js';

export const DS3231_ADDRESS = 0x68;
export const REGISTER = { seconds: 0x00, control: 0x0e, status: 0x0f, temperature: 0x11 } as const;
export const STATUS_STOPPED = 0x80;
const CONTROL_STOP = 0x80;
const HOURS_12 = 0x40;
const MONTH_CENTURY = 0x80;

export class Ds3231 {
  readonly clock: BatteryClock;
  readonly thermometer: Thermometer;
  readonly #bus: I2cBus;

  constructor(bus: I2cBus) {
    this.#bus = bus;
    const name = `ds3231 (${bus.name})`;
    this.clock = { name, read: () => this.#seconds(), set: (unixSeconds) => this.#set(unixSeconds) };
    this.thermometer = { name, read: () => this.#celsius() };
  }

  #seconds(): bigint | undefined {
    const [status = STATUS_STOPPED] = this.#read(REGISTER.status, 1);
    return (status & STATUS_STOPPED) === 0 ? decodeTime(this.#read(REGISTER.seconds, 7)) : undefined;
  }

  #set(unixSeconds: bigint): void {
    // First, as its second begins with it.
    this.#bus.writeBytes(DS3231_ADDRESS, Uint8Array.of(REGISTER.seconds, ...encodeTime(unixSeconds)));
    const [how = 0, status = 0] = this.#read(REGISTER.control, 2);
    const wanted = [how & ~CONTROL_STOP, status & ~STATUS_STOPPED];
    this.#bus.writeBytes(DS3231_ADDRESS, Uint8Array.of(REGISTER.control, ...wanted));
  }

  #celsius(): number | undefined {
    try {
      const [whole = 0, quarters = 0] = this.#read(REGISTER.temperature, 2);
      return ((whole << 24) >> 24) + (quarters >> 6) / 4;
    } catch {
      return undefined;
    }
  }

  /** Throws ERR_DEVICE. */
  #read(register: number, length: number): Uint8Array {
    this.#bus.writeBytes(DS3231_ADDRESS, Uint8Array.of(register));
    const bytes = this.#bus.readBytes(DS3231_ADDRESS, length);
    if (bytes.length === length) return bytes;
    throw new NoonmarkError('ERR_DEVICE', `the DS3231 on ${this.#bus.name} broke off`, 'look at its wires');
  }
}

function decodeTime(bytes: Uint8Array): bigint | undefined {
  const [second = 0, minute = 0, hours = 0, , date = 0, month = 0, year = 0] = bytes;
  const ofCentury = fromBcd(year);
  return unixSecondsOf([
    ofCentury === undefined ? undefined : ofCentury + ((month & MONTH_CENTURY) === 0 ? 2000 : 2100),
    fromBcd(month & 0x1f),
    fromBcd(date),
    hourOf(hours, (hours & HOURS_12) !== 0),
    fromBcd(minute),
    fromBcd(second),
  ]);
}

function encodeTime(unixSeconds: bigint): readonly number[] {
  const time = new Date(Number(unixSeconds) * 1000);
  const year = time.getUTCFullYear();
  return [
    ...[time.getUTCSeconds(), time.getUTCMinutes(), time.getUTCHours()].map(toBcd),
    time.getUTCDay() + 1,
    toBcd(time.getUTCDate()),
    toBcd(time.getUTCMonth() + 1) | (year >= 2100 ? MONTH_CENTURY : 0),
    toBcd(year % 100),
  ];
}
