/**
 * Guillou-Quisquater as Autokey uses it: answer and check by the textbook, and the equation of 4.2.8p15's responder with
 * stock files. Server: y = k u^r, hash = H(k^b); client: H(y^b v^r) = hash, all mod n.
 * In two messages there is no commitment before the challenge: whoever knows n, b and v can answer, so everything rests on
 * b staying inside the group. Pools and tables are powers/'s.
 * Sources: RFC 5906 appendix D; autokey-reference.md §6.1, 6.4.
 */
import { greatestCommonDivisor, inverse, power } from '../powers/integers.js';
import { type IdentityRefusal, isPlain, refuseGqParameters, refuseGqPublicValue } from './bounds.js';
import { hashOfNumber } from './hash.js';
import type { GqKey, GqParameters, ProofPair } from './types.js';
import { type IdentityVerdict, proved, refused } from './verdict.js';

/** The textbook's answer. k: secret, of [2, n-2], coprime to n, used once. */
export function answerGq({ n, b, u }: GqKey, r: bigint, k: bigint): ProofPair {
  return { y: (k * power(u, r, n)) % n, hash: hashOfNumber(power(k, b, n)) };
}

/**
 * What has to hold before any power is computed. y = 1 with hash = H(v^r) satisfies the equation and is known to everybody
 * who has seen the certificate; likewise 0 and -1.
 */
export function refuseGqProof(
  parameters: GqParameters,
  v: bigint,
  { y }: ProofPair,
): IdentityRefusal | undefined {
  const { n } = parameters;
  const wrong = refuseGqParameters(parameters) ?? refuseGqPublicValue(n, v);
  if (wrong !== undefined) return wrong;
  if (!isPlain(y, n)) return 'answer-range';
  return greatestCommonDivisor(y, n) === 1n ? undefined : 'answer-shares-factor';
}

export interface GqQuestion {
  readonly parameters: GqParameters;
  /** of the trusted certificate that the trail ends at */
  readonly v: bigint;
  /** our challenge */
  readonly r: bigint;
  /** also accept what a 4.2.8p15 with stock files answers (`crypto compat ntpd-4.2.8p15`) */
  readonly compat?: boolean;
}

export function checkGq({ parameters, v, r, compat = false }: GqQuestion, proof: ProofPair): IdentityVerdict {
  const wrong = refuseGqProof(parameters, v, proof);
  if (wrong !== undefined) return refused(wrong);
  const { n, b } = parameters;
  if (hashOfNumber((power(proof.y, b, n) * power(v, r, n)) % n) === proof.hash) return proved();
  return compat ? checkGqQuirk(parameters, r, proof) : refused('not-proved');
}

/**
 * A 4.2.8p15 with stock files takes b for u and 1 for b: y = k b^r, hash = H(k). So H(y b^-r) = hash, which only who knows
 * b can bring about (autokey-reference.md §6.4). The refusals of refuseGqProof come first.
 */
export function checkGqQuirk({ n, b }: GqParameters, r: bigint, { y, hash }: ProofPair): IdentityVerdict {
  const back = inverse(power(b, r, n), n);
  if (back === undefined) return refused('exponent-range');
  const k = (y * back) % n;
  return isPlain(k, n) && hashOfNumber(k) === hash ? proved('ntpd-4.2.8p15') : refused('not-proved');
}
