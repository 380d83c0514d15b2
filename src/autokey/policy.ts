/**
 * `crypto minimum BITS DIGEST`: which keys and signatures are too weak to be believed. Owns the order of strength and the
 * words that would allow a refused one; the bounds no policy can lift are rsa.ts.
 * Sources: issue 3 section 2; autokey-reference.md §5.4 (512-bit keys and MD5 were the reference's defaults).
 */
import { digestStrength, type SignatureDigest, signatureDigestNamed } from './digest.js';

export interface KeyPolicy {
  /** bits of RSA moduli, of host, sign and identity keys */
  readonly minimumBits: number;
  readonly minimumDigest: SignatureDigest;
  /** of RSA */
  readonly minimumExponent: bigint;
}

const USUAL_EXPONENT = 65_537n;
const USUAL_BITS = 1024;

/**
 * The policy of `crypto minimum BITS DIGEST`. Whoever allows less than 1024 bits allows an exponent of 3 as well, which
 * the oldest key generators chose (theirs were 512 bits).
 */
export const keyPolicy = (bits: number, digest: SignatureDigest): KeyPolicy => ({
  minimumBits: bits,
  minimumDigest: digest,
  minimumExponent: bits < USUAL_BITS ? 3n : USUAL_EXPONENT,
});

export const DEFAULT_KEY_POLICY: KeyPolicy = keyPolicy(USUAL_BITS, 'SHA1');

/** The policy of a `crypto` line; what it does not say is as in DEFAULT_KEY_POLICY. */
export const configuredPolicy = ({
  minimumBits = DEFAULT_KEY_POLICY.minimumBits,
  minimumDigest = DEFAULT_KEY_POLICY.minimumDigest,
}: {
  readonly minimumBits: number | undefined;
  readonly minimumDigest: string | undefined;
}): KeyPolicy =>
  keyPolicy(minimumBits, signatureDigestNamed(minimumDigest) ?? DEFAULT_KEY_POLICY.minimumDigest);

/** What can be weak about a key, or a signature made with it; what is undefined is not judged. */
export interface KeyStrength {
  readonly bits: number;
  readonly digest?: SignatureDigest | undefined;
  readonly exponent?: bigint | undefined;
}

export interface Weakness {
  readonly what: 'modulus' | 'digest' | 'exponent';
  /** for a person: what is weak and what the minimum is */
  readonly text: string;
  /** the configuration line that would allow it, without lowering what need not be */
  readonly allowedBy: string;
}

const weaker = (a: SignatureDigest, b: SignatureDigest): SignatureDigest =>
  digestStrength(a) < digestStrength(b) ? a : b;

/** What the policy refuses about a key; undefined: nothing. */
export function weaknessOf(strength: KeyStrength, policy: KeyPolicy): Weakness | undefined {
  const { bits, digest, exponent } = strength;
  const hasShortModulus = bits < policy.minimumBits;
  const hasWeakDigest = digest !== undefined && digestStrength(digest) < digestStrength(policy.minimumDigest);
  const hasSmallExponent = exponent !== undefined && exponent < policy.minimumExponent;
  if (!hasShortModulus && !hasWeakDigest && !hasSmallExponent) return undefined;
  const allowedBits = Math.min(policy.minimumBits, bits, hasSmallExponent ? USUAL_BITS / 2 : bits);
  const allowedDigest = digest === undefined ? policy.minimumDigest : weaker(digest, policy.minimumDigest);
  const allowedBy = `crypto minimum ${allowedBits} ${allowedDigest}`;
  if (hasShortModulus)
    return {
      what: 'modulus',
      text: `a key of ${bits} bits, less than the minimum of ${policy.minimumBits}`,
      allowedBy,
    };
  if (hasWeakDigest)
    return {
      what: 'digest',
      text: `a signature with ${digest}, weaker than the minimum of ${policy.minimumDigest}`,
      allowedBy,
    };
  return {
    what: 'exponent',
    text: `an RSA exponent of ${exponent}, less than the minimum of ${policy.minimumExponent}`,
    allowedBy,
  };
}

/** The weakest link: the fewest bits and the weakest digest of all, each by itself; undefined: there is none. */
export function weakestOf(
  links: readonly { readonly bits: number; readonly digest: SignatureDigest }[],
): { readonly bits: number; readonly digest: SignatureDigest } | undefined {
  const [first, ...rest] = links;
  if (first === undefined) return undefined;
  let { bits, digest } = first;
  for (const link of rest) {
    bits = Math.min(bits, link.bits);
    digest = weaker(link.digest, digest);
  }
  return { bits, digest };
}
