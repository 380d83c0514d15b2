/**
 * New GQ and IFF keys. Owns the arithmetic of the trusted agent; MV is mv-keys.ts.
 * Sources: RFC 5906 appendices I and J; shared/reference/autokey-reference.md §6.1, §6.5.
 */
import type { GqKey, IffKey } from '../identity/types.js';
import { greatestCommonDivisor, inverse, power } from '../powers/integers.js';
import { drawInteger } from '../powers/random-number.js';
import type { KeySource } from './source.js';

/**
 * A GQ key: n = p q, whose primes are forgotten; a group key b; u private, v = (u^-1)^b mod n. The reference takes any
 * number as b; a prime, as Guillou and Quisquater have it, works with all daemons as well.
 */
export async function makeGqKey(source: KeySource, bits: number): Promise<GqKey> {
  const { n } = await source.rsa(bits);
  const b = await source.prime(bits - 1);
  for (;;) {
    const u = drawInteger(source.random, 2n, n - 2n, (value) => greatestCommonDivisor(value, n) === 1n);
    const v = power(inverse(u, n) ?? 0n, b, n);
    // Such a v would prove nothing (verifiers refuse it).
    if (v > 1n && v < n - 1n) return { n, b, u, v };
  }
}

/** An IFF key: a DSA group, b private, v = g^(q-b) mod p. q has 256 bits from a modulus of 2048 on, else 160. */
export async function makeIffKey(source: KeySource, bits: number): Promise<IffKey> {
  const { p, q, g } = await source.dsaGroup(bits, bits >= 2048 ? 256 : 160);
  const b = drawInteger(source.random, 2n, q - 2n);
  return { p, q, g, b, v: power(g, q - b, p) };
}
