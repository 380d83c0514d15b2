/** A DS3231 byte for byte, on a bus that i2c-bus's interface stands for; and /dev/rtc0 with its sysfs files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { I2cBusModule } from '../../../drivers/i2c/bus.js';
import type { DeviceCalls } from '../../../drivers/linux/device.js';
import { DS3231_ADDRESS, REGISTER, STATUS_STOPPED, toBcd } from '../../../drivers/rtc/ds3231.js';
import { RTC_SET_TIME } from '../../../drivers/rtc/kernel.js';

const REGISTERS = 19;

/** Time goes on when a test says so. */
export class TwinDs3231 {
  readonly registers = new Uint8Array(REGISTERS);
  present = true;
  unixSeconds: bigint;
  #pointer = 0;

  constructor(unixSeconds: bigint) {
    this.unixSeconds = unixSeconds;
    this.registers.set([0x1c, 0x08], REGISTER.control);
    this.registers.set([23, 0x40], REGISTER.temperature);
  }

  readonly module: I2cBusModule = {
    openSync: () => ({
      i2cReadSync: (address, length, buffer) => {
        this.#answer(address);
        this.#tick();
        for (let i = 0; i < length; i += 1) {
          buffer[i] = this.registers[this.#pointer] as number;
          this.#pointer = (this.#pointer + 1) % REGISTERS;
        }
        return length;
      },
      i2cWriteSync: (address, length, buffer) => {
        this.#answer(address);
        this.#pointer = (buffer[0] as number) % REGISTERS;
        const first = this.#pointer;
        for (let i = 1; i < length; i += 1) {
          this.registers[this.#pointer] = buffer[i] as number;
          this.#pointer = (this.#pointer + 1) % REGISTERS;
        }
        if (first === REGISTER.seconds && length === 8) this.#taken();
        return length;
      },
      closeSync() {},
    }),
  };

  /** The battery was out: it counts from the start of its calendar, and says so. */
  loseTime(): void {
    this.unixSeconds = BigInt(Date.UTC(2000, 0, 1) / 1000);
    this.registers[REGISTER.status] = (this.registers[REGISTER.status] as number) | STATUS_STOPPED;
  }

  #answer(address: number): void {
    if (!this.present || address !== DS3231_ADDRESS)
      throw Object.assign(new Error('no answer'), { code: 'EREMOTEIO' });
  }

  #tick(): void {
    const t = new Date(Number(this.unixSeconds) * 1000);
    this.registers.set([t.getUTCSeconds(), t.getUTCMinutes(), t.getUTCHours()].map(toBcd));
    this.registers.set([t.getUTCDay() + 1, toBcd(t.getUTCDate()), toBcd(t.getUTCMonth() + 1)], 3);
    this.registers[6] = toBcd(t.getUTCFullYear() % 100);
  }

  #taken(): void {
    const [s = 0, mi = 0, h = 0, , d = 0, mo = 0, y = 0] = [...this.registers].map(
      (b) => (b >> 4) * 10 + (b & 15),
    );
    this.unixSeconds = BigInt(Date.UTC(2000 + y, mo - 1, d, h, mi, s) / 1000);
  }
}

/** The kernel's view of a battery clock. */
export class TwinKernelRtc implements DeviceCalls {
  readonly sysfs = mkdtempSync(join(tmpdir(), 'noonmark-rtc-'));
  refuses = 0;
  opened = 0;
  closed = 0;
  #unixSeconds: bigint | undefined;

  constructor(unixSeconds: bigint | undefined, id = 'rtc0') {
    this.add(id, unixSeconds);
    this.#unixSeconds = unixSeconds;
  }

  add(id: string, unixSeconds: bigint | undefined): void {
    mkdirSync(join(this.sysfs, id), { recursive: true });
    writeFileSync(join(this.sysfs, id, 'name'), 'rtc-ds1307 1-0068\n');
    rmSync(join(this.sysfs, id, 'since_epoch'), { force: true });
    // Reading it fails with EINVAL when the chip has lost its time.
    if (unixSeconds !== undefined) writeFileSync(join(this.sysfs, id, 'since_epoch'), `${unixSeconds}\n`);
  }
  get unixSeconds(): bigint | undefined {
    return this.#unixSeconds;
  }
  dispose(): void {
    rmSync(this.sysfs, { recursive: true, force: true });
  }
  open(): number {
    this.opened += 1;
    return 7;
  }
  ioctl(_fd: number, request: number, argument: Uint8Array): number {
    if (request !== RTC_SET_TIME || argument.length !== 36) return -25;
    if (this.refuses !== 0) return -this.refuses;
    const field = (i: number) => new DataView(argument.buffer, argument.byteOffset).getInt32(4 * i, true);
    const ms = Date.UTC(field(5) + 1900, field(4), field(3), field(2), field(1), field(0));
    this.#unixSeconds = BigInt(ms / 1000);
    this.add('rtc0', this.#unixSeconds);
    return 0;
  }
  readable(): boolean {
    return false;
  }
  read(): number {
    return -9;
  }
  close(): void {
    this.closed += 1;
  }
}
