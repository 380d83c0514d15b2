/** Fresh small keys of each scheme for tests: real sizes where it costs nothing, primes by node:crypto. */
import { generatePrimeSync, randomBytes } from 'node:crypto';
import type { GqKey, IffKey, MvKey, MvParameters } from '../../../src/autokey/identity/types.js';
import { greatestCommonDivisor, inverse, power, toInteger } from '../../../src/autokey/powers/integers.js';

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
export const below = (limit: bigint): bigint =>
  (toInteger(randomBytes(limit.toString(16).length)) % (limit - 3n)) + 2n;

/** With one of the factors of n, to make answers that share it. */
export function gqKey(bits = 512): GqKey & { readonly factor: bigint } {
  const [factor, other] = [prime(bits / 2), prime(bits / 2)];
  const n = factor * other;
  for (;;) {
    const [b, u] = [below(n), below(n)];
    const back = inverse(u, n);
    if (back !== undefined && greatestCommonDivisor(b, n) === 1n)
      return { n, b, u, v: power(back, b, n), factor };
  }
}

export function iffKey(bits = 512, subgroupBits = 160): IffKey {
  const q = prime(subgroupBits);
  const p = generatePrimeSync(bits, { bigint: true, add: 2n * q, rem: 1n });
  let g = 1n;
  while (g === 1n) g = power(below(p), (p - 1n) / q, p);
  const b = below(q);
  return { p, q, g, b, v: power(g, q - b, p) };
}

/**
 * A group of one client, by RFC 5906 appendix E: the key of the polynomial (x - x1)(x - x2), whose coefficients in the
 * exponent of g cancel for x1 and x2 alone.
 */
export function mvKeys(bits = 512): { readonly server: MvKey; readonly client: MvParameters } {
  const q = prime(192);
  const p = generatePrimeSync(bits, { bigint: true, add: 2n * q, rem: 1n });
  let g = 1n;
  while (g === 1n) g = power(below(p), (p - 1n) / q, p);
  const mod = (x: bigint) => ((x % q) + q) % q;
  // E = g^s, gbar = g^beta, ghat = g^beta' with s + beta xhat + beta' xbar = 0 mod q for the client's pair.
  const [beta, beta2, xhat] = [below(q), below(q), below(q)];
  const xbar = below(q);
  const s = mod(-(beta * xhat + beta2 * xbar));
  return {
    server: { p, q, e: power(g, s, p), gbar: power(g, beta, p), ghat: power(g, beta2, p) },
    client: { p, xbar, xhat },
  };
}
