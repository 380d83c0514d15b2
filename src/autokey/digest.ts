/**
 * Names and numbers of the digests Autokey uses: those of session keys (`crypto digest`) and those of certificates and
 * signatures (`ntp-keygen -c`), with what OpenSSL calls them, since that is what stands in flags words and on screens.
 * Sources: autokey-reference.md §2, §5.3 and §5.4; RFC 8017 §9.2 note 1 (DigestInfo); OpenSSL objects.txt.
 */
import { hash } from 'node:crypto';
import { CUT_DIGEST_LENGTH, DIGESTS } from '../auth/digest.js';
import { md4 } from './md4.js';

/** What `crypto digest` takes; case counts, as with the reference. */
export const SESSION_DIGESTS = [
  'MD5',
  'SHAKE128',
  'SHA1',
  'SHA224',
  'SHA256',
  'SHA384',
  'SHA512',
  'RIPEMD160',
  'SHA3-256',
] as const;
export type SessionDigest = (typeof SESSION_DIGESTS)[number];

/** The digest of this name; undefined: none that `crypto digest` takes. */
export const sessionDigestNamed = (name: string): SessionDigest | undefined =>
  SESSION_DIGESTS.find((known) => known === name);

/** Bytes of a MAC behind the packet, key ID included: 20 or 24. */
export const sessionMacLength = (digest: SessionDigest): number =>
  4 + Math.min(CUT_DIGEST_LENGTH, DIGESTS[digest].length);

/** Digests of signatures. */
export type SignatureDigest =
  | 'MD4'
  | 'MD5'
  | 'RIPEMD160'
  | 'SHA1'
  | 'SHA224'
  | 'SHA256'
  | 'SHA384'
  | 'SHA512';

interface SignatureDigestFacts {
  /** what precedes the digest in a DigestInfo */
  readonly prefix: string;
  /** for `crypto minimum`: higher is stronger */
  readonly strength: number;
}

const SIGNATURE_DIGESTS: Record<SignatureDigest, SignatureDigestFacts> = {
  MD4: { prefix: '3020300c06082a864886f70d020405000410', strength: 0 },
  MD5: { prefix: '3020300c06082a864886f70d020505000410', strength: 1 },
  RIPEMD160: { prefix: '3021300906052b2403020105000414', strength: 2 },
  SHA1: { prefix: '3021300906052b0e03021a05000414', strength: 2 },
  SHA224: { prefix: '302d300d06096086480165030402040500041c', strength: 3 },
  SHA256: { prefix: '3031300d060960864801650304020105000420', strength: 4 },
  SHA384: { prefix: '3041300d060960864801650304020205000430', strength: 5 },
  SHA512: { prefix: '3051300d060960864801650304020305000440', strength: 6 },
};

export const SIGNATURE_DIGEST_NAMES = Object.keys(SIGNATURE_DIGESTS) as readonly SignatureDigest[];

/** The digest of this name, for `crypto minimum`; case counts. */
export const signatureDigestNamed = (name: string): SignatureDigest | undefined =>
  SIGNATURE_DIGEST_NAMES.find((known) => known === name);

/** Order of strength: higher is stronger, equal is as good. */
export const digestStrength = (digest: SignatureDigest): number => SIGNATURE_DIGESTS[digest].strength;

/** The DigestInfo of bytes, which a PKCS#1 v1.5 signature holds. Throws where OpenSSL lacks the digest (FIPS). */
export function digestInfo(digest: SignatureDigest, bytes: Uint8Array): Uint8Array {
  const value = digest === 'MD4' ? md4(bytes) : hash(DIGESTS[digest].openssl, bytes, 'buffer');
  return Buffer.concat([Buffer.from(SIGNATURE_DIGESTS[digest].prefix, 'hex'), value]);
}

/** How a certificate is signed. */
export interface CertificateScheme {
  /** of `ntp-keygen -c` and in file names */
  readonly keygenName: string;
  /** OpenSSL's long name, as in the variable `signature` */
  readonly name: string;
  /** OpenSSL's number, the high half of flags words */
  readonly nid: number;
  /** OpenSSL's name of the digest in `crypto minimum` and `host ... DIGEST` lines */
  readonly digest: SignatureDigest;
  readonly oid: string;
}

export const CERTIFICATE_SCHEMES: readonly CertificateScheme[] = [
  {
    keygenName: 'RSA-MD4',
    name: 'md4WithRSAEncryption',
    nid: 396,
    digest: 'MD4',
    oid: '1.2.840.113549.1.1.3',
  },
  { keygenName: 'RSA-MD5', name: 'md5WithRSAEncryption', nid: 8, digest: 'MD5', oid: '1.2.840.113549.1.1.4' },
  {
    keygenName: 'RSA-SHA1',
    name: 'sha1WithRSAEncryption',
    nid: 65,
    digest: 'SHA1',
    oid: '1.2.840.113549.1.1.5',
  },
  {
    keygenName: 'RSA-RIPEMD160',
    name: 'ripemd160WithRSA',
    nid: 119,
    digest: 'RIPEMD160',
    oid: '1.3.36.3.3.1.2',
  },
  {
    keygenName: 'RSA-SHA224',
    name: 'sha224WithRSAEncryption',
    nid: 671,
    digest: 'SHA224',
    oid: '1.2.840.113549.1.1.14',
  },
  {
    keygenName: 'RSA-SHA256',
    name: 'sha256WithRSAEncryption',
    nid: 668,
    digest: 'SHA256',
    oid: '1.2.840.113549.1.1.11',
  },
  {
    keygenName: 'RSA-SHA384',
    name: 'sha384WithRSAEncryption',
    nid: 669,
    digest: 'SHA384',
    oid: '1.2.840.113549.1.1.12',
  },
  {
    keygenName: 'RSA-SHA512',
    name: 'sha512WithRSAEncryption',
    nid: 670,
    digest: 'SHA512',
    oid: '1.2.840.113549.1.1.13',
  },
];

export const schemeOfOid = (oid: string): CertificateScheme | undefined =>
  CERTIFICATE_SCHEMES.find((scheme) => scheme.oid === oid);
/** By what `ntp-keygen -c` takes. */
export const schemeNamed = (keygenName: string): CertificateScheme | undefined =>
  CERTIFICATE_SCHEMES.find((scheme) => scheme.keygenName === keygenName);
/** The scheme that a flags (status) word names in its high half; undefined: one we do not speak. */
export const schemeOfFlags = (flags: number): CertificateScheme | undefined =>
  CERTIFICATE_SCHEMES.find((scheme) => scheme.nid === flags >>> 16);
/** The high half of a flags word. */
export const flagsOfScheme = (scheme: CertificateScheme): number => (scheme.nid << 16) >>> 0;
