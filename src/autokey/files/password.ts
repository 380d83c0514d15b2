/**
 * Encryption of private keys by a password: PBES2 (PKCS#8) and traditional PEM. Owns the algorithms and their bounds.
 * Sources: RFC 8018 (PBES2, PBKDF2), RFC 1423 and OpenSSL's EVP_BytesToKey (traditional: MD5, one round, the IV's first
 * 8 bytes as salt); shared/reference/autokey-reference.md §3.1, old-reference.md §2 (HMAC-SHA-1 where no PRF is named).
 */
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';
import { createRequire } from 'node:module';
import { type DerElement, derElement, derInteger, derOid, derSequence, TAG } from '../der.js';
import { integerValue, isInteger, octets, oidText, parseDer, sequenceItems } from './der.js';
import { KeyFileFault } from './fault.js';

/** Names as `-C` takes them. */
export const CIPHERS = {
  'des-ede3-cbc': { oid: '1.2.840.113549.3.7', keyBytes: 24, ivBytes: 8 },
  'aes-128-cbc': { oid: '2.16.840.1.101.3.4.1.2', keyBytes: 16, ivBytes: 16 },
  'aes-192-cbc': { oid: '2.16.840.1.101.3.4.1.22', keyBytes: 24, ivBytes: 16 },
  'aes-256-cbc': { oid: '2.16.840.1.101.3.4.1.42', keyBytes: 32, ivBytes: 16 },
} as const;
export type CipherName = keyof typeof CIPHERS;

const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
/** The reference's; more would make every start of a small board slow. */
const ITERATIONS = 2048;
/** A file that asks for more is refused: half a second of a fast machine. */
const MAX_ITERATIONS = 1_000_000;

/** Random bytes, passed in. */
export type RandomBytes = (length: number) => Uint8Array;

const isCipherName = (name: string): name is CipherName => Object.hasOwn(CIPHERS, name);

const wrongPassword = (line: number, cause?: unknown): KeyFileFault =>
  new KeyFileFault(
    line,
    'the password does not open this file',
    "the password it was encrypted with belongs behind 'crypto pw' (noonmark keygen: -p)",
    { cause },
  );

const noPassword = (line: number): KeyFileFault =>
  new KeyFileFault(
    line,
    'the file is encrypted and there is no password',
    "the password it was encrypted with belongs behind 'crypto pw' (noonmark keygen: -p)",
  );

const unknownCipher = (line: number, what: string): KeyFileFault =>
  new KeyFileFault(
    line,
    `the file is encrypted in a way that is not known here (${what})`,
    'encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE, with the first three lines of FILE kept',
  );

/** The inside of an `ENCRYPTED PRIVATE KEY`. Throws KeyFileFault. */
export function decryptPkcs8(der: Uint8Array, password: string | undefined, line: number): Uint8Array {
  const [algorithm, data] = sequenceItems(parseDer(der, line), line);
  const [scheme, parameters] = sequenceItems(algorithm, line);
  const name = oidText(scheme, line);
  if (name !== PBES2) throw unknownCipher(line, name);
  const [derivation, encryption] = sequenceItems(parameters, line);
  const [kdf, kdfParameters] = sequenceItems(derivation, line);
  if (oidText(kdf, line) !== PBKDF2) throw unknownCipher(line, oidText(kdf, line));
  const [salt, count, ...more] = sequenceItems(kdfParameters, line);
  const iterations = integerValue(count, line);
  if (iterations < 1n || iterations > MAX_ITERATIONS)
    throw unknownCipher(line, `PBKDF2 with ${iterations} rounds`);
  const prf = more.find((node: DerElement) => !isInteger(node));
  const prfName = prf === undefined ? '1.2.840.113549.2.7' : oidText(sequenceItems(prf, line)[0], line);
  const digest = PRFS[prfName];
  if (digest === undefined) throw unknownCipher(line, prfName);
  const [cipherOid, iv] = sequenceItems(encryption, line);
  const wanted = oidText(cipherOid, line);
  const cipher = Object.keys(CIPHERS)
    .filter(isCipherName)
    .find((known) => CIPHERS[known].oid === wanted);
  if (cipher === undefined) throw unknownCipher(line, wanted);
  if (password === undefined) throw noPassword(line);
  const { keyBytes, ivBytes } = CIPHERS[cipher];
  const ivValue = octets(iv, line);
  if (ivValue.length !== ivBytes) throw unknownCipher(line, `an IV of ${ivValue.length} bytes`);
  const key = pbkdf2Sync(Buffer.from(password), octets(salt, line), Number(iterations), keyBytes, digest);
  const plain = decipher(cipher, key, ivValue, octets(data, line), line);
  key.fill(0);
  return plain;
}

