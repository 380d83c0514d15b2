/**
 * Memory whose address is given to the kernel (design rule 3). An address in a struct does not keep its memory alive
 * for the collector, so everything a driver points to is taken from one arena that the driver holds for its life.
 * Owns allocation and the writing of addresses; knows no struct.
 */
import { NoonmarkError } from '../../src/errors.js';
import { abi } from './abi.js';
import { alignUp } from './layout.js';
import { addressOf } from './libc.js';

/** A piece of an arena. The address is right while the arena is alive, and only then. */
export interface Region {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: bigint;
  /** offset of the piece within the arena */
  readonly start: number;
}

export class Arena {
  readonly #buffer: ArrayBuffer;
  readonly #base: bigint;
  #used = 0;

  /** `capacity`: bytes, all of them taken at once. */
  constructor(capacity: number) {
    this.#buffer = new ArrayBuffer(capacity);
    this.#base = addressOf(new Uint8Array(this.#buffer));
  }

  /** The next `length` zeroed bytes at a multiple of `alignment` (a power of two up to 16). */
  take(length: number, alignment = 8): Region {
    const start = alignUp(this.#used, alignment);
    if (start + length > this.#buffer.byteLength) {
      throw new NoonmarkError(
        'ERR_SYSCALL',
        `a kernel memory arena of ${this.#buffer.byteLength} bytes has no room for ${length} more`,
        'report this: the driver reckoned its memory wrong',
      );
    }
    this.#used = start + length;
    return {
      bytes: new Uint8Array(this.#buffer, start, length),
      view: new DataView(this.#buffer, start, length),
      address: this.#base + BigInt(start),
      start,
    };
  }

  /** The whole of it as 32-bit words, for copies without allocation. */
  words(): Int32Array {
    return new Int32Array(this.#buffer, 0, Math.floor(this.#buffer.byteLength / 4));
  }
}

/** Writes an address or a size_t in the width of this machine. */
export function writeWord(view: DataView, offset: number, value: bigint | number): void {
  if (abi().wordSize === 8) view.setBigUint64(offset, BigInt(value), true);
  else view.setUint32(offset, Number(value), true);
}
