/**
 * What numbers may be before anything is computed with them: keys from files, challenges and answers from the wire.
 * Owns the sizes and the refusals; knows no scheme's equation.
 */
import { bitLength, byteLength, greatestCommonDivisor, toInteger } from '../powers/integers.js';
import type { GqParameters, IffParameters, MvKey, MvParameters } from './types.js';

export const LIMITS = {
  /** ntp-keygen's old default */
  minModulusBits: 256,
  /** what fits into a packet with its signature, with room; a 16-kbit modulus is an attack */
  maxModulusBits: 4096,
  /** GQ's b: who answers at random is caught except once in b challenges */
  minGqExponentBits: 64,
  /** IFF's q is the size of the challenge */
  minSubgroupBits: 160,
  maxSubgroupBits: 512,
} as const;

/** Why an answer, a challenge or a key is refused; all are counted, none is thrown. */
export type IdentityRefusal =
  | 'modulus-size'
  | 'modulus-even'
  | 'exponent-size'
  | 'exponent-range'
  | 'generator-range'
  | 'public-value-range'
  | 'challenge-size'
  | 'challenge-range'
  | 'answer-malformed'
  | 'answer-range'
  | 'answer-shares-factor'
  | 'not-proved';

export const IDENTITY_REFUSALS: Readonly<Record<IdentityRefusal, string>> = {
  'modulus-size': `the modulus is not of ${LIMITS.minModulusBits} to ${LIMITS.maxModulusBits} bits`,
  'modulus-even': 'the modulus is even',
  'exponent-size': 'the group exponent is too short or longer than the modulus',
  'exponent-range': 'the exponent is outside its range',
  'generator-range': 'the generator is 0, 1 or -1, or not below the modulus',
  'public-value-range':
    "the group's public value is 0, 1 or -1, shares a factor with the modulus, or is not below it",
  'challenge-size': 'the challenge is empty or longer than the modulus',
  'challenge-range': 'the challenge is zero',
  'answer-malformed': 'the answer is not the DER sequence expected',
  'answer-range': 'the answer is 0, 1 or -1, or not below the modulus',
  'answer-shares-factor': 'the answer shares a factor with the modulus',
  'not-proved': 'the answer does not prove that its sender holds the group key',
};

/** Neither 0, 1 nor -1 mod m, whose powers prove nothing, and reduced. */
export const isPlain = (value: bigint, m: bigint): boolean => value > 1n && value < m - 1n;

function refuseModulus(m: bigint): IdentityRefusal | undefined {
  const bits = bitLength(m);
  if (bits < LIMITS.minModulusBits || bits > LIMITS.maxModulusBits) return 'modulus-size';
  return m % 2n === 0n ? 'modulus-even' : undefined;
}

export function refuseGqParameters({ n, b }: GqParameters): IdentityRefusal | undefined {
  const modulus = refuseModulus(n);
  if (modulus !== undefined) return modulus;
  const bits = bitLength(b);
  return bits < LIMITS.minGqExponentBits || bits > bitLength(n) ? 'exponent-size' : undefined;
}

/** v of a certificate: from the wire like any other number. The modulus is known to be of a sound size. */
export function refuseGqPublicValue(n: bigint, v: bigint): IdentityRefusal | undefined {
  return isPlain(v, n) && greatestCommonDivisor(v, n) === 1n ? undefined : 'public-value-range';
}

/** Sizes and ranges alone: that q divides p - 1 and that g and v are of order q is checked when a file is loaded. */
export function refuseIffParameters({ p, q, g, v }: IffParameters): IdentityRefusal | undefined {
  const modulus = refuseModulus(p);
  if (modulus !== undefined) return modulus;
  const bits = bitLength(q);
  if (bits < LIMITS.minSubgroupBits || bits > LIMITS.maxSubgroupBits || bits > bitLength(p))
    return 'exponent-size';
  if (q % 2n === 0n) return 'exponent-range';
  if (!isPlain(g, p)) return 'generator-range';
  return isPlain(v, p) ? undefined : 'public-value-range';
}

export function refuseMvParameters({ p, xbar, xhat }: MvParameters): IdentityRefusal | undefined {
  const modulus = refuseModulus(p);
  if (modulus !== undefined) return modulus;
  const exponents = [xbar, xhat];
  return exponents.every((x) => x > 1n && x < p) ? undefined : 'exponent-range';
}

export function refuseMvKey({ p, q, e, gbar, ghat }: MvKey): IdentityRefusal | undefined {
  const modulus = refuseModulus(p);
  if (modulus !== undefined) return modulus;
  if (bitLength(q) < LIMITS.minSubgroupBits || q >= p) return 'exponent-size';
  return [e, gbar, ghat].every((x) => isPlain(x, p)) ? undefined : 'generator-range';
}

/** As refuseChallenge, for who has reckoned the limit's length in bytes before: no number is made. */
export function refuseChallengeBytes(challenge: Uint8Array, limitBytes: number): IdentityRefusal | undefined {
  if (challenge.length === 0 || challenge.length > limitBytes) return 'challenge-size';
  return challenge.some((byte) => byte !== 0) ? undefined : 'challenge-range';
}

/**
 * A challenge as it came. Its value may exceed the modulus: the reference sends a short number followed by what its buffer
 * held (autokey-reference.md §5), and as an exponent or factor it is as good as any. `limit`: n, q or p.
 */
export function refuseChallenge(challenge: Uint8Array, limit: bigint): IdentityRefusal | undefined {
  if (challenge.length === 0 || challenge.length > byteLength(limit)) return 'challenge-size';
  return toInteger(challenge) % limit === 0n ? 'challenge-range' : undefined;
}
