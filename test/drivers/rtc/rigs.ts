/** Twins of chips on a bus that i2c-bus's interface stands for; and /dev/rtc0 with its sysfs files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { I2cBusModule } from '../../../drivers/i2c/bus.js';
import type { DeviceCalls } from '../../../drivers/linux/device.js';
import { DS3231_ADDRESS } from '../../../drivers/rtc/ds3231.js';
import { RTC_SET_TIME } from '../../../drivers/rtc/kernel.js';
import { RV3028_ADDRESS } from '../../../drivers/rtc/rv3028.js';
import { Ds3231Twin } from '../../support/ds3231-twin.js';
import { Rv3028Twin } from '../../support/rv3028-twin.js';

/** A bus with one chip on it, which may have fallen off. */
function busOf(
  address: number,
  chip: Pick<Ds3231Twin, 'read' | 'write'>,
  isPresent: () => boolean,
): I2cBusModule {
  const answer = (asked: number) => {
    if (!isPresent() || asked !== address) throw Object.assign(new Error('no answer'), { code: 'EREMOTEIO' });
  };
  return {
    openSync: () => ({
      i2cReadSync: (asked, length, buffer) => {
        answer(asked);
        buffer.set(chip.read(length));
        return length;
      },
      i2cWriteSync: (asked, length, buffer) => {
        answer(asked);
        chip.write(buffer.subarray(0, length));
        return length;
      },
      closeSync() {},
    }),
  };
}

/** That bus, with what is read changed on its way. */
export const withReadings = (module: I2cBusModule, change: (bytes: Buffer) => void): I2cBusModule => ({
  openSync: (bus) => {
    const real = module.openSync(bus);
    return {
      ...real,
      i2cReadSync: (address, length, buffer) => {
        const count = real.i2cReadSync(address, length, buffer);
        change(buffer);
        return count;
      },
    };
  },
});

/** Its time stands still until a test says so. */
export class TwinDs3231 {
  readonly chip: Ds3231Twin;
  present = true;
  #nowNs: bigint;

  constructor(unixSeconds: bigint) {
    this.#nowNs = unixSeconds * 1_000_000_000n;
    this.chip = new Ds3231Twin(() => this.#nowNs);
    this.module = busOf(DS3231_ADDRESS, this.chip, () => this.present);
  }

  get registers(): Uint8Array {
    return this.chip.registers;
  }
  get unixSeconds(): bigint {
    return this.chip.nowNs / 1_000_000_000n;
  }
  loseTime(): void {
    this.chip.loseTime();
  }

  readonly module: I2cBusModule;
}

/** Its time stands still but for a driver's pauses. */
export class TwinRv3028 {
  readonly chip: Rv3028Twin;
  readonly remarks: string[] = [];
  present = true;
  #nowNs: bigint;

  constructor(unixSeconds: bigint) {
    this.#nowNs = unixSeconds * 1_000_000_000n;
    this.chip = new Rv3028Twin(() => this.#nowNs);
    this.module = busOf(RV3028_ADDRESS, this.chip, () => this.present);
  }

  readonly module: I2cBusModule;
  readonly parts = {
    pause: (milliseconds: number) => {
      this.#nowNs += BigInt(milliseconds) * 1_000_000n;
    },
    remark: (level: string, text: string) => {
      this.remarks.push(`${level}: ${text}`);
    },
  };
  get unixSeconds(): bigint {
    return this.chip.nowNs / 1_000_000_000n;
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
