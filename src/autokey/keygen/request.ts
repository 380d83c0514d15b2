/**
 * What a run of keygen shall make, with defaults that work, checked before anything is generated. Pure.
 * Sources: ntp-keygen(8) 4.2.8; shared/reference/autokey-reference.md §3, §5.4 (what works and what does not), §6.3.
 */
import { NoonmarkError } from '../../errors.js';
import { CERTIFICATE_SCHEMES, type CertificateScheme, schemeNamed } from '../digest.js';
import { nameFault, type Scheme } from '../files/names.js';
import { CIPHERS, type CipherName } from '../files/password.js';
import { MIN_MV_PRIME_BITS } from './mv-keys.js';

/** Whose quirks files are made for. */
export type Audience = 'everybody' | 'ntpd-4.2.8p15';

export interface IdentityRequest {
  readonly scheme: Scheme;
  readonly bits: number;
  /** of MV's client keys */
  readonly count: number;
}

export interface KeygenRequest {
  readonly hostName: string;
  /** undefined: as in the host's certificate, else the host's own name */
  readonly group: string | undefined;
  readonly newHost: boolean;
  readonly newSign: boolean;
  readonly identities: readonly IdentityRequest[];
  /** undefined: as in the certificate there is, else 'none' */
  readonly trust: 'trusted' | 'private' | undefined;
  readonly hostBits: number;
  /** undefined: as in the certificate there is, else RSA-SHA256 */
  readonly scheme: CertificateScheme | undefined;
  readonly cipher: CipherName;
  readonly days: number;
  /** encrypts what is private */
  readonly password: string;
  readonly audience: Audience;
}

/** Words of the command line, as they were typed. */
export interface KeygenWords {
  readonly hostName: string;
  readonly group?: string | undefined;
  readonly newHost?: boolean | undefined;
  readonly signKey?: string | undefined;
  readonly identities?: readonly Scheme[];
  readonly mvCount?: string | undefined;
  readonly trusted?: boolean | undefined;
  readonly isPrivate?: boolean | undefined;
  readonly hostBits?: string | undefined;
  readonly identityBits?: string | undefined;
  readonly scheme?: string | undefined;
  readonly cipher?: string | undefined;
  readonly days?: string | undefined;
  readonly password: string;
  readonly audience?: string | undefined;
}

/** The most that 4.2.8p15 and its elders can carry: the value in the certificate must have a length below 128 bytes. */
export const P15_GQ_BITS = 1016;
const DEFAULT_BITS = 2048;
const MAX_DAYS = 36_500;

const usage = (message: string, remedy: string): NoonmarkError =>
  new NoonmarkError('ERR_USAGE', message, remedy);

function numberOf(
  text: string | undefined,
  flag: string,
  fallback: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${flag} takes a number from ${least} to ${most}, not '${text}'`, `${flag} ${fallback}`);
}

function schemeOf(text: string | undefined): CertificateScheme | undefined {
  if (text === undefined) return undefined;
  const scheme = schemeNamed(text);
  if (scheme !== undefined) return scheme;
  const known = CERTIFICATE_SCHEMES.map(({ keygenName }) => keygenName).join(', ');
  throw usage(`there is no certificate scheme '${text}'`, `-c with one of ${known}`);
}

function cipherOf(text: string | undefined): CipherName {
  const names = Object.keys(CIPHERS).filter((name): name is CipherName => Object.hasOwn(CIPHERS, name));
  const cipher = names.find((name) => name === (text ?? 'des-ede3-cbc').toLowerCase());
  if (cipher === undefined) throw usage(`there is no cipher '${text}'`, `-C with one of ${names.join(', ')}`);
  return cipher;
}

function audienceOf(text: string | undefined): Audience {
  if (text === undefined) return 'everybody';
  if (text === 'ntpd-4.2.8p15' || text === 'ntpd-4.2.8') return 'ntpd-4.2.8p15';
  throw usage(`files cannot be made for '${text}'`, '--for ntpd-4.2.8p15');
}

function checkName(what: string, name: string | undefined): void {
  const fault = name === undefined ? undefined : nameFault(name);
  if (fault !== undefined) throw usage(`${what} '${name}': ${fault}`, 'letters, digits, dots and dashes');
}

/** The request behind the words. Throws ERR_USAGE with what to write instead. */
export function requestOf(words: KeygenWords): KeygenRequest {
  checkName('the host name', words.hostName);
  checkName('the group', words.group);
  if (words.signKey !== undefined && words.signKey !== 'RSA')
    throw usage(
      `-S ${words.signKey}: no daemon takes signatures of other keys than RSA`,
      '-S RSA, or no -S: then the host key signs',
    );
  if (words.password === '') throw usage('the password is empty', '-p PASSWORD');
  const audience = audienceOf(words.audience);
  const hostBits = numberOf(words.hostBits, '-m', DEFAULT_BITS, 512, 4096);
  const trust = words.isPrivate === true ? 'private' : words.trusted === true ? 'trusted' : undefined;
  return {
    hostName: words.hostName,
    group: words.group,
    newHost: words.newHost === true,
    newSign: words.signKey !== undefined,
    identities: (words.identities ?? []).map((scheme) => identityOf(scheme, words, audience)),
    trust,
    hostBits,
    scheme: schemeOf(words.scheme),
    cipher: cipherOf(words.cipher),
    days: numberOf(words.days, '-l', 365, 0, MAX_DAYS),
    password: words.password,
    audience,
  };
}

function identityOf(
  scheme: Scheme,
  { identityBits, mvCount }: KeygenWords,
  audience: Audience,
): IdentityRequest {
  const isForP15 = audience === 'ntpd-4.2.8p15';
  const fallback = scheme === 'gq' && isForP15 ? P15_GQ_BITS : DEFAULT_BITS;
  const bits = numberOf(identityBits, '-b', fallback, 512, 3072);
  if (scheme === 'gq' && isForP15 && bits > P15_GQ_BITS)
    throw usage(
      `ntpd 4.2.8p15 cannot carry a GQ modulus of ${bits} bits`,
      `-b ${P15_GQ_BITS}, the most it can, or leave --for out`,
    );
  if (scheme !== 'mv') return { scheme, bits, count: 0 };
  const count = numberOf(mvCount, '-V', 5, 2, 64);
  if (bits / count < MIN_MV_PRIME_BITS)
    throw usage(
      `${count} MV keys of ${bits} bits leave primes of ${Math.floor(bits / count)} bits, which are too few`,
      `-b ${Math.min(3072, 512 * Math.ceil((count * MIN_MV_PRIME_BITS) / 512))}, or at most -V ${Math.floor(bits / MIN_MV_PRIME_BITS)}`,
    );
  return { scheme, bits, count };
}
