/**
 * A Micro Crystal RV-3028-C7 through I2C, for a system whose kernel has no driver for it, as Debian's on arm64. Owns its
 * registers, and that its battery is used at all: it comes from the factory with the battery switched off.
 *
 *   00 .. 06  seconds, minutes, hours, day of week 0 .. 6, date, month, year of 2000 .. 2099; BCD
 *   0E        status: bit 0 (PORF) power was gone, the time is worth nothing; bit 7 (EEbusy) its EEPROM is at work
 *   0F        control 1: bit 3 (EERD) keeps it from refreshing 30 .. 37 from the EEPROM, as it does each midnight
 *   10        control 2: bit 1 counts hours of half a day (with bit 5 of the hours: p.m.)
 *   25 .. 27  EEPROM: address, data, command (00, and then 21 writes that byte, 22 reads it)
 *   37        backup: bits 2-3 (BSM) when the battery takes over: 0 and 2 never, 1 once the supply is below its voltage, 3
 *             once that is below a level of the chip's as well; the others are the trickle charger's, the crystal's and
 *             the detector's. What is in use is this copy of the EEPROM
 *
 * A write to the seconds begins a second. A read of several registers is of one moment.
 * Source: Micro Crystal RV-3028-C7 application manual, §3.15.6, 4.6, as Linux drivers/rtc/rtc-rv3028.c and those who quote
 * it have it.
 */
import { explain, NoonmarkError } from '../../src/errors.js';
import type { BatteryClock } from '../../src/ports/battery-clock.js';
import type { I2cBus } from '../i2c/bus.js';
import { fromBcd, hourOf, toBcd, unixSecondsOf } from './calendar.js';

export const RV3028_ADDRESS = 0x52;
export const RV3028 = {
  ...{ seconds: 0x00, status: 0x0e, control1: 0x0f, control2: 0x10 },
  ...{ eepromAddress: 0x25, eepromData: 0x26, eepromCommand: 0x27, backup: 0x37 },
} as const;
export const STATUS_POWER_LOST = 0x01;
export const STATUS_EEPROM_BUSY = 0x80;
export const CONTROL1_NO_REFRESH = 0x08;
export const CONTROL2_HALF_DAYS = 0x02;
export const BACKUP_MODE = 0x0c;
export const EEPROM = { first: 0x00, write: 0x21, read: 0x22 } as const;

/** Level switching: a battery that is fuller than the supply is not drained beside it. */
const BACKUP_BY_LEVEL = 0x0c;
/** Without the other bit: 0 is off, 2 is standby, in which the clock stands still. */
const BACKUP_USED = 0x04;
/** §4.6.7: the flag is to be looked at so long after a command, ms. */
const WRITE_MS = 10;
const READ_MS = 1;
/** Longer than any of its commands takes, ms. */
const BUSY_MS = 100;

export interface Rv3028Parts {
  /** what happened to the battery's switch, for people; a fault that stays is told once */
  readonly remark: (level: 'notice' | 'warning', text: string) => void;
  /** default: this thread sleeps */
  readonly pause?: (milliseconds: number) => void;
}

/** The first reading has it use its battery, which takes 30 ms and one write to its EEPROM in its life. */
export class Rv3028 implements BatteryClock {
  readonly name: string;
  readonly #bus: I2cBus;
  readonly #remark: Rv3028Parts['remark'];
  readonly #pause: (milliseconds: number) => void;
  #hasWritten = false;
  #told = '';

  constructor(bus: I2cBus, { remark, pause = sleep }: Rv3028Parts) {
    this.#bus = bus;
    this.#remark = remark;
    this.#pause = pause;
    this.name = `rv3028 (${bus.name})`;
  }

  read(): bigint | undefined {
    const registers = this.#read(RV3028.seconds, RV3028.control2 + 1);
    const at = (register: number) => registers[register] as number;
    this.#useBattery();
    if ((at(RV3028.status) & STATUS_POWER_LOST) !== 0) return undefined;
    return decodeTime(registers, (at(RV3028.control2) & CONTROL2_HALF_DAYS) !== 0);
  }

  set(unixSeconds: bigint): void {
    // Before the time: how its hours are meant must not change afterwards.
    this.#change(RV3028.control2, CONTROL2_HALF_DAYS, 0);
    this.#write(RV3028.seconds, ...encodeTime(unixSeconds));
    this.#change(RV3028.status, STATUS_POWER_LOST, 0);
  }

