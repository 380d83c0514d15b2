/**
 * Digests and HMACs in one call, written where the caller says. node:crypto makes objects for each, whose collection holds a
 * thread up; who answers packets may be given another implementation (drivers/openssl/hasher.ts).
 */
export interface Hasher {
  /** H(bytes[0, length)) to `out`, which is as long as the digest; `name` as OpenSSL's. False: it cannot; nothing was written. */
  digest(name: string, bytes: Uint8Array, length: number, out: Uint8Array): boolean;
  /** HMAC-SHA-256 of bytes[0, length) to out[0, 32). False: it cannot. */
  hmacSha256(secret: Uint8Array, bytes: Uint8Array, length: number, out: Uint8Array): boolean;
}
