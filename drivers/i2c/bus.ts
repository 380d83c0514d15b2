/**
 * An I2C bus through the optional module i2c-bus, loaded when it is first opened. Owns the file descriptor; what the
 * bytes mean is the business of whoever reads them. Calls block for as long as the bus takes (a byte is about 0.1 ms
 * at 100 kHz), so nothing on the way of time uses it.
 */
import { NoonmarkError } from '../../src/errors.js';
import { loadOptional, type OptionalModule } from '../optional-module.js';

export interface I2cBus {
  /** for people: "i2c-1" */
  readonly name: string;
  /** Reads 1 .. 255 bytes from a device; throws ERR_DEVICE when it does not answer. */
  readBytes(address: number, length: number): Uint8Array;
  /** Writes 1 .. 255 bytes to a device; throws ERR_DEVICE when it does not answer. */
  writeBytes(address: number, bytes: Uint8Array): void;
  close(): void;
}

export const I2C_BUS: OptionalModule = { name: 'i2c-bus', use: 'I2C' };

/** The part of i2c-bus that is used. */
export interface I2cBusModule {
  openSync(bus: number): {
    i2cReadSync(address: number, length: number, buffer: Buffer): number;
    i2cWriteSync(address: number, length: number, buffer: Buffer): number;
    closeSync(): void;
  };
}

/** Opens /dev/i2c-N; throws ERR_OPTIONAL_MODULE, ERR_PERMISSION or ERR_DEVICE. */
export function openI2cBus(bus: number, load?: () => I2cBusModule): I2cBus {
  const module = loadOptional(I2C_BUS, load);
  const name = `i2c-${bus}`;
  const attempt = <T>(what: string, action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw fault(what, bus, cause);
    }
  };
  const open = () => attempt(`/dev/${name} cannot be opened`, () => module.openSync(bus));
  let opened: ReturnType<I2cBusModule['openSync']> | undefined = open();
  const use = <T>(what: string, action: (device: NonNullable<typeof opened>) => T): T => {
    opened ??= open();
    const device = opened;
    try {
      return action(device);
    } catch (cause) {
      // The module would use what it had opened for that address next time, which is set to none: the call for all.
      if (isTaken(cause)) {
        opened = undefined;
        device.closeSync();
      }
      throw fault(what, bus, cause);
    }
  };
  const hex = (address: number) => `0x${address.toString(16).padStart(2, '0')}`;
  return {
    name,
    readBytes(address, length) {
      const buffer = Buffer.alloc(length);
      const count = use(`the device ${hex(address)} on ${name} cannot be read`, (device) =>
        device.i2cReadSync(address, length, buffer),
      );
      return new Uint8Array(buffer.subarray(0, count));
    },
    writeBytes(address, bytes) {
      use(`the device ${hex(address)} on ${name} cannot be written to`, (device) =>
        device.i2cWriteSync(address, bytes.length, Buffer.from(bytes)),
      );
    },
    close: () => opened?.closeSync(),
  };
}

/** Does a driver of the kernel have the address? `cause`: what i2c-bus threw. */
export const isTaken = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'EBUSY';

function fault(what: string, bus: number, cause: unknown): NoonmarkError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const told = `${what}: ${message}`;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new NoonmarkError('ERR_PERMISSION', told, "let noonmarkd's user into the group i2c", { cause });
    case 'EBUSY':
      return new NoonmarkError(
        'ERR_DEVICE',
        `${what}: a driver of the kernel has it`,
        'use what the driver makes of it: for a clock on battery "rtc auto"',
        { cause },
      );
    default:
      return new NoonmarkError(
        'ERR_DEVICE',
        told,
        `is the bus on (\`noonmark doctor\`), and is the device there (\`i2cdetect -y ${bus}\`)?`,
        { cause },
      );
  }
}
