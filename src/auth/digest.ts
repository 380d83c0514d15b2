/**
 * The digest of a secret followed by a packet, cut to what NTP carries: keys of a file and Autokey's session keys alike.
 * It is a plain prefix digest, not HMAC (RFC 5905 §7.3; autokey-reference.md §5.1).
 */
import { hash } from 'node:crypto';
import { digestInto } from './hashing.js';

export const DIGESTS = {
  MD5: { openssl: 'md5', length: 16 },
  SHA1: { openssl: 'sha1', length: 20 },
  SHA224: { openssl: 'sha224', length: 28 },
  SHA256: { openssl: 'sha256', length: 32 },
  SHA384: { openssl: 'sha384', length: 48 },
  SHA512: { openssl: 'sha512', length: 64 },
  'SHA3-224': { openssl: 'sha3-224', length: 28 },
  'SHA3-256': { openssl: 'sha3-256', length: 32 },
  'SHA3-384': { openssl: 'sha3-384', length: 48 },
  'SHA3-512': { openssl: 'sha3-512', length: 64 },
  SHAKE128: { openssl: 'shake128', length: 16 },
  RIPEMD160: { openssl: 'ripemd160', length: 20 },
} as const;

export type DigestName = keyof typeof DIGESTS;

/** Digests longer than this are cut to it in version 4 (RFC 7822 §7.5.1.4). */
export const CUT_DIGEST_LENGTH = 20;

const MAX_SECRET = 64;
const MAX_MESSAGE = 2200;
/** One per thread; holds secret and packet side by side because OpenSSL's one-shot call wants one piece. */
const scratch = new Uint8Array(MAX_SECRET + MAX_MESSAGE);
/** Of each length a digest has, one to be filled again and again. */
const results = new Map<number, Uint8Array>();

function resultOf(length: number): Uint8Array {
  let result = results.get(length);
  if (result === undefined) {
    result = new Uint8Array(length);
    results.set(length, result);
  }
  return result;
}

/** Can this machine's OpenSSL compute it? (RIPEMD-160 and, under FIPS, MD5 may be missing.) */
export function isDigestAvailable(name: DigestName): boolean {
  try {
    hash(DIGESTS[name].openssl, '', 'buffer');
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes the first `take` bytes of H(secret | bytes[0, length)) to out[at ..] and answers `take`.
 * secret: at most 64 bytes; length: at most 2200.
 */
export function prefixDigest(
  name: DigestName,
  secret: Uint8Array,
  bytes: Uint8Array,
  length: number,
  out: Uint8Array,
  at: number,
  take: number,
): number {
  const total = secret.length + length;
  if (secret.length > MAX_SECRET || length > MAX_MESSAGE) throw new RangeError('secret or packet too long');
  for (let i = 0; i < secret.length; i += 1) scratch[i] = secret[i] ?? 0;
  for (let i = 0; i < length; i += 1) scratch[secret.length + i] = bytes[i] ?? 0;
  const { openssl, length: digestLength } = DIGESTS[name];
  const digest = resultOf(digestLength);
  digestInto(openssl, scratch, total, digest);
  for (let i = 0; i < take; i += 1) out[at + i] = digest[i] ?? 0;
  return take;
}
