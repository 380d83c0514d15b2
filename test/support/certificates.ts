/**
 * Certificates and keys for tests, made as the reference makes them unless told otherwise. Keys are made once per process
 * and size; they are for tests alone.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Certificate, parseCertificate } from '../../src/autokey/certificate/parse.js';
import { derName, derScheme, derTime } from '../../src/autokey/certificate/sign.js';
import { derElement, derInteger, derOid, derSequence, TAG } from '../../src/autokey/der.js';
import { type CertificateScheme, schemeNamed } from '../../src/autokey/digest.js';
import { type HostKey, hostKey } from '../../src/autokey/host-key.js';

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly key: HostKey;
}

const keys = new Map<string, TestKey>();

/** A key of this size; `which`: different ones have different names. */
export function testKey(which: string, bits = 1024, publicExponent = 65_537): TestKey {
  const name = `${which} ${bits} ${publicExponent}`;
  let made = keys.get(name);
  if (made === undefined) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent });
    made = { privateKey, key: hostKey(privateKey) };
    keys.set(name, made);
  }
  return made;
}

/** The scheme that ntp-keygen calls so. */
export function testScheme(keygenName: string): CertificateScheme {
  const scheme = schemeNamed(keygenName);
  if (scheme === undefined) throw new Error(keygenName);
  return scheme;
}

/** 2026-11-23T00:01:40Z, that of the vectors. */
export const TEST_TIME = 4_004_380_900;
const DAY = 86_400;

export interface CertificateParameters {
  readonly subject?: string;
  readonly issuer?: string;
  /** RSAPublicKey DER of the subject */
  readonly publicDer?: Uint8Array;
  readonly signedBy?: HostKey;
  readonly scheme?: CertificateScheme;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** object identifiers of extended key usages */
  readonly usages?: readonly string[];
  readonly gqValue?: Uint8Array;
}

export const TRUST_ROOT = '1.3.6.1.5.5.7.48.1.11';

/** DER of a certificate; by default self-signed by peer1 with RSA-SHA256 and trusted. */
export function makeCertificateDer(parameters: CertificateParameters = {}): Uint8Array {
  const subject = parameters.subject ?? 'peer1';
  const notBefore = parameters.notBefore ?? TEST_TIME;
  const key = testKey(subject).key;
  const scheme = derScheme(parameters.scheme ?? testScheme('RSA-SHA256'));
  const usages = parameters.usages ?? [TRUST_ROOT];
  const extensions: Uint8Array[] = [];
  const extension = (oid: string, ...value: Uint8Array[]): void => {
    extensions.push(derSequence(derOid(oid), derElement(TAG.octetString, ...value)));
  };
  if (parameters.gqValue !== undefined)
    extension('2.5.29.14', derElement(TAG.octetString, parameters.gqValue));
  if (usages.length > 0) extension('2.5.29.37', derSequence(...usages.map(derOid)));
  const tbs = derSequence(
    derElement(0xa0, derInteger(2n)),
    derInteger(BigInt(notBefore)),
    scheme,
    derName(parameters.issuer ?? subject),
    derSequence(derTime(notBefore), derTime(parameters.notAfter ?? notBefore + 365 * DAY)),
    derName(subject),
    derSequence(
      derSequence(derOid('1.2.840.113549.1.1.1'), derElement(TAG.null)),
      derElement(TAG.bitString, Uint8Array.of(0), parameters.publicDer ?? key.publicDer),
    ),
    ...(extensions.length > 0 ? [derElement(0xa3, derSequence(...extensions))] : []),
  );
  const { digest } = parameters.scheme ?? testScheme('RSA-SHA256');
  const signature = (parameters.signedBy ?? key).sign(digest, tbs);
  return derSequence(tbs, scheme, derElement(TAG.bitString, Uint8Array.of(0), signature));
}

/** The same, parsed. */
export function makeCertificate(parameters: CertificateParameters = {}): Certificate {
  const parsed = parseCertificate(makeCertificateDer(parameters));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

/** A certificate for `subject`, signed by `issuer`. */
export const makeChild = (
  subject: string,
  issuer: string,
  more: Partial<CertificateParameters> = {},
): Certificate => makeCertificate({ subject, issuer, signedBy: testKey(issuer).key, usages: [], ...more });
