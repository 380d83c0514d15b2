/**
 * The DDC port of a receiver's twin: registers FD to FF behind the interface of i2c-bus.
 * Source: u-blox M8 interface description, "DDC port".
 */

import type { I2cBusModule } from '../../drivers/i2c/bus.js';
import { DDC_ADDRESS, DDC_REGISTER } from '../../drivers/i2c/ddc-link.js';

export class DdcTwin {
  /** answers to its address */
  present = true;
  /** what waits to be read */
  waiting: number[] = [];
  #register: number = DDC_REGISTER.stream;
  readonly #written: (bytes: Uint8Array) => void;

  /** `written`: bytes for the receiver. */
  constructor(written: (bytes: Uint8Array) => void = () => {}) {
    this.#written = written;
  }

  say(bytes: Uint8Array): void {
    this.waiting.push(...bytes);
  }

  readonly module: I2cBusModule = {
    openSync: () => ({
      i2cReadSync: (address, length, buffer) => {
        this.#answer(address);
        for (let i = 0; i < length; i += 1) buffer[i] = this.#next();
        return length;
      },
      i2cWriteSync: (address, length, buffer) => {
        this.#answer(address);
        if (length === 1) this.#register = buffer[0] as number;
        else this.#written(Uint8Array.from(buffer.subarray(0, length)));
        return length;
      },
      closeSync() {},
    }),
  };

  #answer(address: number): void {
    if (!this.present || address !== DDC_ADDRESS)
      throw Object.assign(new Error('no answer'), { code: 'EREMOTEIO' });
  }

  #next(): number {
    const register = this.#register;
    this.#register = Math.min(DDC_REGISTER.stream, register + 1);
    if (register === DDC_REGISTER.count) return this.waiting.length >> 8;
    if (register === DDC_REGISTER.count + 1) return this.waiting.length & 0xff;
    return register === DDC_REGISTER.stream ? (this.waiting.shift() ?? 0xff) : 0;
  }
}
