/**
 * A private RSA key at work: signing, and opening cookies. Reading it from a file is files/, choosing a digest is the
 * certificate's scheme. The key stays inside OpenSSL's object.
 * Sources: RFC 5906 §10; autokey-reference.md §5 (signatures), RFC 8017 §7.1 and §8.2.
 */
import { constants, type KeyObject, privateDecrypt, privateEncrypt } from 'node:crypto';
import { NoonmarkError } from '../errors.js';
import { digestInfo, type SignatureDigest } from './digest.js';
import { encodeRsaPublicKey, MAX_RSA_BITS, MIN_RSA_BITS, rsaBits, rsaBytes } from './rsa.js';

export interface HostKey {
  /** of the modulus */
  readonly bits: number;
  /** RSAPublicKey, SEQUENCE of n and e: the value of a COOKIE request */
  readonly publicDer: Uint8Array;
  /**
   * PKCS#1 v1.5 signature, as long as the modulus. Throws when the modulus cannot hold the digest, which whoever loads
   * the key tells from `canSign`.
   */
  sign(digest: SignatureDigest, bytes: Uint8Array): Uint8Array;
  /** Is the modulus long enough for this digest? (512 bits: not for SHA384 and SHA512) */
  canSign(digest: SignatureDigest): boolean;
  /** What was encrypted for this key with OAEP and SHA-1; undefined: nothing that was. */
  decryptOaep(bytes: Uint8Array): Uint8Array | undefined;
}

/** Zero, type, at least eight FF and a zero precede the DigestInfo (RFC 8017 §9.2). */
const SIGNATURE_PADDING = 11;

class RsaHostKey implements HostKey {
  readonly bits: number;
  readonly publicDer: Uint8Array;
  readonly #key: KeyObject;
  readonly #bytes: number;
  constructor(key: KeyObject) {
    this.#key = key;
    this.bits = rsaBits(key);
    this.#bytes = rsaBytes(key);
    this.publicDer = encodeRsaPublicKey(key);
  }
  sign(digest: SignatureDigest, bytes: Uint8Array): Uint8Array {
    const info = digestInfo(digest, bytes);
    if (info.length + SIGNATURE_PADDING > this.#bytes)
      throw new NoonmarkError(
        'ERR_KEYS',
        `an RSA key of ${this.bits} bits is too short for signatures with ${digest}`,
        'make a longer key (noonmark keygen host) or a certificate with another digest (keygen -c)',
      );
    return privateEncrypt({ key: this.#key, padding: constants.RSA_PKCS1_PADDING }, info);
  }
  canSign(digest: SignatureDigest): boolean {
    return digestInfo(digest, new Uint8Array(0)).length + SIGNATURE_PADDING <= this.#bytes;
  }
  decryptOaep(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length !== this.#bytes) return undefined;
    try {
      return privateDecrypt(
        { key: this.#key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
        bytes,
      );
    } catch {
      return undefined;
    }
  }
}

/** A private key made ready. Throws when it is no private RSA key of 512 to 4096 bits. */
export function hostKey(key: KeyObject): HostKey {
  if (key.type !== 'private' || key.asymmetricKeyType !== 'rsa')
    throw new NoonmarkError(
      'ERR_KEYS',
      `a host or sign key must be a private RSA key, this one is ${key.type} ${key.asymmetricKeyType ?? ''}`,
      'make a new one with noonmark keygen host (DSA sign keys do not work with ntpd either)',
    );
  const bits = rsaBits(key);
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)
    throw new NoonmarkError(
      'ERR_KEYS',
      `an RSA key of ${bits} bits cannot be used, only ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`,
      'make a new one with noonmark keygen host',
    );
  return new RsaHostKey(key);
}