/** An `ENCRYPTED PRIVATE KEY` around a PKCS#8 PrivateKeyInfo, as the reference makes them. */
export function encryptPkcs8(
  info: Uint8Array,
  password: string,
  cipher: CipherName,
  randomBytes: RandomBytes,
): Uint8Array {
  const { oid: cipherOid, keyBytes, ivBytes } = CIPHERS[cipher];
  const salt = randomBytes(8);
  const iv = randomBytes(ivBytes);
  const key = pbkdf2Sync(Buffer.from(password), salt, ITERATIONS, keyBytes, 'sha256');
  const work = createCipheriv(cipher, key, iv);
  const data = Buffer.concat([work.update(info), work.final()]);
  key.fill(0);
  const octetString = (bytes: Uint8Array) => derElement(TAG.octetString, bytes);
  const prf = derSequence(derOid(HMAC_SHA256), derElement(TAG.null));
  const kdf = derSequence(
    derOid(PBKDF2),
    derSequence(octetString(salt), derInteger(BigInt(ITERATIONS)), prf),
  );
  const scheme = derSequence(
    derOid(PBES2),
    derSequence(kdf, derSequence(derOid(cipherOid), octetString(iv))),
  );
  return derSequence(scheme, octetString(data));
}

/** The inside of a traditional block with a DEK-Info line. Throws KeyFileFault. */
export function decryptTraditional(
  body: Uint8Array,
  dekInfo: { readonly cipher: string; readonly iv: Uint8Array },
  password: string | undefined,
  line: number,
): Uint8Array {
  const { cipher, iv } = dekInfo;
  if (password === undefined) throw noPassword(line);
  // Single DES, which the keys of 2006 have, is no longer in Node's OpenSSL.
  if (cipher === 'des-cbc' && iv.length === 8) {
    const forge = loadForge();
    const work = forge.cipher.createDecipher('DES-CBC', binary(traditionalKey(password, iv, 8)));
    work.start({ iv: binary(iv) });
    work.update(forge.util.createBuffer(binary(body)));
    if (!work.finish()) throw wrongPassword(line);
    return new Uint8Array(Buffer.from(work.output.getBytes(), 'latin1'));
  }
  if (!isCipherName(cipher) || iv.length !== CIPHERS[cipher].ivBytes)
    throw unknownCipher(line, cipher.toUpperCase());
  return decipher(cipher, traditionalKey(password, iv, CIPHERS[cipher].keyBytes), iv, body, line);
}

/** Traditional encryption: the RFC 1421 lines and the body. Weaker than PBES2: for what must keep a public number. */
export function encryptTraditional(
  der: Uint8Array,
  password: string,
  cipher: CipherName,
  randomBytes: RandomBytes,
): { readonly headers: readonly string[]; readonly body: Uint8Array } {
  const { keyBytes, ivBytes } = CIPHERS[cipher];
  const iv = randomBytes(ivBytes);
  const work = createCipheriv(cipher, traditionalKey(password, iv, keyBytes), iv);
  const body = new Uint8Array(Buffer.concat([work.update(der), work.final()]));
  const dekInfo = `DEK-Info: ${cipher.toUpperCase()},${Buffer.from(iv).toString('hex').toUpperCase()}`;
  return { headers: ['Proc-Type: 4,ENCRYPTED', dekInfo], body };
}

/** Few have such a key, and reading the library takes a small board a second. */
const loadForge = () => createRequire(import.meta.url)('node-forge') as typeof import('node-forge');

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function traditionalKey(password: string, iv: Uint8Array, length: number): Uint8Array {
  const salt = iv.subarray(0, 8);
  let key = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  while (key.length < length) {
    last = createHash('md5').update(last).update(password).update(salt).digest();
    key = Buffer.concat([key, last]);
  }
  return key.subarray(0, length);
}

function decipher(
  cipher: CipherName,
  key: Uint8Array,
  iv: Uint8Array,
  data: Uint8Array,
  line: number,
): Uint8Array {
  try {
    const work = createDecipheriv(cipher, key, iv);
    return new Uint8Array(Buffer.concat([work.update(data), work.final()]));
  } catch (cause) {
    throw wrongPassword(line, cause);
  }
}
