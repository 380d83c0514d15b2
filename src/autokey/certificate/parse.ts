/**
 * X.509 as Autokey uses it, from DER to a Certificate: hostile bytes in, a value or a reason out, nothing verified.
 * Whose signature it bears and until when it holds is verify.ts; where it leads is trail.ts.
 *
 * Read by hand and not by OpenSSL: the trust and privacy of a host stand in extended key usages that OpenSSL only knows
 * as text, the group's public value stands where a subjectKeyIdentifier should, and the raw parts are needed to sign the
 * same certificate again (sign.ts). The key itself is OpenSSL's.
 * Sources: RFC 5280 §4.1; RFC 5906 appendix F (extensions); autokey-reference.md §4.
 */
import type { KeyObject } from 'node:crypto';
import {
  type DerElement,
  readElements,
  readInteger,
  readOid,
  readOnly,
  readSequence,
  TAG,
  unsignedFromBytes,
} from '../der.js';
import { type CertificateScheme, schemeOfOid } from '../digest.js';
import { parseRsaPublicKey } from '../rsa.js';

/** No packet carries a longer one. */
export const MAX_CERTIFICATE_LENGTH = 2048;
/** The group's public value, as long as the longest modulus we take. */
const MAX_GQ_VALUE_LENGTH = 512;
const MAX_SERIAL_LENGTH = 24;

const OID_COMMON_NAME = '2.5.4.3';
const OID_RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const OID_SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const OID_EXTENDED_KEY_USAGE = '2.5.29.37';
/** OpenSSL's trustRoot and private, which ntpd recognises by their printed names. */
export const OID_TRUST_ROOT = '1.3.6.1.5.5.7.48.1.11';
export const OID_PRIVATE = '1.3.6.1.4';

export const CERTIFICATE_FAULTS = {
  'too-long': `the certificate is longer than ${MAX_CERTIFICATE_LENGTH} bytes`,
  'not-der': 'the certificate is no X.509 in DER',
  name: 'subject or issuer has no common name of plain characters',
  time: 'the validity is no pair of times',
  scheme: 'the certificate is signed by an algorithm that Autokey does not know',
  'not-rsa': "the certificate's key is not RSA",
  modulus: "the certificate's key has a modulus outside 512 to 4096 bits",
  exponent: "the certificate's key has an exponent that cannot be",
} as const;
export type CertificateFault = keyof typeof CERTIFICATE_FAULTS;

/** Parts as they stand in the DER, for signing the same certificate again. */
export interface CertificateParts {
  /** what the signature is made over */
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
  /** with its tag; undefined: version 1, which is not written */
  readonly version: Uint8Array | undefined;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** with its tag; undefined: none */
  readonly extensions: Uint8Array | undefined;
}

export interface Certificate {
  readonly der: Uint8Array;
  /** common name: HOST or HOST@GROUP, printable ASCII without spaces, quotes and slashes */
  readonly subject: string;
  readonly issuer: string;
  /** NTP seconds of its making, with the reference's key generator; may be negative */
  readonly serial: bigint;
  /** seconds since 1900, not cut to 32 bits */
  readonly notBefore: number;
  /** seconds since 1900, not cut to 32 bits */
  readonly notAfter: number;
  readonly scheme: CertificateScheme;
  readonly publicKey: KeyObject;
  /** of the modulus */
  readonly bits: number;
  readonly exponent: bigint;
  /** the subject is a trusted host */
  readonly trustRoot: boolean;
  /** the private certificate of the PC scheme, never to be sent */
  readonly isPrivate: boolean;
  /** the group's public value v of GQ; bounded to 4096 bits, not otherwise checked */
  readonly gqValue: bigint | undefined;
  /** 1..3 */
  readonly version: number;
  readonly parts: CertificateParts;
}

export type ParsedCertificate =
  | { readonly ok: true; readonly value: Certificate }
  | { readonly ok: false; readonly reason: CertificateFault };

const fault = (reason: CertificateFault): ParsedCertificate => ({ ok: false, reason });

/**
 * What may stand in a name: it goes to logs, into quoted lists for ntpq, and into names of files that are looked for.
 */
const NAME = /^[!#-.0-[\]-~]{1,255}$/;

/** Is this a name a host may have in a certificate? */
export const isCertificateName = (name: string): boolean => NAME.test(name);

/** The one common name; other attributes are passed over. */
function readCommonName(element: DerElement): string | undefined {
  if (element.tag !== TAG.sequence) return undefined;
  let name: string | undefined;
  for (const set of readElements(element.content, 16) ?? []) {
    if (set.tag !== TAG.set) return undefined;
    for (const attribute of readElements(set.content, 16) ?? []) {
      const [type, text] = readSequence(attribute.raw, 2) ?? [];
      if (readOid(type) !== OID_COMMON_NAME) continue;
      if (text === undefined || name !== undefined || !STRINGS.has(text.tag)) return undefined;
      name = Buffer.from(text.content).toString('latin1');
    }
  }
  return name !== undefined && isCertificateName(name) ? name : undefined;
}
const STRINGS: ReadonlySet<number> = new Set([
  TAG.utf8String,
  TAG.printableString,
  TAG.t61String,
  TAG.ia5String,
]);

const SECONDS_1900_TO_1970 = 2_208_988_800;
const TIME = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** Seconds since 1900; two digits of a year are 1950..2049 (RFC 5280 §4.1.2.5.1). */
function readTime(element: DerElement | undefined): number | undefined {
  if (element === undefined || element.content.length > 15) return undefined;
  const match = TIME.exec(Buffer.from(element.content).toString('latin1'));
  if (match === null) return undefined;
  const [yearText = '', ...rest] = match.slice(1);
  if (element.tag !== (yearText.length === 2 ? TAG.utcTime : TAG.generalizedTime)) return undefined;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const digits = Number(yearText);
  const year = yearText.length === 4 ? digits : digits < 50 ? 2000 + digits : 1900 + digits;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || year < 1900)
    return undefined;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + SECONDS_1900_TO_1970;
}

