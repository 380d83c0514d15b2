/**
 * Is a certificate to be believed: its signature by its issuer's key, its time, its strength. One certificate and its
 * issuer at a time; the way to the trusted root is trail.ts.
 * Sources: RFC 5906 appendix A (rules 4 to 6) and §10.3; autokey-reference.md §4 (what the reference checks; it does not
 * check expiry, we do, both ways).
 */
import { type KeyPolicy, type Weakness, weaknessOf } from '../policy.js';
import { verifyRsa } from '../rsa.js';
import { secondsNear } from '../seconds.js';
import type { Certificate } from './parse.js';

export type CertificateRefusal =
  | {
      readonly what:
        | 'issuer'
        | 'signature'
        | 'validity'
        | 'filestamp'
        | 'not-yet-valid'
        | 'expired'
        | 'outside-issuer';
      /** for a person */
      readonly text: string;
    }
  | { readonly what: 'weak'; readonly text: string; readonly weakness: Weakness };

const refusal = (what: Exclude<CertificateRefusal['what'], 'weak'>, text: string): CertificateRefusal => ({
  what,
  text,
});

export const isSelfSigned = ({ subject, issuer }: Certificate): boolean => subject === issuer;

/** The strength of what a certificate is signed with and of the key in it. */
export const strengthOf = (certificate: Certificate) => ({
  bits: certificate.bits,
  digest: certificate.scheme.digest,
  exponent: certificate.exponent,
});

/** Is it within its validity at this time (NTP seconds)? */
export function timeRefusal(certificate: Certificate, now: number): CertificateRefusal | undefined {
  const { notBefore, notAfter, subject } = certificate;
  const at = secondsNear(now, notBefore);
  if (at < notBefore) return refusal('not-yet-valid', `the certificate of ${subject} is not valid yet`);
  if (at > notAfter) return refusal('expired', `the certificate of ${subject} has expired`);
  return undefined;
}

/**
 * What a certificate says of itself: its validity is no empty span, begins no earlier than the filestamp it came with
 * (0: none), holds at `now` (NTP seconds; undefined: the clock is not set, so nobody can tell), and nothing about it is
 * weaker than the policy allows. Costs no public-key operation.
 */
export function checkCertificate(
  certificate: Certificate,
  filestamp: number,
  now: number | undefined,
  policy: KeyPolicy,
): CertificateRefusal | undefined {
  const { notBefore, notAfter, subject } = certificate;
  if (notBefore > notAfter) return refusal('validity', `the certificate of ${subject} ends before it begins`);
  if (filestamp !== 0 && notBefore < secondsNear(filestamp, notBefore))
    return refusal('filestamp', `the certificate of ${subject} is older than its filestamp`);
  const weakness = weaknessOf(strengthOf(certificate), policy);
  if (weakness !== undefined)
    return { what: 'weak', text: `the certificate of ${subject} has ${weakness.text}`, weakness };
  return now === undefined ? undefined : timeRefusal(certificate, now);
}

/** Was it signed by this issuer, and within the issuer's validity? A self-signed one is its own issuer. */
export function checkIssuer(certificate: Certificate, issuer: Certificate): CertificateRefusal | undefined {
  const { subject, notBefore, parts, scheme } = certificate;
  if (certificate.issuer !== issuer.subject)
    return refusal(
      'issuer',
      `the certificate of ${subject} was signed by ${certificate.issuer}, not by ${issuer.subject}`,
    );
  if (notBefore < issuer.notBefore || notBefore > issuer.notAfter)
    return refusal(
      'outside-issuer',
      `the certificate of ${subject} begins outside the validity of that of ${issuer.subject}`,
    );
  if (!verifyRsa(issuer.publicKey, scheme.digest, parts.tbs, parts.signature))
    return refusal(
      'signature',
      `the signature of the certificate of ${subject} is not that of ${issuer.subject}`,
    );
  return undefined;
}
