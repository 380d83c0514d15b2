/**
 * A clock chip as its registers show it on an I2C bus: a pointer that each write sets and each byte moves, and the time in
 * the first seven, two decimal digits each, which goes on with the time base it is given. Owns these; what a chip's other
 * registers do is its own. Knows no bus.
 * Source: the register maps of drivers/rtc.
 */
import { toBcd } from '../../drivers/rtc/calendar.js';

const SECOND_NS = 1_000_000_000n;
const MS_NS = 1_000_000n;
const YEAR = 6;

export abstract class ClockChip {
  readonly registers: Uint8Array;
  /** what it was set to, and when by its time base, Unix ns */
  readonly sets: { readonly unixSeconds: bigint; readonly baseNs: bigint }[] = [];
  protected readonly baseNs: () => bigint;
  protected pointer = 0;
  readonly #sunday: number;
  #aheadNs = 0n;

  /** It shows the time of `baseNs` (Unix ns) until it is set. `size`: registers; `sunday`: the number of that day. */
  constructor(size: number, sunday: number, baseNs: () => bigint) {
    this.registers = new Uint8Array(size);
    this.#sunday = sunday;
    this.baseNs = baseNs;
  }

  /** What it shows, Unix ns. */
  get nowNs(): bigint {
    return this.baseNs() + this.#aheadNs;
  }

  /** A write of the bus: the first byte is the register that the others begin at. */
  write(bytes: Uint8Array): void {
    const [first, ...rest] = bytes;
    if (first === undefined) return;
    this.pointer = first % this.registers.length;
    if (rest.length === 0) return;
    this.tick();
    for (const byte of rest) this.store(this.#next(), byte);
    if (first <= YEAR) this.#taken();
  }

  /** A read of the bus, from where the pointer stands. */
  read(length: number): Uint8Array {
    this.tick();
    return Uint8Array.from({ length }, () => this.registers[this.#next()] as number);
  }

  /** A byte was written to that register. */
  protected abstract store(register: number, byte: number): void;

  /** The registers are to be as they are now. */
  protected tick(): void {
    const t = new Date(Number(this.nowNs / MS_NS));
    this.registers.set([toBcd(t.getUTCSeconds()), toBcd(t.getUTCMinutes()), this.hours(t.getUTCHours())]);
    const day = t.getUTCDay() + this.#sunday;
    this.registers.set([day, toBcd(t.getUTCDate()), toBcd(t.getUTCMonth() + 1)], 3);
    this.registers[YEAR] = toBcd(t.getUTCFullYear() % 100);
  }

  /** As its register has it. */
  protected hours(hour: number): number {
    return toBcd(hour);
  }

  protected showNs(unixNs: bigint): void {
    this.#aheadNs = unixNs - this.baseNs();
  }

  #next(): number {
    const register = this.pointer;
    this.pointer = (register + 1) % this.registers.length;
    return register;
  }

  /** A second begins with the write of its number. */
  #taken(): void {
    const [s = 0, mi = 0, h = 0, , d = 0, mo = 0, y = 0] = [...this.registers].map(
      (b) => (b >> 4) * 10 + (b & 15),
    );
    const unixSeconds = BigInt(Date.UTC(2000 + y, mo - 1, d, h, mi, s) / 1000);
    this.showNs(unixSeconds * SECOND_NS);
    this.sets.push({ unixSeconds, baseNs: this.baseNs() });
  }
}
