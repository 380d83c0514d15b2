/**
 * A DS3231 as its registers show it on an I2C bus: a clock chip with a thermometer, and the flag of an oscillator that stood
 * still. Knows no bus.
 * Source: Maxim DS3231 data sheet, "Address Map", "I2C Serial Data Bus"; drivers/rtc/ds3231.ts has the registers.
 */
import { REGISTER, STATUS_STOPPED } from '../../drivers/rtc/ds3231.js';
import { ClockChip } from './clock-chip.js';

const REGISTERS = 19;
const SUNDAY = 1;
/** What it counts from when its power was gone; the data sheet's day after power-on. */
const POWER_ON_NS = BigInt(Date.UTC(2000, 0, 1)) * 1_000_000n;

export class Ds3231Twin extends ClockChip {
  /** how often its temperature was read */
  temperatureReads = 0;

  /** It shows the time of `baseNs` (Unix ns) until it is set. */
  constructor(baseNs: () => bigint) {
    super(REGISTERS, SUNDAY, baseNs);
    this.registers.set([0x1c, 0x08], REGISTER.control);
    this.celsius = 23.25;
  }

  /** From now on it shows this time and goes on, and knows of nothing wrong. */
  show(unixNs: bigint): void {
    this.showNs(unixNs);
    this.hasStopped = false;
  }

  /** The battery was out: it counts from the begin of its calendar, and says so. */
  loseTime(): void {
    this.show(POWER_ON_NS);
    this.hasStopped = true;
  }

  /** The oscillator stop flag. */
  get hasStopped(): boolean {
    return ((this.registers[REGISTER.status] as number) & STATUS_STOPPED) !== 0;
  }
  set hasStopped(flag: boolean) {
    const rest = (this.registers[REGISTER.status] as number) & ~STATUS_STOPPED;
    this.registers[REGISTER.status] = rest | (flag ? STATUS_STOPPED : 0);
  }

  /** In quarters of a degree. */
  set celsius(celsius: number) {
    const quarters = Math.round(celsius * 4);
    this.registers.set([(quarters >> 2) & 0xff, (quarters & 3) << 6], REGISTER.temperature);
  }

  override read(length: number): Uint8Array {
    if (this.pointer === REGISTER.temperature) this.temperatureReads += 1;
    return super.read(length);
  }

  protected store(register: number, byte: number): void {
    // Who writes to the flag can only take it back.
    const isFlagKept = register === REGISTER.status && !this.hasStopped;
    this.registers[register] = isFlagKept ? byte & ~STATUS_STOPPED : byte;
  }
}
