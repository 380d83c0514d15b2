/**
 * A host's own certificate: self-signed X.509 v3 with the extensions of the reference, in its order. Owns the layout;
 * signing somebody else's is sign.ts, the scheme names are digest.ts.
 *
 * ```
 * version 3, serial (NTP seconds), scheme, issuer = subject = CN, validity, key,
 * basicConstraints CA:TRUE (critical), keyUsage digitalSignature keyCertSign,
 * subjectKeyIdentifier = v of GQ in its natural length (with GQ), extendedKeyUsage = trustRoot or private (or none)
 * ```
 * Sources: RFC 5280 §4.1; RFC 5906 appendix F; shared/reference/autokey-reference.md §4.
 */
import type { KeyObject } from 'node:crypto';
import { NoonmarkError } from '../../errors.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../units/time.js';
import { derElement, derInteger, derOid, derSequence, TAG, unsignedToBytes } from '../der.js';
import type { CertificateScheme } from '../digest.js';
import { hostKey } from '../host-key.js';
import { encodeRsaPublicKey } from '../rsa.js';
import { isCertificateName, MAX_CERTIFICATE_LENGTH, OID_PRIVATE, OID_TRUST_ROOT } from './parse.js';

export interface CertificateWish {
  /** HOST or HOST@GROUP; issuer too */
  readonly subject: string;
  /** NTP seconds of its making */
  readonly serial: number;
  /** seconds since 1900, not cut to 32 bits */
  readonly notBefore: number;
  /** >= 0; 0: it expires at once, as the reference allows */
  readonly days: number;
  readonly scheme: CertificateScheme;
  /** the private sign key, whose public half the certificate holds */
  readonly key: KeyObject;
  readonly trust: 'trusted' | 'private' | 'none';
  readonly gqValue: bigint | undefined;
}

const DAY_SECONDS = 86_400;
const OID = {
  commonName: '2.5.4.3',
  rsaEncryption: '1.2.840.113549.1.1.1',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  subjectKeyIdentifier: '2.5.29.14',
  extendedKeyUsage: '2.5.29.37',
} as const;
const VERSION = derElement(0xa0, derInteger(2n));
const CRITICAL = derElement(TAG.boolean, Uint8Array.of(0xff));
/** digitalSignature (bit 0) and keyCertSign (bit 5) */
const KEY_USAGE = derElement(TAG.bitString, Uint8Array.of(0x02, 0x84));
const NULL = derElement(TAG.null);

/** DER of the certificate. Throws ERR_KEYS for a name, key or length that cannot be. */
export function buildCertificate(wish: CertificateWish): Uint8Array {
  const { subject, serial, notBefore, days, scheme, key } = wish;
  if (!isCertificateName(subject))
    throw new NoonmarkError(
      'ERR_KEYS',
      `'${subject}' cannot stand in a certificate`,
      'another name: -s NAME',
    );
  const signer = hostKey(key);
  const name = nameDer(subject);
  const algorithm = derSequence(derOid(scheme.oid), NULL);
  const publicKey = derSequence(
    derSequence(derOid(OID.rsaEncryption), NULL),
    bitString(encodeRsaPublicKey(key)),
  );
  const validity = derSequence(timeDer(notBefore), timeDer(notBefore + days * DAY_SECONDS));
  const extensions = derElement(0xa3, derSequence(...extensionList(wish)));
  const tbs = derSequence(
    ...[VERSION, derInteger(BigInt(serial)), algorithm, name, validity, name, publicKey, extensions],
  );
  const der = derSequence(tbs, algorithm, bitString(signer.sign(scheme.digest, tbs)));
  if (der.length > MAX_CERTIFICATE_LENGTH)
    throw new NoonmarkError(
      'ERR_KEYS',
      `the certificate would have ${der.length} bytes, more than packets can carry`,
      'a smaller modulus: -m 2048 for the host, -b 2048 for the group',
    );
  return der;
}

function extensionList({ trust, gqValue }: CertificateWish): readonly Uint8Array[] {
  const constraints = derSequence(derElement(TAG.boolean, Uint8Array.of(0xff)));
  const list = [
    derSequence(derOid(OID.basicConstraints), CRITICAL, octetString(constraints)),
    derSequence(derOid(OID.keyUsage), octetString(KEY_USAGE)),
  ];
  if (gqValue !== undefined)
    list.push(
      derSequence(derOid(OID.subjectKeyIdentifier), octetString(octetString(unsignedToBytes(gqValue)))),
    );
  if (trust !== 'none') {
    // Exactly one usage: the reference recognises them by OpenSSL's printed list.
    const usage = derSequence(derOid(trust === 'trusted' ? OID_TRUST_ROOT : OID_PRIVATE));
    list.push(derSequence(derOid(OID.extendedKeyUsage), octetString(usage)));
  }
  return list;
}

const octetString = (bytes: Uint8Array): Uint8Array => derElement(TAG.octetString, bytes);
const bitString = (bytes: Uint8Array): Uint8Array => derElement(TAG.bitString, Uint8Array.of(0), bytes);

/** One common name, UTF8String as OpenSSL writes it. */
const nameDer = (commonName: string): Uint8Array =>
  derSequence(
    derElement(
      TAG.set,
      derSequence(derOid(OID.commonName), derElement(TAG.utf8String, Buffer.from(commonName))),
    ),
  );

/** UTCTime until 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). */
function timeDer(seconds: number): Uint8Array {
  const date = new Date((seconds - Number(NTP_UNIX_OFFSET_SECONDS)) * 1000);
  const text = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? derElement(TAG.utcTime, Buffer.from(text.slice(2)))
    : derElement(TAG.generalizedTime, Buffer.from(text));
}
