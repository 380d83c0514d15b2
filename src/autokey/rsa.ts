/**
 * RSA as Autokey uses it: RSAPublicKey in DER as it stands in COOKIE requests, PKCS#1 v1.5 signatures with any digest,
 * OAEP with SHA-1. All of it on public keys and hostile input: nothing here throws on what came from the wire, and the
 * numbers are bounded before OpenSSL sees them. What policy finds too weak is policy.ts.
 *
 * Signatures are taken apart by hand (public operation, DigestInfo compared as a whole), since OpenSSL's own verify
 * refuses MD4, and others under some policies. Its padding check wants FF up to the zero byte, and nothing may follow
 * the DigestInfo, which is what keeps small exponents from being forged (RFC 8017 §8.2.2).
 * Sources: RFC 8017 §7.1, §8.2, appendix A.1.1.
 */
import { constants, createPublicKey, type KeyObject, publicDecrypt, publicEncrypt } from 'node:crypto';
import {
  derElement,
  derInteger,
  derOid,
  derSequence,
  readInteger,
  readSequence,
  TAG,
  unsignedFromBytes,
} from './der.js';
import { digestInfo, type SignatureDigest } from './digest.js';

/** The smallest modulus that can carry an OAEP cookie and was ever a default (ntp-keygen 4.2.8: 512). */
export const MIN_RSA_BITS = 512;
/** A larger modulus does not fit the packets, key and signature together; a 16-kbit one is an attack. */
export const MAX_RSA_BITS = 4096;
/** Exponents above 32 bits only cost time: ours, on the main thread. */
const MAX_EXPONENT_BYTES = 5;
/** No RSAPublicKey within the bounds is longer. */
const MAX_PUBLIC_KEY_LENGTH = MAX_RSA_BITS / 8 + MAX_EXPONENT_BYTES + 16;

export type RsaKeyFault = 'not-der' | 'modulus' | 'exponent';

export interface RsaPublicKey {
  readonly key: KeyObject;
  readonly bits: number;
  readonly exponent: bigint;
}

export type ParsedRsaKey =
  | { readonly ok: true; readonly value: RsaPublicKey }
  | { readonly ok: false; readonly reason: RsaKeyFault };

const fault = (reason: RsaKeyFault): ParsedRsaKey => ({ ok: false, reason });

const RSA_ENCRYPTION = derSequence(derOid('1.2.840.113549.1.1.1'), derElement(TAG.null));

/**
 * A public key from RSAPublicKey DER (SEQUENCE of n and e). Refuses a modulus outside 512..4096 bits or even, an
 * exponent below 3, even or above 64 bits, before any arithmetic.
 */
export function parseRsaPublicKey(der: Uint8Array): ParsedRsaKey {
  if (der.length > MAX_PUBLIC_KEY_LENGTH) return fault('modulus');
  const numbers = readSequence(der, 2);
  const [modulus, publicExponent] = numbers ?? [];
  if (modulus?.tag !== TAG.integer || publicExponent?.tag !== TAG.integer) return fault('not-der');
  const exponent = readInteger(publicExponent, MAX_EXPONENT_BYTES);
  if (exponent === undefined || exponent < 3n || exponent >= 1n << 64n || exponent % 2n === 0n)
    return fault('exponent');
  const n = readInteger(modulus, MAX_RSA_BITS / 8 + 1);
  if (n === undefined || n < 0n || n % 2n === 0n) return fault('modulus');
  const bits = n.toString(2).length;
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) return fault('modulus');
  try {
    const spki = derSequence(RSA_ENCRYPTION, derElement(TAG.bitString, Uint8Array.of(0), der));
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return { ok: true, value: { key, bits, exponent } };
  } catch {
    return fault('not-der');
  }
}

/** RSAPublicKey DER of a public or private RSA key. */
export function encodeRsaPublicKey(key: KeyObject): Uint8Array {
  const { n, e } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return derSequence(
    ...[n, e].map((text) => derInteger(unsignedFromBytes(Buffer.from(text ?? '', 'base64url')))),
  );
}

/** Bits of the modulus of an RSA key; 0: it is none. */
export const rsaBits = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;

/** Bytes of the modulus, which a signature and an OAEP block have as well. */
export const rsaBytes = (key: KeyObject): number => (rsaBits(key) + 7) >> 3;

/** Is this the PKCS#1 v1.5 signature of the bytes? */
export function verifyRsa(
  key: KeyObject,
  digest: SignatureDigest,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== rsaBytes(key)) return false;
  try {
    const found = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return found.equals(digestInfo(digest, bytes));
  } catch {
    return false;
  }
}

/** OAEP with SHA-1 and an empty label; undefined: the key cannot carry so many bytes. */
export function encryptOaep(key: KeyObject, bytes: Uint8Array): Uint8Array | undefined {
  try {
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, bytes);
  } catch {
    return undefined;
  }
}
