/**
 * MV (Mu-Varadharajan): the server encrypts the challenge under the group key, and each client decrypts with a key of its
 * own: p-slot = r E^k, q-slot = gbar^k, g-slot = ghat^k; the client checks q^xhat g^xbar p = r, all mod p. No hash.
 * Sources: RFC 5906 appendix E; autokey-reference.md §6.6.
 */
import { power } from '../powers/integers.js';
import { type IdentityRefusal, isPlain, refuseMvParameters } from './bounds.js';
import type { MvKey, MvParameters, MvProof } from './types.js';
import { type IdentityVerdict, proved, refused } from './verdict.js';

/** The textbook's answer. k: secret, uniform in [1, q-1], coprime to q, used once. */
export function answerMv({ p, e, gbar, ghat }: MvKey, r: bigint, k: bigint): MvProof {
  return { p: (r * power(e, k, p)) % p, q: power(gbar, k, p), g: power(ghat, k, p) };
}

/** Before any power: (r, 1, 1) satisfies the equation and needs no key, and so it does with signs. */
export function refuseMvProof(
  parameters: MvParameters,
  r: bigint,
  answer: MvProof,
): IdentityRefusal | undefined {
  const wrong = refuseMvParameters(parameters);
  if (wrong !== undefined) return wrong;
  const { p } = parameters;
  const isSound = isPlain(answer.q, p) && isPlain(answer.g, p) && answer.p > 0n && answer.p < p;
  return isSound && answer.p !== r && answer.p !== p - r ? undefined : 'answer-range';
}

/** r: our challenge, 0 < r < p. */
export function checkMv(parameters: MvParameters, r: bigint, answer: MvProof): IdentityVerdict {
  const wrong = refuseMvProof(parameters, r, answer);
  if (wrong !== undefined) return refused(wrong);
  const { p, xbar, xhat } = parameters;
  const plain = (((power(answer.q, xhat, p) * power(answer.g, xbar, p)) % p) * answer.p) % p;
  return plain === r ? proved() : refused('not-proved');
}
