/**
 * RSA and DSA private keys as plain numbers: PKCS#1, traditional DSA and PKCS#8, encrypted or not, read and written.
 * The identity schemes put numbers of their own into these fields, so nothing is checked for being an RSA or DSA key
 * (OpenSSL's loaders would refuse or recompute them): that is files/layouts.ts, and node:crypto for real host keys.
 * Sources: RFC 8017 A.1.2, RFC 5958, RFC 3279 §2.3.2; autokey-reference.md §6.2, §6.5, §6.6.
 */
import { derElement, derInteger, derOid, derSequence, TAG } from '../der.js';
import { integerValue, octets, oidText, parseDer, sequenceItems } from './der.js';
import { damaged, KeyFileFault } from './fault.js';
import type { RandomBytes } from './password.js';
import {
  type CipherName,
  decryptPkcs8,
  decryptTraditional,
  encryptPkcs8,
  encryptTraditional,
} from './password.js';
import { type PemBlock, writeBlock } from './pem.js';

/** RSAPrivateKey, with the names of OpenSSL. */
export interface RsaNumbers {
  readonly type: 'rsa';
  readonly n: bigint;
  readonly e: bigint;
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
  readonly dmp1: bigint;
  readonly dmq1: bigint;
  readonly iqmp: bigint;
}

export interface DsaNumbers {
  readonly type: 'dsa';
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  /** public; undefined: the form (PKCS#8) does not hold it */
  readonly y: bigint | undefined;
  readonly x: bigint;
}

export type PrivateNumbers = RsaNumbers | DsaNumbers;

const RSA_OID = '1.2.840.113549.1.1.1';
const DSA_OID = '1.2.840.10040.4.1';

/** Blocks that can hold a private key. */
export const isPrivateKeyLabel = (label: string): boolean =>
  ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'DSA PRIVATE KEY'].includes(label);

export const isEncrypted = ({ label, dekInfo }: PemBlock): boolean =>
  label === 'ENCRYPTED PRIVATE KEY' || dekInfo !== undefined;

/** The DER inside a block, decrypted. Throws KeyFileFault (wrong password and damage look alike: said as the former). */
export function openBlock(block: PemBlock, password: string | undefined): Uint8Array {
  const { label, body, dekInfo, line } = block;
  if (label === 'ENCRYPTED PRIVATE KEY') return decryptPkcs8(body, password, line);
  return dekInfo === undefined ? body : decryptTraditional(body, dekInfo, password, line);
}

/** The numbers of a private key's block. Throws KeyFileFault. */
export function readPrivateKey(block: PemBlock, password: string | undefined): PrivateNumbers {
  const { label, line } = block;
  if (!isPrivateKeyLabel(label))
    throw new KeyFileFault(line, `'${label}' is no private key`, 'name or link the right file');
  const der = openBlock(block, password);
  try {
    switch (label) {
      case 'RSA PRIVATE KEY':
        return readRsa(der, line);
      case 'DSA PRIVATE KEY':
        return readDsa(der, line);
      default:
        return readPkcs8(der, line);
    }
  } catch (cause) {
    // One wrong password in 256 decrypts to something.
    if (!isEncrypted(block) || !(cause instanceof KeyFileFault)) throw cause;
    const remedy = "the password it was encrypted with belongs behind 'crypto pw' (noonmark keygen: -p)";
    throw new KeyFileFault(line, 'the password does not open this file, or it is damaged', remedy, { cause });
  }
}

function readRsa(der: Uint8Array, line: number): RsaNumbers {
  const items = sequenceItems(parseDer(der, line), line);
  if (items.length !== 9) throw damaged(line, 'an RSA key has nine numbers; this one has not');
  const [version, n, e, d, p, q, dmp1, dmq1, iqmp] = items.map((item) => integerValue(item, line));
  if (version !== 0n) throw damaged(line, 'the RSA key has more than two primes');
  return { type: 'rsa', n: n!, e: e!, d: d!, p: p!, q: q!, dmp1: dmp1!, dmq1: dmq1!, iqmp: iqmp! };
}

