/**
 * New MV (Mu-Varadharajan) keys: one for the servers, many for clients, any of which could be revoked. Owns the
 * arithmetic of the trusted agent.
 *
 * q = s_1 … s_n is a product of distinct primes and p = 2q + 1 a prime; g has order q, and so live all exponents mod q.
 * With random roots x_j and the group key b:
 *   A = g^-(x_1^n + … + x_n^n)                    what the expansion of Π (x - x_j) in RFC 5906 comes to, as each x_j
 *                                                 makes the polynomial zero and its first coefficient is 1
 *   client j: xhat_j = x_j^n (1 + q/s_j),  xbar_j = b^-1 Σ_{i≠j} x_i^n
 *   servers, with s = q / (the primes of the revoked): E = A^s, gbar = g^s, ghat = g^(s b)
 * Then E^k gbar^(k xhat_j) ghat^(k xbar_j) = g^(k s x_j^n q/s_j), which is 1 exactly when s_j divides s.
 * One key must be revoked, or the encryption would be none; the last one is, as with the reference.
 * Source: RFC 5906 appendix K; shared/reference/autokey-reference.md §6.6.
 */
import type { MvKey, MvParameters } from '../identity/types.js';
import { greatestCommonDivisor, inverse, power } from '../powers/integers.js';
import { drawInteger } from '../powers/random-number.js';
import type { KeySource } from './source.js';

export interface MvAgent {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  /** master encryption key A */
  readonly a: bigint;
  /** group key */
  readonly b: bigint;
}

export interface MvKeys {
  readonly agent: MvAgent;
  readonly server: MvKey;
  /** the last is revoked */
  readonly clients: readonly MvParameters[];
}

/** Primes shorter than this are not distinct for long, and bare the exponents. */
export const MIN_MV_PRIME_BITS = 64;

const product = (factors: readonly bigint[]): bigint => factors.reduce((a, b) => a * b, 1n);

/** `count` >= 2 client keys; `bits` / `count` is the length of the primes. Hundreds of tries: seconds at 2048 bits. */
export async function makeMvKeys(source: KeySource, bits: number, count: number): Promise<MvKeys> {
  const primes = await findPrimes(source, bits, count);
  const q = product(primes);
  const p = 2n * q + 1n;
  const { random } = source;
  const coprime = (value: bigint): boolean => greatestCommonDivisor(value, q) === 1n;
  // A square has an order that divides q; this one's is q itself.
  const hasOrderQ = (root: bigint): boolean =>
    primes.every((prime) => power((root * root) % p, q / prime, p) !== 1n);
  const root = drawInteger(random, 2n, p - 2n, hasOrderQ);
  const g = (root * root) % p;
  const n = BigInt(count);
  const powers = primes.map(() => power(drawInteger(random, 2n, q - 1n, coprime), n, q));
  const sum = powers.reduce((a, b) => (a + b) % q, 0n);
  const a = power(g, q - sum, p);
  const b = drawInteger(random, 2n, q - 2n, coprime);
  const inverseB = inverse(b, q) ?? 0n;
  const clients = powers.map((own, j) => ({
    p,
    xbar: ((sum - own + q) * inverseB) % q,
    xhat: (own * (1n + q / primes[j]!)) % q,
  }));
  const s = q / primes.at(-1)!;
  const server = { p, q, e: power(a, s, p), gbar: power(g, s, p), ghat: power(g, (s * b) % q, p) };
  return { agent: { p, q, g, a, b }, server, clients };
}

/** Distinct primes with 2 s_1 … s_n + 1 prime: one of them is replaced at each try. */
async function findPrimes(source: KeySource, bits: number, count: number): Promise<readonly bigint[]> {
  const length = Math.floor(bits / count);
  const primes: bigint[] = [];
  const another = async (): Promise<bigint> => {
    for (;;) {
      const prime = await source.prime(length);
      if (!primes.includes(prime)) return prime;
    }
  };
  while (primes.length < count) primes.push(await another());
  for (let tries = 0; ; tries += 1) {
    const candidate = 2n * product(primes) + 1n;
    if (candidate % 3n !== 0n && candidate % 5n !== 0n && candidate % 7n !== 0n)
      if (await source.isPrime(candidate)) return primes;
    primes[tries % count] = await another();
  }
}
