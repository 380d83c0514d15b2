/**
 * The answer to SIGN: a client's self-signed certificate, signed again by us. Subject, key, version and extensions are
 * copied as they stand; serial, validity, issuer and signature are ours. Making one's own is build.ts.
 * Sources: RFC 5906 §10.6; autokey-reference.md §4 (SIGN response); RFC 5280 §4.1.
 */
import { derElement, derInteger, derOid, derSequence, TAG } from '../der.js';
import type { CertificateScheme } from '../digest.js';
import type { HostKey } from '../host-key.js';
import { secondsNear } from '../seconds.js';
import type { Certificate } from './parse.js';

const SECONDS_1900_TO_1970 = 2_208_988_800;
/** Of a certificate signed for another host, as the reference has it. */
export const SIGNED_CERTIFICATE_LIFE = 365 * 86_400;

/** Who signs. */
export interface CertificateSigner {
  /** our own common name */
  readonly name: string;
  /** the sign key, or the host key when there is none */
  readonly key: HostKey;
  readonly scheme: CertificateScheme;
}

/** AlgorithmIdentifier; RSA's have parameters of NULL (RFC 8017 appendix C). */
export const derScheme = ({ oid }: CertificateScheme): Uint8Array =>
  derSequence(derOid(oid), derElement(TAG.null));

/** A Name of one common name. */
export const derName = (name: string): Uint8Array =>
  derSequence(
    derElement(
      TAG.set,
      derSequence(derOid('2.5.4.3'), derElement(TAG.utf8String, Buffer.from(name, 'latin1'))),
    ),
  );

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). Seconds since 1900. */
export function derTime(seconds: number): Uint8Array {
  const text = new Date((seconds - SECONDS_1900_TO_1970) * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(text.slice(0, 4));
  return year >= 1950 && year < 2050
    ? derElement(TAG.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : derElement(TAG.generalizedTime, Buffer.from(text, 'latin1'));
}

/**
 * DER of the certificate signed by us, from `now` on (NTP seconds) for 365 days. The caller has checked the
 * client's certificate (verify.ts) and that it does not bear our own name. Throws what the key's `sign` throws.
 */
export function signCertificate(request: Certificate, signer: CertificateSigner, now: number): Uint8Array {
  const { version, subject, publicKey, extensions } = request.parts;
  const notBefore = secondsNear(now, request.notBefore);
  const algorithm = derScheme(signer.scheme);
  const tbs = derSequence(
    ...(version === undefined ? [] : [version]),
    derInteger(BigInt(notBefore)),
    algorithm,
    derName(signer.name),
    derSequence(derTime(notBefore), derTime(notBefore + SIGNED_CERTIFICATE_LIFE)),
    subject,
    publicKey,
    ...(extensions === undefined ? [] : [extensions]),
  );
  const signature = signer.key.sign(signer.scheme.digest, tbs);
  return derSequence(tbs, algorithm, derElement(TAG.bitString, Uint8Array.of(0), signature));
}