function readDsa(der: Uint8Array, line: number): DsaNumbers {
  const items = sequenceItems(parseDer(der, line), line);
  if (items.length !== 6) throw damaged(line, 'a DSA key has six numbers; this one has not');
  const [, p, q, g, y, x] = items.map((item) => integerValue(item, line));
  return { type: 'dsa', p: p!, q: q!, g: g!, y, x: x! };
}

function readPkcs8(der: Uint8Array, line: number): PrivateNumbers {
  const [version, algorithm, inside] = sequenceItems(parseDer(der, line), line);
  if (integerValue(version, line) > 1n) throw damaged(line, 'the key is of an unknown version');
  const [name, parameters] = sequenceItems(algorithm, line);
  const key = octets(inside, line);
  switch (oidText(name, line)) {
    case RSA_OID:
      return readRsa(key, line);
    case DSA_OID: {
      const [p, q, g] = sequenceItems(parameters, line).map((item) => integerValue(item, line));
      if (p === undefined || q === undefined || g === undefined)
        throw damaged(line, 'the parameters of the DSA key are missing');
      return { type: 'dsa', p, q, g, y: undefined, x: integerValue(parseDer(key, line), line) };
    }
    default:
      throw new KeyFileFault(
        line,
        'the key is neither RSA nor DSA',
        'make a new one: Autokey knows no other kinds',
      );
  }
}

const numbersDer = (...numbers: readonly bigint[]): Uint8Array =>
  derSequence(...[0n, ...numbers].map((number) => derInteger(number)));

/** RSAPrivateKey, DER. */
export const encodeRsa = ({ n, e, d, p, q, dmp1, dmq1, iqmp }: RsaNumbers): Uint8Array =>
  numbersDer(n, e, d, p, q, dmp1, dmq1, iqmp);

function encodePkcs8(key: PrivateNumbers): Uint8Array {
  const algorithm =
    key.type === 'rsa'
      ? derSequence(derOid(RSA_OID), derElement(TAG.null))
      : derSequence(derOid(DSA_OID), derSequence(derInteger(key.p), derInteger(key.q), derInteger(key.g)));
  const inside = key.type === 'rsa' ? encodeRsa(key) : derInteger(key.x);
  return derSequence(derInteger(0n), algorithm, derElement(TAG.octetString, inside));
}

/** How a private key is written. */
export interface KeyForm {
  /** traditional: keeps a DSA key's public number, which PKCS#8 drops */
  readonly form: 'pkcs8' | 'traditional';
  /** undefined: not encrypted */
  readonly password: string | undefined;
  readonly cipher: CipherName;
}

/** One PEM block of a private key. A traditional DSA key must have its y. */
export function writePrivateKey(key: PrivateNumbers, how: KeyForm, randomBytes: RandomBytes): string {
  const { form, password, cipher } = how;
  if (form === 'pkcs8') {
    const info = encodePkcs8(key);
    if (password === undefined) return writeBlock('PRIVATE KEY', info);
    return writeBlock('ENCRYPTED PRIVATE KEY', encryptPkcs8(info, password, cipher, randomBytes));
  }
  const der = key.type === 'rsa' ? encodeRsa(key) : numbersDer(key.p, key.q, key.g, publicNumber(key), key.x);
  const label = key.type === 'rsa' ? 'RSA PRIVATE KEY' : 'DSA PRIVATE KEY';
  if (password === undefined) return writeBlock(label, der);
  const { headers, body } = encryptTraditional(der, password, cipher, randomBytes);
  return writeBlock(label, body, headers);
}

function publicNumber({ y }: DsaNumbers): bigint {
  if (y === undefined) throw damaged(1, "the DSA key's public number was lost");
  return y;
}
