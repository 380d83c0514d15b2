/**
 * The hash of a commitment: MD5 of the number's minimal big-endian bytes, whatever digests are configured, taken as an
 * unsigned integer (autokey-reference.md §6). It hides the commitment; nothing rests on MD5's collision resistance.
 */
import { hash } from 'node:crypto';
import { toBytes, toInteger } from '../powers/integers.js';

/** MD5 gives 16 bytes. */
export const HASH_BYTES = 16;

/** The 16 bytes of the hash of a big-endian number, its leading zeros left out first. */
export function hashOfBytes(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  return hash('md5', bytes.subarray(start), 'buffer');
}

export function hashOfNumber(value: bigint): bigint {
  const bytes = toBytes(value);
  const hashed = toInteger(hashOfBytes(bytes));
  bytes.fill(0);
  return hashed;
}
