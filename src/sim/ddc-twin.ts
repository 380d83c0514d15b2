/**
 * The DDC port of a receiver's twin: registers FD to FF, for messages of a bus or behind the interface of i2c-bus.
 * Source: u-blox M8 interface description, "DDC port".
 */

import type { I2cBusModule } from '../../drivers/i2c/bus.js';
import { DDC_ADDRESS, DDC_REGISTER } from '../../drivers/i2c/ddc-link.js';

const BUFFER_BYTES = 4096;

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

  /** What does not fit is lost, as when nobody reads. */
  say(bytes: Uint8Array): void {
    if (this.waiting.length + bytes.length <= BUFFER_BYTES) this.waiting.push(...bytes);
  }

  /** A message from the bus's master. */
  write(bytes: Uint8Array): void {
    const [first] = bytes;
    if (bytes.length === 1 && first !== undefined) this.#register = first;
    else this.#written(bytes);
  }

  /** One to it. */
  read(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next());
  }

  readonly module: I2cBusModule = {
    openSync: () => ({
      i2cReadSync: (address, length, buffer) => {
        this.#answer(address);
        buffer.set(this.read(length));
        return length;
      },
      i2cWriteSync: (address, length, buffer) => {
        this.#answer(address);
        this.write(Uint8Array.from(buffer.subarray(0, length)));
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
