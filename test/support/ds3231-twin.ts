/**
 * A DS3231 as its registers show it on an I2C bus: a pointer that each write sets and each byte moves, a time that goes on
 * with the time base it is given, a thermometer, and the flag of an oscillator that stood still. Knows no bus.
 * Source: Maxim DS3231 data sheet, "Address Map", "I2C Serial Data Bus"; drivers/rtc/ds3231.ts has the registers.
 */
import { toBcd } from '../../drivers/rtc/calendar.js';
import { REGISTER, STATUS_STOPPED } from '../../drivers/rtc/ds3231.js';

const REGISTERS = 19;
const SECOND_NS = 1_000_000_000n;
/** What it counts from when its power was gone; the data sheet's day after power-on. */
const POWER_ON_NS = BigInt(Date.UTC(2000, 0, 1)) * 1_000_000n;

export class Ds3231Twin {
  readonly registers = new Uint8Array(REGISTERS);
  /** how often its temperature was read */
  temperatureReads = 0;
  /** what it was set to, and when by its time base, Unix ns */
  readonly sets: { readonly unixSeconds: bigint; readonly baseNs: bigint }[] = [];
  readonly #baseNs: () => bigint;
  #aheadNs: bigint;
  #pointer = 0;

  /** It shows the time of `baseNs` (Unix ns) until it is set. */
  constructor(baseNs: () => bigint) {
    this.#baseNs = baseNs;
    this.#aheadNs = 0n;
    this.registers.set([0x1c, 0x08], REGISTER.control);
    this.celsius = 23.25;
  }

  /** What it shows, Unix ns. */
  get nowNs(): bigint {
    return this.#baseNs() + this.#aheadNs;
  }

  /** From now on it shows this time and goes on, and knows of nothing wrong. */
  show(unixNs: bigint): void {
    this.#aheadNs = unixNs - this.#baseNs();
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

  /** A write of the bus: the first byte is the register that the others begin at. */
  write(bytes: Uint8Array): void {
    const [first, ...rest] = bytes;
    if (first === undefined) return;
    this.#pointer = first % REGISTERS;
    if (rest.length === 0) return;
    this.#tick();
    for (const byte of rest) {
      // Who writes to the flag can only take it back.
      if (this.#pointer === REGISTER.status && !this.hasStopped)
        this.registers[this.#pointer] = byte & ~STATUS_STOPPED;
      else this.registers[this.#pointer] = byte;
      this.#pointer = (this.#pointer + 1) % REGISTERS;
    }
    if (first <= 6) this.#taken();
  }

  /** A read of the bus, from where the pointer stands. */
  read(length: number): Uint8Array {
    this.#tick();
    if (this.#pointer === REGISTER.temperature) this.temperatureReads += 1;
    return Uint8Array.from({ length }, () => {
      const byte = this.registers[this.#pointer] as number;
      this.#pointer = (this.#pointer + 1) % REGISTERS;
      return byte;
    });
  }

  #tick(): void {
    const t = new Date(Number(this.nowNs / 1_000_000n));
    this.registers.set([t.getUTCSeconds(), t.getUTCMinutes(), t.getUTCHours()].map(toBcd));
    this.registers.set([t.getUTCDay() + 1, toBcd(t.getUTCDate()), toBcd(t.getUTCMonth() + 1)], 3);
    this.registers[6] = toBcd(t.getUTCFullYear() % 100);
  }

  /** A second begins with the write of its number. */
  #taken(): void {
    const [s = 0, mi = 0, h = 0, , d = 0, mo = 0, y = 0] = [...this.registers].map(
      (b) => (b >> 4) * 10 + (b & 15),
    );
    const unixSeconds = BigInt(Date.UTC(2000 + y, mo - 1, d, h, mi, s) / 1000);
    const baseNs = this.#baseNs();
    this.#aheadNs = unixSeconds * SECOND_NS - baseNs;
    this.sets.push({ unixSeconds, baseNs });
  }
}
