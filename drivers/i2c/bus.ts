/**
 * An I2C bus through the optional module i2c-bus, loaded when it is first opened. Owns the file descriptor; what the
 * bytes mean is the business of whoever reads them. Calls block for as long as the bus takes (a byte is about 0.1 ms
 * at 100 kHz), so nothing on the way of time uses it.
 */
import { createRequire } from 'node:module';
import { NoonmarkError } from '../../src/errors.js';

export interface I2cBus {
  /** for people: "i2c-1" */
  readonly name: string;
  /** Reads 1 .. 255 bytes from a device; throws ERR_DEVICE when it does not answer. */
  readBytes(address: number, length: number): Uint8Array;
  /** Writes 1 .. 255 bytes to a device; throws ERR_DEVICE when it does not answer. */
  writeBytes(address: number, bytes: Uint8Array): void;
  close(): void;
}

/** The part of i2c-bus that is used. */
export interface I2cBusModule {
  openSync(bus: number): {
    i2cReadSync(address: number, length: number, buffer: Buffer): number;
    i2cWriteSync(address: number, length: number, buffer: Buffer): number;
    closeSync(): void;
  };
}

const loadModule = (): I2cBusModule => createRequire(import.meta.url)('i2c-bus') as I2cBusModule;

function load(loader: () => I2cBusModule): I2cBusModule {
  try {
    return loader();
  } catch (cause) {
    throw new NoonmarkError(
      'ERR_OPTIONAL_MODULE',
      'I2C needs the optional module i2c-bus, and it does not load',
      'run `npm install i2c-bus && npm rebuild i2c-bus` (a C++ compiler and Python are needed)',
      { cause },
    );
  }
}

/** Opens /dev/i2c-N; throws ERR_OPTIONAL_MODULE, ERR_PERMISSION or ERR_DEVICE. */
export function openI2cBus(bus: number, loader: () => I2cBusModule = loadModule): I2cBus {
  const module = load(loader);
  const name = `i2c-${bus}`;
  const attempt = <T>(what: string, action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const permission = code === 'EACCES' || code === 'EPERM';
      throw new NoonmarkError(
        permission ? 'ERR_PERMISSION' : 'ERR_DEVICE',
        `${what}: ${(cause as Error).message}`,
        permission
          ? "let noonmarkd's user into the group i2c"
          : `is the bus on (\`dtparam=i2c_arm=on\`), and is the device there (\`i2cdetect -y ${bus}\`)?`,
        { cause },
      );
    }
  };
  const hex = (address: number) => `0x${address.toString(16).padStart(2, '0')}`;
  const device = attempt(`/dev/${name} cannot be opened`, () => module.openSync(bus));
  return {
    name,
    readBytes(address, length) {
      const buffer = Buffer.alloc(length);
      const count = attempt(`the device ${hex(address)} on ${name} cannot be read`, () =>
        device.i2cReadSync(address, length, buffer),
      );
      return new Uint8Array(buffer.subarray(0, count));
    },
    writeBytes(address, bytes) {
      attempt(`the device ${hex(address)} on ${name} cannot be written to`, () =>
        device.i2cWriteSync(address, bytes.length, Buffer.from(bytes)),
      );
    },
    close: () => device.closeSync(),
  };
}
