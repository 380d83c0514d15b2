/**
 * What key generation asks of the machine: primes, RSA keys, DSA groups and random bytes. Implemented by
 * openssl-source.ts; the tests use small numbers of their own.
 */
import type { Random } from '../../ports/random.js';
import type { RsaNumbers } from '../files/private-key.js';

export interface DsaGroup {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
}

export interface KeySource {
  readonly random: Random;
  /** a random prime of exactly so many bits */
  prime(bits: number): Promise<bigint>;
  isPrime(value: bigint): Promise<boolean>;
  /** an RSA key with exponent 65537; bits >= 512 */
  rsa(bits: number): Promise<RsaNumbers>;
  /** p of `bits` and q of `qBits`, both prime, q divides p-1, g of order q */
  dsaGroup(bits: number, qBits: number): Promise<DsaGroup>;
}