  /** Looked at each time: what is not in its EEPROM is gone after midnight. A clock without battery shows the time as well. */
  #useBattery(): void {
    try {
      if (this.#byte(RV3028.backup) & BACKUP_USED) return;
      const isWritten = this.#switchBattery();
      const lasts = isWritten ? 'from now on it is, by its EEPROM' : 'its EEPROM says that it is';
      this.#tell('notice', `${this.name} did not use its battery: ${lasts}`);
    } catch (error) {
      this.#tell('warning', `${this.name} may not use its battery: ${explain(error)}`);
    }
  }

  /**
   * Sets the EEPROM's byte, if it is not set already and was not tried before, and then the copy in use: §3.15.6 wants the
   * battery off while the EEPROM is at work. Only that byte: the copies of others may have been changed for the time being.
   * Was it written? Throws when it does not last, and then the copy is in use until midnight all the same.
   */
  #switchBattery(): boolean {
    const refreshes = (this.#byte(RV3028.control1) & CONTROL1_NO_REFRESH) === 0;
    if (refreshes) this.#change(RV3028.control1, 0, CONTROL1_NO_REFRESH);
    try {
      this.#awaitEeprom();
      const kept = this.#fromEeprom(RV3028.backup);
      const isSet = (kept & BACKUP_USED) !== 0;
      const wanted = isSet ? kept : (kept & ~BACKUP_MODE) | BACKUP_BY_LEVEL;
      if (!isSet && !this.#hasWritten) {
        this.#hasWritten = true;
        this.#write(RV3028.eepromAddress, RV3028.backup, wanted);
        this.#command(EEPROM.write, WRITE_MS);
      }
      const lasts = isSet || (this.#fromEeprom(RV3028.backup) & BACKUP_USED) !== 0;
      this.#change(RV3028.backup, BACKUP_MODE, wanted & BACKUP_MODE);
      if (lasts) return !isSet;
      throw new NoonmarkError(
        'ERR_DEVICE',
        'its EEPROM does not keep that, and it forgets it at midnight',
        'another clock, should this come again',
      );
    } finally {
      if (refreshes) this.#change(RV3028.control1, CONTROL1_NO_REFRESH, 0);
    }
  }

  #fromEeprom(address: number): number {
    this.#write(RV3028.eepromAddress, address);
    this.#command(EEPROM.read, READ_MS);
    return this.#byte(RV3028.eepromData);
  }

  #command(command: number, milliseconds: number): void {
    this.#write(RV3028.eepromCommand, EEPROM.first);
    this.#write(RV3028.eepromCommand, command);
    this.#pause(milliseconds);
    this.#awaitEeprom();
  }

  #awaitEeprom(): void {
    for (let waited = 0; waited < BUSY_MS; waited += READ_MS) {
      if ((this.#byte(RV3028.status) & STATUS_EEPROM_BUSY) === 0) return;
      this.#pause(READ_MS);
    }
    throw new NoonmarkError('ERR_DEVICE', `its EEPROM is busy for ${BUSY_MS} ms`, 'is its power right?');
  }

  #tell(level: 'notice' | 'warning', text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#remark(level, text);
  }

  /** Other bits stay; a write that changes nothing is not made. */
  #change(register: number, cleared: number, set: number): void {
    const before = this.#byte(register);
    const after = (before & ~cleared) | set;
    if (after !== before) this.#write(register, after);
  }

  #write(register: number, ...bytes: readonly number[]): void {
    this.#bus.writeBytes(RV3028_ADDRESS, Uint8Array.of(register, ...bytes));
  }

  #byte(register: number): number {
    return this.#read(register, 1)[0] as number;
  }

  /** Throws ERR_DEVICE. */
  #read(register: number, length: number): Uint8Array {
    this.#write(register);
    const bytes = this.#bus.readBytes(RV3028_ADDRESS, length);
    if (bytes.length === length) return bytes;
    throw new NoonmarkError('ERR_DEVICE', `the RV-3028 on ${this.#bus.name} broke off`, 'look at its wires');
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function decodeTime(bytes: Uint8Array, ofHalf: boolean): bigint | undefined {
  const [second = 0, minute = 0, hours = 0, , date = 0, month = 0, year = 0] = bytes;
  const ofCentury = fromBcd(year);
  return unixSecondsOf([
    ofCentury === undefined ? undefined : 2000 + ofCentury,
    fromBcd(month),
    fromBcd(date),
    hourOf(hours, ofHalf),
    fromBcd(minute),
    fromBcd(second),
  ]);
}

function encodeTime(unixSeconds: bigint): readonly number[] {
  const time = new Date(Number(unixSeconds) * 1000);
  return [
    ...[time.getUTCSeconds(), time.getUTCMinutes(), time.getUTCHours()].map(toBcd),
    time.getUTCDay(),
    toBcd(time.getUTCDate()),
    toBcd(time.getUTCMonth() + 1),
    toBcd(time.getUTCFullYear() % 100),
  ];
}
