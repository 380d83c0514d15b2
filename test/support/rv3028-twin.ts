/**
 * An RV-3028-C7 as its registers show it on an I2C bus: a pointer that each write sets and each byte moves, a time that
 * goes on with the time base it is given, an EEPROM that is busy for a while and refreshes its copies at midnight, and a
 * battery that takes over only if the copy in use says so. Comes as from the factory, with a battery in. Knows no bus.
 * Source: as of drivers/rtc/rv3028.ts, which has the registers.
 */
import { toBcd } from '../../drivers/rtc/calendar.js';
import {
  BACKUP_MODE,
  CONTROL1_NO_REFRESH,
  CONTROL2_HALF_DAYS,
  EEPROM,
  RV3028,
  STATUS_EEPROM_BUSY,
  STATUS_POWER_LOST,
} from '../../drivers/rtc/rv3028.js';

const REGISTERS = 0x40;
const CONFIGURATION = 0x30;
const SECOND_NS = 1_000_000_000n;
const MS_NS = 1_000_000n;
/** What it counts from when its power was gone. */
const POWER_ON_NS = BigInt(Date.UTC(2000, 0, 1)) * MS_NS;
/** §4.6: how long its EEPROM takes. */
const TAKES_MS = new Map<number, bigint>([
  [EEPROM.write, 16n],
  [EEPROM.read, 1n],
]);
/** §3.15.6: the detector of fast edges is on, the battery's switch off. */
export const FACTORY_BACKUP = 0x10;

export class Rv3028Twin {
  readonly registers = new Uint8Array(REGISTERS);
  readonly eeprom = new Uint8Array(REGISTERS);
  /** writes to the EEPROM, each of which wears it */
  eepromWrites = 0;
  /** how often its EEPROM was used as §4.6 forbids: while it is busy, refreshes, or the battery may take over */
  misuses = 0;
  isWornOut = false;
  readonly #baseNs: () => bigint;
  #aheadNs = 0n;
  #busyUntilNs = 0n;
  #pointer = 0;
  #lastCommand: number | undefined;

  /** It shows the time of `baseNs` (Unix ns) until it is set. */
  constructor(baseNs: () => bigint) {
    this.#baseNs = baseNs;
    this.eeprom[RV3028.backup] = FACTORY_BACKUP;
    this.#refresh();
  }

  /** What it shows, Unix ns. */
  get nowNs(): bigint {
    return this.#baseNs() + this.#aheadNs;
  }

  /** Supply and battery were gone. */
  loseTime(): void {
    this.#aheadNs = POWER_ON_NS - this.#baseNs();
    this.registers.fill(0, RV3028.status, CONFIGURATION);
    this.registers[RV3028.status] = STATUS_POWER_LOST;
    this.#refresh();
  }

  /** The supply was gone, and has come back. In use is what the copy says: 01 and 11 let the battery take over. */
  cutPower(): void {
    const mode = (this.registers[RV3028.backup] as number) & BACKUP_MODE;
    if (mode !== 0x04 && mode !== 0x0c) this.loseTime();
  }

  midnight(): void {
    if (((this.registers[RV3028.control1] as number) & CONTROL1_NO_REFRESH) === 0) this.#refresh();
  }

  /** A write of the bus: the first byte is the register that the others begin at. */
  write(bytes: Uint8Array): void {
    const [first, ...rest] = bytes;
    if (first === undefined) return;
    this.#pointer = first % REGISTERS;
    if (rest.length === 0) return;
    this.#tick();
    for (const byte of rest) this.#store(byte);
    if (first <= 6) this.#taken();
  }

  /** A read of the bus, from where the pointer stands. */
  read(length: number): Uint8Array {
    this.#tick();
    return Uint8Array.from({ length }, () => {
      const byte = this.registers[this.#pointer] as number;
      this.#pointer = (this.#pointer + 1) % REGISTERS;
      return byte;
    });
  }

  #store(byte: number): void {
    const register = this.#pointer;
    this.#pointer = (register + 1) % REGISTERS;
    // Who writes to a flag can only take it back.
    if (register === RV3028.status) this.registers[register] = (this.registers[register] as number) & byte;
    else this.registers[register] = byte;
    if (register === RV3028.eepromCommand) this.#obey(byte);
    else if (register >= RV3028.eepromAddress && this.#isBusy) this.misuses += 1;
  }

  #obey(command: number): void {
    const isArmed = this.#lastCommand === EEPROM.first;
    this.#lastCommand = command;
    const takes = TAKES_MS.get(command);
    if (takes === undefined || !isArmed) return;
    const mode = (this.registers[RV3028.backup] as number) & BACKUP_MODE;
    const refreshes = ((this.registers[RV3028.control1] as number) & CONTROL1_NO_REFRESH) === 0;
    if (refreshes || this.#isBusy || (mode !== 0 && mode !== 0x08)) {
      this.misuses += 1;
      return;
    }
    this.#busyUntilNs = this.#baseNs() + takes * MS_NS;
    const address = this.registers[RV3028.eepromAddress] as number;
    if (command === EEPROM.read) this.registers[RV3028.eepromData] = this.eeprom[address] ?? 0;
    else {
      this.eepromWrites += 1;
      if (!this.isWornOut) this.eeprom[address] = this.registers[RV3028.eepromData] as number;
    }
  }

  get #isBusy(): boolean {
    return this.#baseNs() < this.#busyUntilNs;
  }

  #refresh(): void {
    this.registers.set(this.eeprom.subarray(CONFIGURATION), CONFIGURATION);
  }

  #tick(): void {
    const t = new Date(Number(this.nowNs / MS_NS));
    this.registers.set([toBcd(t.getUTCSeconds()), toBcd(t.getUTCMinutes()), this.#hours(t.getUTCHours())]);
    this.registers.set([t.getUTCDay(), toBcd(t.getUTCDate()), toBcd(t.getUTCMonth() + 1)], 3);
    this.registers[6] = toBcd(t.getUTCFullYear() % 100);
    const flags = (this.registers[RV3028.status] as number) & ~STATUS_EEPROM_BUSY;
    this.registers[RV3028.status] = flags | (this.#isBusy ? STATUS_EEPROM_BUSY : 0);
  }

  #hours(hour: number): number {
    const ofHalf = ((this.registers[RV3028.control2] as number) & CONTROL2_HALF_DAYS) !== 0;
    return ofHalf ? toBcd(hour % 12 || 12) | (hour < 12 ? 0 : 0x20) : toBcd(hour);
  }

  /** A second begins with the write of its number. */
  #taken(): void {
    const [s = 0, mi = 0, h = 0, , d = 0, mo = 0, y = 0] = [...this.registers].map(
      (b) => (b >> 4) * 10 + (b & 15),
    );
    const unixSeconds = BigInt(Date.UTC(2000 + y, mo - 1, d, h, mi, s) / 1000);
    this.#aheadNs = unixSeconds * SECOND_NS - this.#baseNs();
  }
}
