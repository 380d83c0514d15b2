/**
 * Digests and HMACs for packets: by the hasher that this thread was given, else by node:crypto. Owns that choice, for all of
 * a thread; both give the same bytes.
 */
import { createHmac, hash } from 'node:crypto';
import type { Hasher } from '../ports/hasher.js';

let hasher: Hasher | undefined;

/** For this thread, from now on; undefined: node:crypto's. */
export function useHasher(given: Hasher | undefined): void {
  hasher = given;
}

/** Writes H(bytes[0, length)) to `out`, which is as long as the digest; `name`: OpenSSL's. Throws where OpenSSL lacks it. */
export function digestInto(name: string, bytes: Uint8Array, length: number, out: Uint8Array): void {
  if (hasher?.digest(name, bytes, length, out) === true) return;
  out.set(hash(name, bytes.subarray(0, length), 'buffer'));
}

/** Writes HMAC-SHA-256(secret, bytes[0, length)) to out, 32 bytes. */
export function hmacSha256Into(secret: Uint8Array, bytes: Uint8Array, length: number, out: Uint8Array): void {
  if (hasher?.hmacSha256(secret, bytes, length, out) === true) return;
  out.set(createHmac('sha256', secret).update(bytes.subarray(0, length)).digest());
}
