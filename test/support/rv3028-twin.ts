/**
 * An RV-3028-C7 as its registers show it on an I2C bus: a clock chip with an EEPROM that is busy for a while and
 * refreshes its copies at midnight, and a battery that takes over only if the copy in use says so. Comes as from the factory, with a battery in. Knows no bus.
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
import { ClockChip } from './clock-chip.js';

const REGISTERS = 0x40;
const SUNDAY = 0;
const CONFIGURATION = 0x30;
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

export class Rv3028Twin extends ClockChip {
  readonly eeprom = new Uint8Array(REGISTERS);
  /** writes to the EEPROM, each of which wears it */
  eepromWrites = 0;
  /** how often its EEPROM was used as §4.6 forbids: while it is busy, refreshes, or the battery may take over */
  misuses = 0;
  isWornOut = false;
  #busyUntilNs = 0n;
  #lastCommand: number | undefined;

  /** It shows the time of `baseNs` (Unix ns) until it is set. */
  constructor(baseNs: () => bigint) {
    super(REGISTERS, SUNDAY, baseNs);
    this.eeprom[RV3028.backup] = FACTORY_BACKUP;
    this.#refresh();
  }

  /** Supply and battery were gone. */
  loseTime(): void {
    this.showNs(POWER_ON_NS);
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

  protected store(register: number, byte: number): void {
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
    this.#busyUntilNs = this.baseNs() + takes * MS_NS;
    const address = this.registers[RV3028.eepromAddress] as number;
    if (command === EEPROM.read) this.registers[RV3028.eepromData] = this.eeprom[address] ?? 0;
    else {
      this.eepromWrites += 1;
      if (!this.isWornOut) this.eeprom[address] = this.registers[RV3028.eepromData] as number;
    }
  }

  get #isBusy(): boolean {
    return this.baseNs() < this.#busyUntilNs;
  }

  #refresh(): void {
    this.registers.set(this.eeprom.subarray(CONFIGURATION), CONFIGURATION);
  }

  protected override tick(): void {
    super.tick();
    const flags = (this.registers[RV3028.status] as number) & ~STATUS_EEPROM_BUSY;
    this.registers[RV3028.status] = flags | (this.#isBusy ? STATUS_EEPROM_BUSY : 0);
  }

  protected override hours(hour: number): number {
    const ofHalf = ((this.registers[RV3028.control2] as number) & CONTROL2_HALF_DAYS) !== 0;
    return ofHalf ? toBcd(hour % 12 || 12) | (hour < 12 ? 0 : 0x20) : super.hours(hour);
  }
}
