/**
 * Symmetric keys and the message authentication codes made with them, for the hot path.
 * Where keys come from is keys-file.ts; where a MAC stands in a packet is wire/mac-trailer.ts.
 * Sources: RFC 5905 §7.3 and appendix A (prefix digest), RFC 8573 (AES-CMAC), RFC 7822 §7.5.1.4 (at most 20 bytes in v4).
 */
import { type AddressRange, isInRange } from './address-range.js';
import { Cmac } from './cmac.js';
import { CUT_DIGEST_LENGTH, DIGESTS, type DigestName, prefixDigest } from './digest.js';

export const CIPHERS = {
  'AES-128-CMAC': { keyLength: 16 },
  'AES-192-CMAC': { keyLength: 24 },
  'AES-256-CMAC': { keyLength: 32 },
} as const;

export type CipherName = keyof typeof CIPHERS;
export type KeyAlgorithm = DigestName | CipherName;

export const isCipher = (algorithm: KeyAlgorithm): algorithm is CipherName => algorithm in CIPHERS;

/** A key as data: what a keys file gives, and what is posted from thread to thread. */
export interface KeyMaterial {
  /** 1..65535 */
  readonly id: number;
  readonly algorithm: KeyAlgorithm;
  /** 1..64 bytes; a cipher's is cut or zero-filled to its key length, as ntpd and ntpsec do */
  readonly secret: Uint8Array;
  /** where it may be used; empty: anywhere */
  readonly ranges: readonly AddressRange[];
}

export interface SymmetricKey {
  /** 1..65535 */
  readonly id: number;
  readonly algorithm: KeyAlgorithm;
  /** bytes of the MAC in full, 16..64 */
  readonly digestLength: number;
  /** bytes of the MAC as version 4 carries it, 16..20 (the key ID before it not counted) */
  readonly macLength: number;
  /** where it may be used; empty: anywhere */
  readonly ranges: readonly AddressRange[];
  /**
   * Writes the MAC over bytes[0, length) to out[at ..]; `take` bytes of it, by default macLength, at most
   * digestLength. Answers how many bytes were written. `out` may be `bytes`.
   */
  computeMac(bytes: Uint8Array, length: number, out: Uint8Array, at: number, take?: number): number;
}

class DigestKey implements SymmetricKey {
  readonly digestLength: number;
  readonly macLength: number;
  readonly #secret: Uint8Array;
  constructor(
    readonly id: number,
    readonly algorithm: DigestName,
    secret: Uint8Array,
    readonly ranges: readonly AddressRange[],
  ) {
    this.#secret = secret.slice();
    this.digestLength = DIGESTS[algorithm].length;
    this.macLength = Math.min(CUT_DIGEST_LENGTH, this.digestLength);
  }
  computeMac(
    bytes: Uint8Array,
    length: number,
    out: Uint8Array,
    at: number,
    take: number = this.macLength,
  ): number {
    return prefixDigest(this.algorithm, this.#secret, bytes, length, out, at, take);
  }
}

class CipherKey implements SymmetricKey {
  readonly digestLength = 16;
  readonly macLength = 16;
  readonly #cmac: Cmac;
  constructor(
    readonly id: number,
    readonly algorithm: CipherName,
    secret: Uint8Array,
    readonly ranges: readonly AddressRange[],
  ) {
    const fitted = new Uint8Array(CIPHERS[algorithm].keyLength);
    fitted.set(secret.subarray(0, fitted.length));
    this.#cmac = new Cmac(fitted);
  }
  computeMac(bytes: Uint8Array, length: number, out: Uint8Array, at: number, take = 16): number {
    this.#cmac.compute(bytes, length, out, at, take);
    return take;
  }
}

/** A key ready for use. */
export function symmetricKey({ id, algorithm, secret, ranges }: KeyMaterial): SymmetricKey {
  return isCipher(algorithm)
    ? new CipherKey(id, algorithm, secret, ranges)
    : new DigestKey(id, algorithm, secret, ranges);
}

/** Keys ready for use, by ID. */
export const keyTable = (materials: readonly KeyMaterial[]): ReadonlyMap<number, SymmetricKey> =>
  new Map(materials.map((material) => [material.id, symmetricKey(material)]));

/** May the key be used with a peer of this address (network order, 4 or 16 bytes)? */
export function isKeyUsableFrom(key: SymmetricKey, address: Uint8Array): boolean {
  if (key.ranges.length === 0) return true;
  for (const range of key.ranges) if (isInRange(range, address)) return true;
  return false;
}

const computed = new Uint8Array(64);

/** Compares without stopping at the first difference. */
function equalInConstantTime(a: Uint8Array, b: Uint8Array, bAt: number, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i += 1) difference |= (a[i] ?? 0) ^ (b[bAt + i] ?? 0);
  return difference === 0;
}

/**
 * Is the digest at bytes[macAt + 4 ..] (macLength - 4 bytes of it, the trailer of wire/mac-trailer.ts) that of the
 * key over bytes[0, macAt)? Takes the digest cut to 20 bytes or in full, nothing else.
 */
export function verifyMac(key: SymmetricKey, bytes: Uint8Array, macAt: number, macLength: number): boolean {
  const digestLength = macLength - 4;
  if (digestLength !== key.macLength && digestLength !== key.digestLength) return false;
  if (macAt + macLength > bytes.length) return false;
  key.computeMac(bytes, macAt, computed, 0, digestLength);
  return equalInConstantTime(computed, bytes, macAt + 4, digestLength);
}

/**
 * Appends key ID and digest behind the packet bytes[0, length) and answers the new length. `macLength`: that of the
 * request when this is a reply (chrony wants a digest in full answered in full), by default the cut one.
 */
export function appendMac(
  key: SymmetricKey,
  bytes: Uint8Array,
  length: number,
  macLength: number = key.macLength + 4,
): number {
  bytes[length] = key.id >>> 24;
  bytes[length + 1] = (key.id >>> 16) & 0xff;
  bytes[length + 2] = (key.id >>> 8) & 0xff;
  bytes[length + 3] = key.id & 0xff;
  return length + 4 + key.computeMac(bytes, length, bytes, length + 4, macLength - 4);
}
