/**
 * IFF (Schnorr): y = k + b r mod q and hash = H(g^k mod p); the client checks H(g^y v^r mod p) = hash with v = g^(q-b).
 * k is a nonce of the DSA kind: uniform, used once, or b leaks. Who knows p, q, g and v can answer without b, so the
 * parameters stay inside the group. Sources: RFC 5906 appendix C; autokey-reference.md §6.5.
 */
import { power } from '../powers/integers.js';
import { type IdentityRefusal, refuseIffParameters } from './bounds.js';
import { hashOfNumber } from './hash.js';
import type { IffKey, IffParameters, ProofPair } from './types.js';
import { type IdentityVerdict, proved, refused } from './verdict.js';

/** The textbook's answer. k: secret, uniform in [1, q-1], used once. */
export function answerIff({ p, q, g, b }: IffKey, r: bigint, k: bigint): ProofPair {
  return { y: (k + b * r) % q, hash: hashOfNumber(power(g, k, p)) };
}

/** Before any power: y = 0 with hash = H(v^r) proves nothing, and neither does a v of small order. */
export function refuseIffProof(parameters: IffParameters, { y }: ProofPair): IdentityRefusal | undefined {
  const wrong = refuseIffParameters(parameters);
  if (wrong !== undefined) return wrong;
  return y > 0n && y < parameters.q ? undefined : 'answer-range';
}

/** r: our challenge, 0 < r < q. */
export function checkIff(parameters: IffParameters, r: bigint, proof: ProofPair): IdentityVerdict {
  const wrong = refuseIffProof(parameters, proof);
  if (wrong !== undefined) return refused(wrong);
  const { p, g, v } = parameters;
  const x = (power(g, proof.y, p) * power(v, r, p)) % p;
  return hashOfNumber(x) === proof.hash ? proved() : refused('not-proved');
}

/** Once, when a file is loaded: g and v generate the subgroup of order q (two powers). Sizes are checked first. */
export function refuseIffGroup(parameters: IffParameters): IdentityRefusal | undefined {
  const wrong = refuseIffParameters(parameters);
  if (wrong !== undefined) return wrong;
  const { p, q, g, v } = parameters;
  if ((p - 1n) % q !== 0n) return 'exponent-range';
  if (power(g, q, p) !== 1n) return 'generator-range';
  return power(v, q, p) === 1n ? undefined : 'public-value-range';
}
