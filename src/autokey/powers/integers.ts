/**
 * Non-negative integers as bigint and as big-endian bytes, and the little number theory the identity schemes need.
 * Nothing here is constant-time: BigInt cannot be. Secret exponents go through Modular where OpenSSL is at hand.
 */

/** Big-endian bytes as a number; no bytes are 0. */
export const toInteger = (bytes: Uint8Array): bigint =>
  bytes.length === 0
    ? 0n
    : BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);

/** Minimal big-endian bytes; 0 is no bytes at all. `value` >= 0. */
export function toBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** Big-endian bytes of exactly `length`; throws RangeError when the value needs more. */
export function toFixedBytes(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16).padStart(2 * length, '0');
  if (hex.length > 2 * length) throw new RangeError('the number does not fit');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Number of bits without leading zeros; 0 has none. */
export const bitLength = (value: bigint): number => {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return 4 * hex.length - Math.clz32(Number.parseInt(hex[0] ?? '0', 16)) + 28;
};

export const byteLength = (value: bigint): number => Math.ceil(bitLength(value) / 8);

/** Greatest common divisor of two non-negative numbers. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** a^-1 mod m, or undefined when they share a factor. 0 <= a, m > 1. */
export function inverse(a: bigint, m: bigint): bigint | undefined {
  let [r0, r1] = [m, a % m];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  if (r0 !== 1n) return undefined;
  return t0 < 0n ? t0 + m : t0;
}

const WINDOW = 4;

/** base^exponent mod modulus; 0 <= base, 0 <= exponent, modulus > 1. Takes time by the exponent. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (exponent === 0n) return 1n;
  const b = base % modulus;
  const table = [1n, b];
  for (let i = 2; i < 1 << WINDOW; i += 1) table.push(((table[i - 1] ?? 0n) * b) % modulus);
  let result = 1n;
  for (const digit of exponent.toString(1 << WINDOW)) {
    for (let i = 0; i < WINDOW; i += 1) result = (result * result) % modulus;
    const index = Number.parseInt(digit, 1 << WINDOW);
    if (index !== 0) result = (result * (table[index] ?? 0n)) % modulus;
  }
  return result;
}
