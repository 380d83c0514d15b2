/**
 * The keys file, in ntpd's and ntpsec's forms: `ID TYPE SECRET [ADDRESS[/BITS],…]`, `#` begins a comment.
 * Owns the text form: every line is read, bad ones are reported and the rest is kept. A secret never enters a message.
 * It reads no file; file-rights.ts and the caller do.
 * Sources: ntp.conf(5) "keys", ntp.keys(5); where ntpd 4.2.8p15 and ntpsec 1.2 differ it is said at the place.
 */
import { type AddressRange, parseAddressRange } from './address-range.js';
import { DIGESTS, type DigestName, isDigestAvailable } from './digest.js';
import { CIPHERS, isCipher, type KeyAlgorithm, type KeyMaterial } from './mac.js';

const MAX_KEY_ID = 65_535;
/** A secret of at most this many characters is taken as text, a longer one as hexadecimal digits. */
const MAX_TEXT_SECRET = 20;
/** Both daemons keep at most so many bytes of a hexadecimal secret. */
const MAX_SECRET_BYTES = 32;
const MAX_FILE_LENGTH = 1 << 20;
const MAX_PROBLEMS = 100;

export interface KeyProblem {
  /** error: the line gives no key; warning: it does, with the remark */
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** from 1 */
  readonly line: number;
  /** from 1 */
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

export interface KeysFile {
  /** in the file's order, each ID once; keyTable() makes them usable */
  readonly keys: readonly KeyMaterial[];
  readonly problems: readonly KeyProblem[];
}

interface Token {
  readonly text: string;
  readonly column: number;
}

/** Blanks and tabs separate; `#` ends the line wherever it stands, as it does for both daemons. */
function tokens(line: string): Token[] {
  const found: Token[] = [];
  const end = line.indexOf('#');
  const used = end < 0 ? line : line.slice(0, end);
  for (const match of used.matchAll(/[^ \t\r\f\v]+/g))
    found.push({ text: match[0], column: match.index + 1 });
  return found;
}

/** Names other than those of the tables: what ntpd, ntpsec, chrony and OpenSSL also write. Upper case. */
const OTHER_NAMES: Readonly<Record<string, KeyAlgorithm>> = {
  M: 'MD5',
  SHA: 'SHA1',
  'SHA-1': 'SHA1',
  'SHA-224': 'SHA224',
  'SHA-256': 'SHA256',
  'SHA-384': 'SHA384',
  'SHA-512': 'SHA512',
  'SHA2-256': 'SHA256',
  'SHA2-384': 'SHA384',
  'SHA2-512': 'SHA512',
  RMD160: 'RIPEMD160',
  RIPEMD: 'RIPEMD160',
  AES: 'AES-128-CMAC',
  AES128: 'AES-128-CMAC',
  'AES-128': 'AES-128-CMAC',
  AES128CMAC: 'AES-128-CMAC',
  'AES-CMAC': 'AES-128-CMAC',
  AES192: 'AES-192-CMAC',
  'AES-192': 'AES-192-CMAC',
  AES192CMAC: 'AES-192-CMAC',
  AES256: 'AES-256-CMAC',
  'AES-256': 'AES-256-CMAC',
  AES256CMAC: 'AES-256-CMAC',
};

/** The algorithm a word stands for, in any case; undefined: none. */
export function keyAlgorithm(word: string): KeyAlgorithm | undefined {
  const upper = word.toUpperCase();
  if (Object.hasOwn(DIGESTS, upper)) return upper as DigestName;
  if (Object.hasOwn(CIPHERS, upper)) return upper as keyof typeof CIPHERS;
  return Object.hasOwn(OTHER_NAMES, upper) ? OTHER_NAMES[upper] : undefined;
}

/** Reads the text of a keys file. `file` is named in the problems. Never throws. */
export function parseKeysFile(text: string, file: string): KeysFile {
  const keys: KeyMaterial[] = [];
  const ids = new Set<number>();
  const problems: KeyProblem[] = [];
  let line = 0;
  const report = (
    severity: KeyProblem['severity'],
    column: number,
    message: string,
    remedy: string,
  ): undefined => {
    if (problems.length < MAX_PROBLEMS) problems.push({ severity, file, line, column, message, remedy });
    return undefined;
  };
  if (text.length > MAX_FILE_LENGTH) {
    line = 1;
    report(
      'error',
      1,
      `the file has ${text.length} characters, more than any keys file`,
      'is it the right file?',
    );
    return { keys, problems };
  }
  for (const content of text.split('\n')) {
    line += 1;
    const words = tokens(content);
    if (words.length === 0) continue;
    const key = readLine(words, content, report);
    if (key === undefined) continue;
    if (ids.has(key.id))
      report(
        'warning',
        words[0]?.column ?? 1,
        `key ${key.id} is given twice; the first one counts`,
        'remove one of the two lines',
      );
    else {
      ids.add(key.id);
      keys.push(key);
    }
  }
  return { keys, problems };
}

type Report = (
  severity: KeyProblem['severity'],
  column: number,
  message: string,
  remedy: string,
) => undefined;

const EXAMPLE = 'write ID TYPE SECRET, e.g. "1 AES-128-CMAC" and 32 hexadecimal digits';

function readLine(words: readonly Token[], content: string, report: Report): KeyMaterial | undefined {
  const [idWord, typeWord, secretWord, rangesWord, extra] = words;
  const end = content.trimEnd().length + 1;
  if (idWord === undefined) return undefined;
  const id = /^\d{1,9}$/.test(idWord.text) ? Number(idWord.text) : 0;
  if (id === 0)
    return report('error', idWord.column, 'the line does not begin with a key ID from 1 to 65535', EXAMPLE);
  if (id > MAX_KEY_ID)
    return report(
      'error',
      idWord.column,
      `key ID ${id} is above ${MAX_KEY_ID}, where Autokey's begin`,
      'choose one from 1 to 65535',
    );
  if (typeWord === undefined) return report('error', end, `key ${id} has no type`, EXAMPLE);
  const algorithm = keyAlgorithm(typeWord.text);
  if (algorithm === undefined)
    // The word may be the secret when the type was forgotten, so it is not shown.
    return report(
      'error',
      typeWord.column,
      `key ${id} has an unknown type`,
      'write one of MD5, SHA1, SHA256, SHA384, SHA512, RIPEMD160, AES-128-CMAC, AES-256-CMAC',
    );
  if (!isCipher(algorithm) && !isDigestAvailable(algorithm))
    return report(
      'error',
      typeWord.column,
      `key ${id}: this machine's OpenSSL has no ${algorithm}`,
      'use AES-128-CMAC, on both sides',
    );
  if (secretWord === undefined) return report('error', end, `key ${id} has no secret`, EXAMPLE);
  const secret = readSecret(id, algorithm, secretWord, report);
  if (secret === undefined) return undefined;
  let ranges: readonly AddressRange[] = [];
  if (rangesWord !== undefined) {
    const read = readRanges(id, rangesWord, report);
    if (read === undefined) return undefined;
    ranges = read;
  }
  if (extra !== undefined)
    report('warning', extra.column, `what follows key ${id} is not used`, 'put a # before a comment');
  return { id, algorithm, secret, ranges };
}

function readSecret(
  id: number,
  algorithm: KeyAlgorithm,
  word: Token,
  report: Report,
): Uint8Array | undefined {
  const { text, column } = word;
  let secret: Uint8Array;
  if (text.length <= MAX_TEXT_SECRET) {
    if (!/^[\x21-\x7e]+$/.test(text))
      return report(
        'error',
        column,
        `the secret of key ${id} is not ASCII`,
        'write hexadecimal digits instead',
      );
    secret = new TextEncoder().encode(text);
  } else {
    const bad = text.search(/[^0-9a-fA-F]/);
    if (bad >= 0)
      return report(
        'error',
        column + bad,
        `the secret of key ${id} is longer than ${MAX_TEXT_SECRET} characters and so read as hexadecimal, but has another character`,
        /^(hex|ascii):/i.test(text)
          ? "leave out chrony's prefix HEX: or ASCII:"
          : `write hexadecimal digits, or at most ${MAX_TEXT_SECRET} characters`,
      );
    const digits = Math.min(text.length, 2 * MAX_SECRET_BYTES) & ~1;
    if (digits < text.length)
      report(
        'warning',
        column + digits,
        `the secret of key ${id} has ${text.length} hexadecimal digits; ${digits} count, as with ntpd`,
        'give an even number, at most 64, on both sides',
      );
    secret = new Uint8Array(digits / 2);
    for (let i = 0; i < secret.length; i += 1) secret[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  if (isCipher(algorithm) && secret.length !== CIPHERS[algorithm].keyLength) {
    const wanted = CIPHERS[algorithm].keyLength;
    const done = secret.length < wanted ? 'filled up with zeros' : 'cut';
    report(
      'warning',
      column,
      `the secret of key ${id} has ${secret.length} bytes and is ${done} to the ${wanted} of ${algorithm}, as with ntpd`,
      `give ${wanted * 2} hexadecimal digits`,
    );
  }
  return secret;
}

function readRanges(id: number, word: Token, report: Report): readonly AddressRange[] | undefined {
  const ranges: AddressRange[] = [];
  let column = word.column;
  for (const part of word.text.split(',')) {
    const range = parseAddressRange(part);
    if (range === undefined)
      return report(
        'error',
        column,
        `what stands behind the secret of key ${id} is not a list of addresses`,
        'write addresses like 192.0.2.0/24,2001:db8::1, or put a # before a comment',
      );
    ranges.push(range);
    column += part.length + 1;
  }
  return ranges;
}
