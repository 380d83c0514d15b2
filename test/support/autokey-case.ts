/**
 * The reference daemons' Autokey cases in ../shared/reference/vectors and vectors-old: captures, expected figures, and the
 * keys and certificates of their hosts. Host keys are opened by node:crypto with the password of the case.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, parseCertificate } from '../../src/autokey/certificate/parse.js';
import { type SessionDigest, sessionDigestNamed } from '../../src/autokey/digest.js';
import { type HostKey, hostKey } from '../../src/autokey/host-key.js';
import { type AutokeyField, decodeAutokeyField } from '../../src/wire/autokey-field.js';
import { decodeFields } from '../../src/wire/extension.js';
import { newTail, type PacketTail, scanTail } from '../../src/wire/mac-trailer.js';
import { addressText, type CapturedDatagram, readPcap } from './pcap.js';
import { assert, sharedFolder } from './suite.js';

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Host letter of each address of the lab. */
const HOSTS: Readonly<Record<string, string>> = {
  '10.9.0.1': 'a',
  '10.9.0.2': 'b',
  '10.9.0.3': 'c',
  'fd09::1': 'a',
  'fd09::2': 'b',
  'fd09::3': 'c',
};
export const hostAt = (address: Uint8Array): string => HOSTS[addressText(address)] ?? '';

export interface CaseHost {
  readonly letter: string;
  readonly privateKey: KeyObject;
  readonly key: HostKey;
  readonly certificate: Certificate;
}

export interface AutokeyCase {
  readonly name: string;
  readonly folder: string;
  readonly expected: ExpectedFigures;
  readonly digest: SessionDigest;
  readonly hosts: ReadonlyMap<string, CaseHost>;
  readonly packets: readonly CasePacket[];
}

/** One packet of a capture, modes 1 to 5. */
export interface CasePacket extends CapturedDatagram {
  readonly mode: number;
  readonly tail: PacketTail;
  readonly fields: readonly CaseField[];
}
export interface CaseField extends AutokeyField {
  /** offset in the packet */
  readonly at: number;
}

interface Figures {
  readonly packets?: number;
  readonly mac_ok?: number;
  readonly mac_bad?: number;
  readonly sig_ok?: number;
  readonly sig_bad?: number;
  readonly cert_ok?: number;
  readonly crypto_nak?: number | null;
  readonly cookies?: readonly string[];
  readonly chain?: ExpectedChain | null;
}
export interface ExpectedChain {
  readonly auto_key: string;
  readonly seq: number;
  readonly ids: readonly string[];
}
export interface ExpectedLinks {
  readonly packets: number;
  readonly prev_cookie: number;
  readonly prev_zero: number;
  readonly auto_cookie: number;
  readonly auto_zero: number;
  readonly none: number;
}
/** vectors has the figures on top; vectors-old has them under `cs`, with those of symmetric associations in `sym`. */
export interface ExpectedFigures extends Figures {
  readonly cs?: Figures;
  readonly sym?: {
    readonly mac_ok: number;
    readonly mac_bad: number;
    readonly cookies: Readonly<Record<string, readonly { readonly cookie: string }[]>>;
    readonly links: Readonly<Record<string, ExpectedLinks>>;
  };
}

/** The newest file of a host whose name begins so; links were stored as files that hold a name. */
const fileOf = (folder: string, pattern: RegExp): string | undefined =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name))
    .at(-1);

const pemOf = (text: string): string => text.slice(text.indexOf('-----BEGIN'));

/** The DER of the first certificate in a file. */
const certificateDer = (text: string): Uint8Array =>
  Buffer.from(pemOf(text).split('-----')[2]?.replace(/\s/g, '') ?? '', 'base64');

/** Empty for a host that was no ntpd. */
function configurationOf(folder: string): string {
  const file = join(folder, 'ntp.conf');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function loadHost(folder: string, letter: string): CaseHost | undefined {
  const own = join(folder, letter);
  const keyFile = fileOf(own, /^ntpkey_RSAhost_.*\.\d+$/);
  const certificateFile = fileOf(own, /^ntpkey_RSA-.*cert_.*\.\d+$/);
  if (keyFile === undefined || certificateFile === undefined) return undefined;
  const passphrase = /\bpw (\S+)/.exec(configurationOf(own))?.[1] ?? 'common';
  const privateKey = createPrivateKey({ key: pemOf(readFileSync(keyFile, 'utf8')), passphrase });
  const parsed = parseCertificate(certificateDer(readFileSync(certificateFile, 'utf8')));
  assert.ok(parsed.ok, certificateFile);
  return parsed.ok ? { letter, privateKey, key: hostKey(privateKey), certificate: parsed.value } : undefined;
}

/** Fields of a packet that is well formed; a field that is not ends the list (the probes of leap-exchange). */
function fieldsOf(view: DataView, tail: PacketTail): CaseField[] {
  const found: CaseField[] = [];
  const frames = decodeFields(view, tail, 'autokey');
  for (const frame of frames.ok ? frames.value : []) {
    const field = decodeAutokeyField(view, frame.at, frame.length);
    if (field.ok) found.push({ ...field.value, at: frame.at });
  }
  return found;
}

function* packetsOf(file: string): Generator<CasePacket> {
  for (const datagram of readPcap(readFileSync(file))) {
    const view = viewOf(datagram.payload);
    const mode = view.getUint8(0) & 7;
    const tail = newTail();
    if (mode >= 6 || scanTail(view, datagram.payload.length, tail) !== undefined) continue;
    yield { ...datagram, mode, tail, fields: fieldsOf(view, tail) };
  }
}

function loadCase(name: string, folder: string): AutokeyCase {
  const hosts = new Map<string, CaseHost>();
  let digest: SessionDigest = 'MD5';
  for (const letter of ['a', 'b', 'c']) {
    if (!existsSync(join(folder, letter)) || !statSync(join(folder, letter)).isDirectory()) continue;
    const host = loadHost(folder, letter);
    if (host !== undefined) hosts.set(letter, host);
    if (letter !== 'a') continue;
    const word = /\bdigest (\S+)/.exec(configurationOf(join(folder, letter)))?.[1];
    digest = (word !== undefined ? sessionDigestNamed(word) : undefined) ?? 'MD5';
  }
  return {
    name,
    folder,
    expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as ExpectedFigures,
    digest,
    hosts,
    packets: [...packetsOf(join(folder, 'wire.pcap'))],
  };
}

/** Every case, those of 4.2.8p15 first. The suite must have found ../shared before (has). */
export function autokeyCases(): readonly AutokeyCase[] {
  const cases: AutokeyCase[] = [];
  for (const generation of ['vectors', 'vectors-old']) {
    const root = join(sharedFolder, 'reference', generation);
    for (const name of readdirSync(root).sort()) {
      if (existsSync(join(root, name, 'wire.pcap'))) cases.push(loadCase(name, join(root, name)));
    }
  }
  return cases;
}
