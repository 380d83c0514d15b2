/**
 * Key files and identity answers of the recorded cases in ../shared/reference, read with a DER reader of its
 * own, so that the golden test does not lean on the loader under test elsewhere. Case names and files: the README there.
 */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toInteger } from '../../../src/autokey/powers/integers.js';
import { autokeyOperationName, decodeAutokeyField } from '../../../src/wire/autokey-field.js';
import { addressText, readPcap } from '../../support/pcap.js';

const PASSWORD = 'common';
/** hmacWithSHA256, 1.2.840.113549.2.9 */
const HMAC_SHA256 = '2a864886f70d0209';
const CIPHERS: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  '2a864886f70d0307': ['des-ede3-cbc', 24],
  '60864801650304012a': ['aes-256-cbc', 32],
  '608648016503040102': ['aes-128-cbc', 16],
};
const HEADER_LENGTH = 48;
/** A tail of at most this is the MAC (autokey-reference.md §5). */
const MAX_MAC = 24;

export interface RecordedAnswer {
  readonly scheme: 'gq' | 'iff' | 'mv';
  /** letters of the hosts' folders */
  readonly asker: string;
  readonly responder: string;
  readonly challenge: Uint8Array;
  readonly answer: Uint8Array;
}

const hostOf = (address: Uint8Array): string =>
  'abc'[(addressText(address).endsWith('1') ? 1 : addressText(address).endsWith('2') ? 2 : 3) - 1] ?? '';

/** Every answered challenge of a capture: the answer, and the last challenge the other way. */
export function recordedAnswers(folder: string): RecordedAnswer[] {
  const answers: RecordedAnswer[] = [];
  const challenges = new Map<string, Uint8Array>();
  for (const { source, destination, payload } of readPcap(readFileSync(join(folder, 'wire.pcap')))) {
    const [from, to] = [hostOf(source), hostOf(destination)];
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (let at = HEADER_LENGTH; payload.length - at > MAX_MAC; at += view.getUint16(at + 2)) {
      const field = decodeAutokeyField(view, at, view.getUint16(at + 2));
      if (!field.ok) break;
      const scheme = autokeyOperationName(field.value.operation);
      if (scheme !== 'gq' && scheme !== 'iff' && scheme !== 'mv') continue;
      const value = field.value.body?.value;
      if (value === undefined || value.length === 0 || field.value.error) continue;
      if (!field.value.response) challenges.set(`${scheme}${from}${to}`, value.slice());
      else {
        const challenge = challenges.get(`${scheme}${to}${from}`);
        if (challenge !== undefined)
          answers.push({ scheme, asker: to, responder: from, challenge, answer: value.slice() });
      }
    }
  }
  return answers;
}

export interface RsaFields {
  readonly n: bigint;
  readonly e: bigint;
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
}
export interface DsaFields {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  /** absent in PKCS#8 */
  readonly y?: bigint | undefined;
  readonly x: bigint;
}

function elements(der: Uint8Array): { readonly tag: number; readonly content: Uint8Array }[] {
  const found = [];
  for (let at = 0; at < der.length; ) {
    let start = at + 2;
    let length = der[at + 1] ?? 0;
    if (length > 0x80) {
      start += length - 0x80;
      length = Number(toInteger(der.subarray(at + 2, start)));
    }
    found.push({ tag: der[at] ?? 0, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

const inside = (der: Uint8Array): Uint8Array => elements(der)[0]?.content ?? new Uint8Array(0);
const integers = (der: Uint8Array): bigint[] => elements(der).map(({ content }) => toInteger(content));

/** The first file of a host's folder whose name begins so; a link was kept as a file that holds its target's name. */
function keyText(folder: string, prefix: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((file) => file.startsWith(prefix));
  if (name === undefined) return undefined;
  const text = readFileSync(join(folder, name), 'latin1');
  return text.includes('-----BEGIN') ? text : readFileSync(join(folder, text.trim()), 'latin1');
}

function fromPem(text: string): Buffer {
  const body = text.slice(text.indexOf('-----BEGIN'), text.indexOf('-----END'));
  return Buffer.from(body.slice(body.indexOf('\n')), 'base64');
}

/** PBES2 opened by hand (RFC 8018 §6.2): OpenSSL 3 refuses RSA keys whose primes are 1. */
function pkcs8(text: string): Uint8Array {
  const der = fromPem(text);
  if (!text.includes('ENCRYPTED')) return der;
  const nothing = new Uint8Array(0);
  const [algorithm, encrypted] = elements(inside(der));
  const [, parameters] = elements(algorithm?.content ?? nothing);
  const [derivation, cipher] = elements(parameters?.content ?? nothing);
  const [salt, iterations, ...rest] = elements(
    elements(derivation?.content ?? nothing)[1]?.content ?? nothing,
  );
  const prf = Buffer.from(inside(rest.at(-1)?.content ?? nothing)).toString('hex');
  const [oid, iv] = elements(cipher?.content ?? nothing);
  const [name, keyLength] = CIPHERS[Buffer.from(oid?.content ?? nothing).toString('hex')] ?? [
    'des-ede3-cbc',
    24,
  ];
  const digest = prf === HMAC_SHA256 ? 'sha256' : 'sha1';
  const rounds = Number(toInteger(iterations?.content ?? nothing));
  const key = pbkdf2Sync(PASSWORD, salt?.content ?? nothing, rounds, keyLength, digest);
  const decipher = createDecipheriv(name, key, iv?.content ?? nothing);
  return Buffer.concat([decipher.update(encrypted?.content ?? nothing), decipher.final()]);
}

export function rsaFile(folder: string, prefix: string): RsaFields | undefined {
  const text = keyText(folder, prefix);
  if (text === undefined) return undefined;
  const [, n = 0n, e = 0n, d = 0n, p = 0n, q = 0n] = integers(
    inside(elements(inside(pkcs8(text)))[2]?.content ?? new Uint8Array(0)),
  );
  return { n, e, d, p, q };
}

export function dsaFile(folder: string, prefix: string): DsaFields | undefined {
  const text = keyText(folder, prefix);
  if (text === undefined) return undefined;
  if (text.includes('BEGIN DSA')) {
    const [, p = 0n, q = 0n, g = 0n, y = 0n, x = 0n] = integers(inside(fromPem(text)));
    return { p, q, g, y, x };
  }
  const [, algorithm, key] = elements(inside(pkcs8(text)));
  const [p = 0n, q = 0n, g = 0n] = integers(
    elements(algorithm?.content ?? new Uint8Array(0))[1]?.content ?? new Uint8Array(0),
  );
  return { p, q, g, x: toInteger(inside(key?.content ?? new Uint8Array(0))) };
}

/** The GQ value in a host's certificate: subjectKeyIdentifier 2.5.29.14. */
export function certificateValue(folder: string): bigint | undefined {
  const text = keyText(folder, 'ntpkey_cert_');
  if (text === undefined) return undefined;
  const raw = fromPem(text);
  const at = raw.indexOf(Buffer.of(0x06, 0x03, 0x55, 0x1d, 0x0e));
  return at < 0 ? undefined : toInteger(inside(inside(raw.subarray(at + 5))));
}