interface Extensions {
  trustRoot: boolean;
  isPrivate: boolean;
  gqValue: bigint | undefined;
}

/** Those we know; what they hold badly counts as absent, as the reference has it. Undefined: no list of extensions. */
function readExtensions(tagged: DerElement | undefined): Extensions | undefined {
  const found: Extensions = { trustRoot: false, isPrivate: false, gqValue: undefined };
  if (tagged === undefined) return found;
  const list = readSequence(tagged.content, 32);
  if (list === undefined) return undefined;
  for (const item of list) {
    const fields = readSequence(item.raw, 3);
    const value = fields?.at(-1);
    const type = readOid(fields?.[0]);
    if (fields === undefined || type === undefined || value?.tag !== TAG.octetString) return undefined;
    if (type === OID_EXTENDED_KEY_USAGE) {
      for (const usage of readSequence(value.content, 16) ?? []) {
        const oid = readOid(usage);
        found.trustRoot ||= oid === OID_TRUST_ROOT;
        found.isPrivate ||= oid === OID_PRIVATE;
      }
    } else if (type === OID_SUBJECT_KEY_IDENTIFIER) {
      const bytes = readOnly(value.content, TAG.octetString)?.content;
      if (bytes !== undefined && bytes.length > 0 && bytes.length <= MAX_GQ_VALUE_LENGTH)
        found.gqValue = unsignedFromBytes(bytes);
    }
  }
  return found;
}

/** The content of a BIT STRING without unused bits. */
const bitString = (element: DerElement | undefined): Uint8Array | undefined =>
  element?.tag === TAG.bitString && element.content[0] === 0 ? element.content.subarray(1) : undefined;

const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;

/** 1 when it is not written (RFC 5280 §4.1.2.1). */
function readVersion(tagged: DerElement | undefined): number | undefined {
  if (tagged === undefined) return 1;
  const [number, ...more] = readElements(tagged.content, 2) ?? [];
  const version = readInteger(number, 1);
  return version === undefined || more.length > 0 || version < 0n || version > 2n
    ? undefined
    : Number(version) + 1;
}

/** Takes a certificate apart. The bytes are copied; a refusal computes nothing. */
export function parseCertificate(bytes: Uint8Array): ParsedCertificate {
  if (bytes.length > MAX_CERTIFICATE_LENGTH) return fault('too-long');
  const der = Uint8Array.from(bytes);
  const [tbs, algorithm, signatureBits, ...beyond] = readSequence(der, 3) ?? [];
  const signature = bitString(signatureBits);
  if (tbs?.tag !== TAG.sequence || algorithm === undefined || signature === undefined || beyond.length > 0)
    return fault('not-der');
  const fields = [...(readElements(tbs.content, 16) ?? [])];
  const versionField = fields[0]?.tag === VERSION_TAG ? fields.shift() : undefined;
  const [serialField, innerAlgorithm, issuerName, validity, subjectName, keyField, ...rest] = fields;
  const version = readVersion(versionField);
  const serial = readInteger(serialField, MAX_SERIAL_LENGTH);
  if (version === undefined || serial === undefined || !innerAlgorithm || !issuerName || !validity)
    return fault('not-der');
  if (!subjectName || !keyField || !Buffer.from(innerAlgorithm.raw).equals(algorithm.raw))
    return fault('not-der');
  const extensionsField = rest.find(({ tag }) => tag === EXTENSIONS_TAG);
  const extensions = readExtensions(extensionsField);
  if (extensions === undefined) return fault('not-der');
  const scheme = schemeOfOid(readOid(readSequence(algorithm.raw, 2)?.[0]) ?? '');
  if (scheme === undefined) return fault('scheme');
  const issuer = readCommonName(issuerName);
  const subject = readCommonName(subjectName);
  if (issuer === undefined || subject === undefined) return fault('name');
  const times = readSequence(validity.raw, 2);
  const notBefore = readTime(times?.[0]);
  const notAfter = readTime(times?.[1]);
  if (notBefore === undefined || notAfter === undefined) return fault('time');
  const [keyAlgorithm, keyBits] = readSequence(keyField.raw, 2) ?? [];
  const keyOid = keyAlgorithm && readOid(readSequence(keyAlgorithm.raw, 2)?.[0]);
  if (keyOid === undefined) return fault('not-der');
  if (keyOid !== OID_RSA_ENCRYPTION) return fault('not-rsa');
  const publicKey = bitString(keyBits);
  if (publicKey === undefined) return fault('not-der');
  const key = parseRsaPublicKey(publicKey);
  if (!key.ok) return key;
  return {
    ok: true,
    value: {
      der,
      subject,
      issuer,
      serial,
      notBefore,
      notAfter,
      scheme,
      publicKey: key.value.key,
      bits: key.value.bits,
      exponent: key.value.exponent,
      ...extensions,
      version,
      parts: {
        tbs: tbs.raw,
        signature,
        version: versionField?.raw,
        subject: subjectName.raw,
        publicKey: keyField.raw,
        extensions: extensionsField?.raw,
      },
    },
  };
}
