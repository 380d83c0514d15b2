/**
 * AES-CMAC: the MAC of RFC 4493 (128-bit keys) and NIST SP 800-38B (192 and 256) over node:crypto's AES-CBC.
 * One cipher object lives as long as the key, so that a packet costs one call into OpenSSL (setting up a cipher costs
 * three times the encryption).
 */
import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK = 16;
/** Where messages are padded: one buffer for each number of blocks met so far, shared by the thread's keys. */
const messages: (Uint8Array | undefined)[] = [];

/** Doubling in GF(2^128) (RFC 4493 §2.3). */
function double(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK);
  let carry = 0;
  for (let i = BLOCK - 1; i >= 0; i -= 1) {
    const byte = block[i] ?? 0;
    out[i] = ((byte << 1) | carry) & 0xff;
    carry = byte >> 7;
  }
  if (carry === 1) out[BLOCK - 1] = (out[BLOCK - 1] ?? 0) ^ 0x87;
  return out;
}

export class Cmac {
  readonly #cipher: Cipher;
  readonly #whole: Uint8Array;
  readonly #partial: Uint8Array;
  /** The block that CBC will XOR into the next one: undone by XORing it in beforehand. */
  #chain: Uint8Array = new Uint8Array(BLOCK);

  /** key: 16, 24 or 32 bytes */
  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, new Uint8Array(BLOCK));
    this.#cipher.setAutoPadding(false);
    const zero = this.#cipher.update(new Uint8Array(BLOCK));
    this.#chain = zero;
    this.#whole = double(zero);
    this.#partial = double(this.#whole);
  }

  /** Writes the first `take` (0..16) bytes of the MAC over bytes[0, length) to out[at ..]. */
  compute(bytes: Uint8Array, length: number, out: Uint8Array, at: number, take: number): void {
    const blocks = Math.max(1, (length + BLOCK - 1) >> 4);
    messages[blocks] ??= new Uint8Array(blocks * BLOCK);
    const message = messages[blocks];
    for (let i = 0; i < length; i += 1) message[i] = bytes[i] ?? 0;
    const isWhole = length === message.length;
    if (!isWhole) {
      message[length] = 0x80;
      message.fill(0, length + 1);
    }
    const subkey = isWhole ? this.#whole : this.#partial;
    const last = message.length - BLOCK;
    for (let i = 0; i < BLOCK; i += 1) message[last + i] = (message[last + i] ?? 0) ^ (subkey[i] ?? 0);
    for (let i = 0; i < BLOCK; i += 1) message[i] = (message[i] ?? 0) ^ (this.#chain[i] ?? 0);
    const encrypted = this.#cipher.update(message);
    for (let i = 0; i < BLOCK; i += 1) this.#chain[i] = encrypted[last + i] ?? 0;
    for (let i = 0; i < take; i += 1) out[at + i] = this.#chain[i] ?? 0;
  }
}
