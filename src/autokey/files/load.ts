/**
 * Everything Autokey has on disk, for a host and its group: keys, certificate, identity schemes, and what is wrong with
 * them. Nothing is thrown for a bad file; what is missing is undefined here and said in `problems`.
 * Owns which name is looked up for what, in which order; how a file is read is key-reader.ts.
 * Sources: shared/reference/autokey-reference.md §3.1; old-reference.md §8 (names of 2006).
 */
import type { KeyObject } from 'node:crypto';
import type { KeyProblem } from '../../auth/keys-file.js';
import type { Certificate } from '../certificate/parse.js';
import type { GqKey, GqParameters, IffKey, IffParameters, MvKey, MvParameters } from '../identity/types.js';
import { type KeyPolicy, type KeyStrength, weaknessOf } from '../policy.js';
import { bitLength } from '../powers/integers.js';
import { checkCertificate } from './check-certificate.js';
import type { KeyFolder } from './folder.js';
import { type Convert, KeyReader } from './key-reader.js';
import {
  type GqLayout,
  gqKeyOf,
  gqParametersOf,
  iffKeyOf,
  iffParametersOf,
  isServerKey,
  mvKeyOf,
  mvParametersOf,
} from './layouts.js';
import { hostLink, keyLink, oldLink, readLinkName, SCHEMES, type Scheme } from './names.js';

export interface LoadedFile {
  /** NTP seconds */
  readonly filestamp: number;
  /** path as opened: the link, where there is one */
  readonly file: string;
  /** from the first line: `ntpkey_GQkey_peer1.4004380625` */
  readonly name: string;
}

export interface LoadedHostKey extends LoadedFile {
  readonly key: KeyObject;
  /** of the modulus */
  readonly bits: number;
}

export interface LoadedCertificate extends LoadedFile {
  readonly der: Uint8Array;
}

export interface LoadedIdentity<T> extends LoadedFile {
  readonly value: T;
  /** group, or host in 2006, as in the link's name */
  readonly owner: string;
}

/** GQ files also say whom they serve. */
export interface WithLayout {
  readonly layout: GqLayout;
}

export interface LoadedKeys {
  readonly directory: string;
  readonly hostName: string;
  readonly group: string;
  readonly host: LoadedHostKey | undefined;
  /** undefined: the host key signs */
  readonly sign: LoadedHostKey | undefined;
  readonly certificate: LoadedCertificate | undefined;
  /** server keys of our own group; GQ: the one whose v stands in our certificate */
  readonly gqKey: LoadedIdentity<GqKey & WithLayout> | undefined;
  readonly iffKey: LoadedIdentity<IffKey> | undefined;
  readonly mvKey: LoadedIdentity<MvKey> | undefined;
  /** client parameters by group (or, in 2006, by trusted host); a server key of ours counts for its group too */
  readonly gqParameters: ReadonlyMap<string, LoadedIdentity<GqParameters & WithLayout>>;
  readonly iffParameters: ReadonlyMap<string, LoadedIdentity<IffParameters>>;
  readonly mvParameters: ReadonlyMap<string, LoadedIdentity<MvParameters>>;
  /** groups that have a file under a name of 2006, readable or not */
  readonly oldNames: ReadonlySet<string>;
  readonly problems: readonly KeyProblem[];
}

export interface LoadOptions {
  /** `crypto host`, else the machine's name */
  readonly hostName: string;
  /** `crypto ident`; undefined: the host's name */
  readonly group: string | undefined;
  /** `crypto pw`; undefined: the machine's name, as ntp-keygen takes it */
  readonly password: string | undefined;
  /** seconds since 1900, not cut to 32 bits; undefined: expiry is not looked at */
  readonly nowSeconds: number | undefined;
  /** `crypto minimum`: weaker keys load with a warning; undefined: nothing is said */
  readonly policy?: KeyPolicy | undefined;
}

