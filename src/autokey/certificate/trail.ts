/**
 * The trail: from a host's certificate by its issuers to one that is trusted. Owns the walk over certificates already
 * received and what it ends in; asking for a missing one and keeping those received is the dance's business.
 *
 * Two ends are good: a self-signed certificate with the trustRoot usage, and a child signed by our own trusted
 * certificate, which 4.2.8 refuses as a loop, so that two peers of which one is trusted never got together
 * (old-reference.md §5), and which July 2006 took. Private certificates are on no trail; they are never sent.
 * Sources: RFC 5906 §5 and §9.2; autokey-reference.md §4.
 */
import type { SignatureDigest } from '../digest.js';
import { type KeyPolicy, weakestOf } from '../policy.js';
import type { Certificate } from './parse.js';
import {
  type CertificateRefusal,
  checkCertificate,
  checkIssuer,
  isSelfSigned,
  strengthOf,
  timeRefusal,
} from './verify.js';

/** Longer ones do not occur: strata end at 15. */
export const MAX_TRAIL_LENGTH = 16;
/** Certificates of one name that are tried as an issuer: each costs a public-key operation. */
const MAX_CANDIDATES = 4;
/** Public-key operations on one walk. */
const MAX_OPERATIONS = 64;

/** A trail that ends well. */
export interface Trail {
  /** from the host's own to the last one received; at least one */
  readonly certificates: readonly Certificate[];
  /** the trusted one: the last of `certificates`, or our own */
  readonly root: Certificate;
  /** does it end in our own trusted certificate? */
  readonly isOwnChild: boolean;
  /** the weakest modulus and digest on it */
  readonly weakest: { readonly bits: number; readonly digest: SignatureDigest };
}

export type TrailResult =
  | { readonly kind: 'complete'; readonly trail: Trail }
  /** no certificate of this name has been received yet: ask for it */
  | { readonly kind: 'missing'; readonly name: string }
  | {
      readonly kind: 'refused';
      /** loop: the trail comes back to a host on it; untrusted: a self-signed certificate of an untrusted host */
      readonly what: CertificateRefusal['what'] | 'loop' | 'too-long' | 'untrusted' | 'private';
      /** for a person */
      readonly text: string;
      readonly refusal: CertificateRefusal | undefined;
    };

export interface TrailContext {
  /** certificates received for a subject, in any order */
  readonly find: (subject: string) => readonly Certificate[];
  /** our own self-signed certificate */
  readonly own: Certificate | undefined;
  /** NTP seconds; undefined: our clock is not set */
  readonly now: number | undefined;
  readonly policy: KeyPolicy;
}

const refused = (what: 'loop' | 'too-long' | 'untrusted' | 'private', text: string): TrailResult => ({
  kind: 'refused',
  what,
  text,
  refusal: undefined,
});
const refusedFor = (refusal: CertificateRefusal): TrailResult => ({
  kind: 'refused',
  what: refusal.what,
  text: refusal.text,
  refusal,
});

function complete(certificates: readonly Certificate[], root: Certificate, isOwnChild: boolean): TrailResult {
  const links = isOwnChild ? [...certificates, root] : certificates;
  const weakest = weakestOf(links.map(strengthOf)) ?? strengthOf(root);
  return { kind: 'complete', trail: { certificates, root, isOwnChild, weakest } };
}

/**
 * Trusted roots first, then those signed by others; of each the newest first. Self-signed ones of untrusted hosts lead
 * nowhere, and the host will have a better one when it has been signed.
 */
const candidatesFrom = (certificates: readonly Certificate[]): readonly Certificate[] =>
  certificates
    .filter((certificate) => !certificate.isPrivate && (certificate.trustRoot || !isSelfSigned(certificate)))
    .sort((a, b) => Number(isSelfSigned(b)) - Number(isSelfSigned(a)) || b.notBefore - a.notBefore)
    .slice(0, MAX_CANDIDATES);

/** The first refusal is told, but one more certificate may still end it well. */
const better = (before: TrailResult | undefined, now: TrailResult): TrailResult =>
  before === undefined || (before.kind === 'refused' && now.kind === 'missing') ? now : before;

/**
 * Walks from a host's certificate as far as the certificates received lead, along every issuer that fits until a trail ends
 * well: peers sign each other, so that one way may come back where another leads to the root. At most 64 public-key
 * operations.
 */
export function walkTrail(leaf: Certificate, context: TrailContext): TrailResult {
  const { own, now, policy, find } = context;
  if (leaf.isPrivate) return refused('private', `the certificate of ${leaf.subject} is a private one`);
  const weak = checkCertificate(leaf, 0, now, policy);
  if (weak !== undefined) return refusedFor(weak);
  let operations = MAX_OPERATIONS;
  const isSigned = (certificate: Certificate, issuer: Certificate): CertificateRefusal | undefined => {
    operations -= 1;
    return checkIssuer(certificate, issuer);
  };

  const search = (path: readonly Certificate[], current: Certificate): TrailResult => {
    if (isSelfSigned(current)) {
      const refusal = isSigned(current, current);
      if (refusal !== undefined) return refusedFor(refusal);
      return current.trustRoot
        ? complete(path, current, false)
        : refused('untrusted', `${current.subject} is not a trusted host`);
    }
    if (own?.trustRoot === true && current.issuer === own.subject) {
      const refusal = (now === undefined ? undefined : timeRefusal(own, now)) ?? isSigned(current, own);
      return refusal === undefined ? complete(path, own, true) : refusedFor(refusal);
    }
    if (path.some(({ subject }) => subject === current.issuer))
      return refused('loop', `the trail of ${leaf.subject} comes back to ${current.issuer}`);
    if (path.length === MAX_TRAIL_LENGTH)
      return refused(
        'too-long',
        `the trail of ${leaf.subject} has more than ${MAX_TRAIL_LENGTH} certificates`,
      );
    let found: TrailResult | undefined;
    for (const issuer of candidatesFrom(find(current.issuer))) {
      if (operations <= 0)
        return found ?? refused('too-long', `the trail of ${leaf.subject} has too many branches`);
      const refusal = checkCertificate(issuer, 0, now, policy) ?? isSigned(current, issuer);
      const result = refusal === undefined ? search([...path, issuer], issuer) : refusedFor(refusal);
      if (result.kind === 'complete') return result;
      found = better(found, result);
    }
    return found ?? { kind: 'missing', name: current.issuer };
  };
  return search([leaf], leaf);
}
