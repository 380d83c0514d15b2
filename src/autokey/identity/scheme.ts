/**
 * The three challenge schemes behind one door: which numbers a challenge may have, how many bytes it takes, and how answers
 * look on the wire. Owns the dispatch by scheme; the equations are gq, iff and mv's, the fast ways powers/'s.
 */
import type { Random } from '../../ports/random.js';
import { bitLength, byteLength, greatestCommonDivisor, toFixedBytes, toInteger } from '../powers/integers.js';
import { drawInteger } from '../powers/random-number.js';
import {
  type IdentityRefusal,
  refuseChallenge,
  refuseGqParameters,
  refuseIffParameters,
  refuseMvParameters,
} from './bounds.js';
import { decodeMvProof, decodeProofPair, encodeMvProof, encodeProofPair } from './der.js';
import { answerGq, checkGq } from './gq.js';
import { answerIff, checkIff } from './iff.js';
import { answerMv, checkMv } from './mv.js';
import type { GqKey, GqParameters, IffKey, IffParameters, MvKey, MvParameters } from './types.js';
import { type IdentityVerdict, refused } from './verdict.js';

export type IdentityScheme = 'gq' | 'iff' | 'mv';

/** What a client of a group holds. */
export type IdentityParameters =
  | { readonly scheme: 'gq'; readonly parameters: GqParameters }
  | { readonly scheme: 'iff'; readonly parameters: IffParameters }
  | { readonly scheme: 'mv'; readonly parameters: MvParameters };

/** What a server of a group holds. */
export type IdentityKey =
  | { readonly scheme: 'gq'; readonly key: GqKey }
  | { readonly scheme: 'iff'; readonly key: IffKey }
  | { readonly scheme: 'mv'; readonly key: MvKey };

/** The number whose size a challenge has: n, q or p. */
export function challengeLimit(held: IdentityParameters | IdentityKey): bigint {
  const numbers = 'key' in held ? held.key : held.parameters;
  if (held.scheme === 'gq') return (numbers as GqParameters).n;
  return held.scheme === 'iff' ? (numbers as IffParameters).q : (numbers as MvParameters).p;
}

/** Sizes and ranges of what a file or a certificate gave; undefined: usable. */
export function refuseParameters(held: IdentityParameters): IdentityRefusal | undefined {
  switch (held.scheme) {
    case 'gq':
      return refuseGqParameters(held.parameters);
    case 'iff':
      return refuseIffParameters(held.parameters);
    case 'mv':
      return refuseMvParameters(held.parameters);
  }
}

/**
 * A fresh challenge, big-endian, as long as n (GQ), q (IFF) or p (MV) and below it, or a byte shorter where the limit's
 * first byte leaves few numbers. Its top byte is not zero: the reference writes a number in its natural length to the
 * front of its buffer, and a leading zero would be lost. `held` has passed refuseParameters.
 */
export function makeChallenge(held: IdentityParameters, random: Random): Uint8Array {
  const limit = challengeLimit(held);
  const spare = bitLength(limit) % 8;
  const isFull = spare === 0 || spare > 3;
  const length = isFull ? byteLength(limit) : byteLength(limit) - 1;
  const highest = isFull ? limit - 1n : (1n << BigInt(8 * length)) - 1n;
  return toFixedBytes(drawInteger(random, 1n << BigInt(8 * (length - 1)), highest), length);
}

/** The one-time secret of an answer: uniform, never used twice. */
export function drawNonce(held: IdentityKey, random: Random): bigint {
  switch (held.scheme) {
    case 'gq':
      return drawInteger(random, 2n, held.key.n - 2n, (k) => greatestCommonDivisor(k, held.key.n) === 1n);
    case 'iff':
      return drawInteger(random, 1n, held.key.q - 1n);
    case 'mv':
      return drawInteger(random, 1n, held.key.q - 1n, (k) => greatestCommonDivisor(k, held.key.q) === 1n);
  }
}

/**
 * The textbook answer, DER, with a k from `random`; the plain way beside powers/, which gives the same from pools.
 * A refused challenge is a value: the responder sends the error bit.
 */
export function answerChallenge(
  held: IdentityKey,
  challenge: Uint8Array,
  random: Random,
):
  | { readonly ok: true; readonly answer: Uint8Array }
  | { readonly ok: false; readonly refusal: IdentityRefusal } {
  const refusal = refuseChallenge(challenge, challengeLimit(held));
  if (refusal !== undefined) return { ok: false, refusal };
  const r = toInteger(challenge);
  const k = drawNonce(held, random);
  switch (held.scheme) {
    case 'gq':
      return { ok: true, answer: encodeProofPair(answerGq(held.key, r, k)) };
    case 'iff':
      return { ok: true, answer: encodeProofPair(answerIff(held.key, r, k)) };
    case 'mv':
      return { ok: true, answer: encodeMvProof(answerMv(held.key, r, k)) };
  }
}

export interface IdentityQuestion {
  readonly held: IdentityParameters;
  /** what we sent */
  readonly challenge: Uint8Array;
  /** GQ: of the trusted certificate that the trail ends at; the other schemes have theirs in the parameters */
  readonly publicValue?: bigint | undefined;
  /** accept the equation of a 4.2.8p15 with stock GQ files too */
  readonly compat?: boolean;
}

/** The whole check of an answer as it came from the wire. Never throws. */
export function checkAnswer(question: IdentityQuestion, answer: Uint8Array): IdentityVerdict {
  const { held, challenge, publicValue, compat = false } = question;
  const refusal = refuseParameters(held) ?? refuseChallenge(challenge, challengeLimit(held));
  if (refusal !== undefined) return refused(refusal);
  const r = toInteger(challenge);
  if (held.scheme === 'mv') {
    const proof = decodeMvProof(answer);
    return proof.ok ? checkMv(held.parameters, r, proof.value) : refused('answer-malformed');
  }
  const proof = decodeProofPair(answer);
  if (!proof.ok) return refused('answer-malformed');
  if (held.scheme === 'iff') return checkIff(held.parameters, r, proof.value);
  if (publicValue === undefined) return refused('public-value-range');
  return checkGq({ parameters: held.parameters, v: publicValue, r, compat }, proof.value);
}