/** Loads all keys of a directory. Never throws for what is in it. */
export function loadKeys(folder: KeyFolder, options: LoadOptions): LoadedKeys {
  const { hostName } = options;
  const group = options.group ?? hostName;
  const reader = new KeyReader(folder, options.password ?? hostName);
  const host = reader.hostKey(hostLink('host', hostName), true);
  const sign = reader.hostKey(hostLink('sign', hostName), false);
  const certificate = reader.certificate(hostLink('cert', hostName), true);
  const signer = sign ?? host;
  const facts = certificate && checkCertificate(certificate, signer, hostName, options.nowSeconds, reader);
  const own = [...new Set([group, hostName])];
  const gqKey = ownGqKey(reader, own, certificate, facts);
  const { policy } = options;
  // With `crypto ident` the host's own link counts only where the group has no key at all: the recipe of 2006 names a
  // peer's group there.
  const hasGroupKey = SCHEMES.some((scheme) => reader.names.includes(keyLink(scheme, group)));
  const owners = hasGroupKey ? [group] : own;
  if (policy !== undefined) {
    for (const key of [host, sign]) if (key !== undefined) reportWeak(reader, key.file, key, policy);
    if (certificate !== undefined && facts !== undefined)
      reportWeak(reader, certificate.file, { bits: facts.bits, digest: facts.scheme.digest }, policy);
    if (gqKey !== undefined) reportWeak(reader, gqKey.file, { bits: bitLength(gqKey.value.n) }, policy);
  }
  return {
    ...{ directory: folder.path, hostName, group, host, sign, certificate, gqKey },
    iffKey: serverKeys(reader, 'iff', owners, iffKeyOf)[0],
    mvKey: serverKeys(reader, 'mv', owners, mvKeyOf)[0],
    gqParameters: parameters(reader, 'gq', gqParametersOf),
    iffParameters: parameters(reader, 'iff', iffParametersOf),
    mvParameters: parameters(reader, 'mv', mvParametersOf),
    oldNames: new Set(
      reader.names.flatMap((name) => {
        const link = readLinkName(name);
        return link?.role === 'old' ? [link.owner] : [];
      }),
    ),
    problems: reader.problems,
  };
}

/** Our own weak keys are used: it is the others who refuse them. */
function reportWeak(reader: KeyReader, file: string, strength: KeyStrength, policy: KeyPolicy): void {
  const weakness = weaknessOf(strength, policy);
  if (weakness === undefined) return;
  const remedy = `make stronger ones (noonmark keygen --help), or '${weakness.allowedBy}' on all hosts`;
  reader.report('warning', file, 1, `${weakness.text}: other hosts refuse it`, remedy);
}

/**
 * The key that answers GQ challenges. Clients check the answer with the value in the trusted certificate, so of several
 * (a group's, the host's own, one file of 2006 for both roles) it is the one that this value belongs to.
 */
function ownGqKey(
  reader: KeyReader,
  own: readonly string[],
  certificate: LoadedCertificate | undefined,
  facts: Certificate | undefined,
): LoadedKeys['gqKey'] {
  const keys = serverKeys(reader, 'gq', own, gqKeyOf);
  const [first] = keys;
  if (facts === undefined || certificate === undefined) return first;
  const fitting = keys.find(({ value }) => value.v === facts.gqValue);
  if (fitting !== undefined) return fitting;
  // A key that is there and could not be opened has been reported.
  const isClosed = reader.failures.some(({ file }) => file.includes('/ntpkey_gq'));
  if (first === undefined && (facts.gqValue === undefined || isClosed)) return undefined;
  const severity = facts.trustRoot ? 'error' : 'warning';
  if (first === undefined)
    reader.report(
      ...([
        'warning',
        certificate.file,
        1,
        'the certificate has a GQ value, but its server key is not here',
      ] as const),
      `link the group's server key as ${keyLink('gq', own[0] ?? '')}, or make a certificate without: noonmark keygen renew`,
    );
  else
    reader.report(
      ...([severity, certificate.file, 1, `the certificate does not fit the GQ key ${first.file}`] as const),
      'make a new certificate: noonmark keygen renew',
    );
  // Behind another host's trusted certificate ours is not asked for its value.
  return facts.trustRoot ? undefined : first;
}

/** Server keys under the names of group and host; a file of 2006 may hold a client's half only, which is no fault. */
function serverKeys<T>(
  reader: KeyReader,
  scheme: Scheme,
  own: readonly string[],
  convert: Convert<T>,
): readonly LoadedIdentity<T>[] {
  const ofEither: Convert<T | undefined> = (numbers, line) =>
    isServerKey(scheme, numbers) ? convert(numbers, line) : undefined;
  return [
    ...own.map((name) => reader.identity<T | undefined>(keyLink(scheme, name), convert)),
    ...own.map((name) => reader.identity(oldLink(scheme, name), ofEither)),
  ].flatMap((file) => (file?.value === undefined ? [] : [{ ...file, value: file.value }]));
}

/** What clients need, by name: the newer files first, then those of 2006, then our own server keys. */
function parameters<T>(
  reader: KeyReader,
  scheme: Scheme,
  convert: Convert<T>,
): ReadonlyMap<string, LoadedIdentity<T>> {
  const found = new Map<string, LoadedIdentity<T>>();
  const links = reader.names.map((name) => ({ name, link: readLinkName(name) }));
  // An MV server key says nothing of the clients'.
  for (const role of scheme === 'mv' ? ['parameters', 'old'] : ['parameters', 'old', 'key'])
    for (const { name, link } of links) {
      if (link?.scheme !== scheme || link.role !== role || found.has(link.owner)) continue;
      const file = reader.identity(name, convert);
      if (file !== undefined) found.set(link.owner, file);
    }
  return found;
}
