/**
 * One run of keygen: from a request and the keys there are to the files that shall be written. Owns the order of things
 * and what is kept from before; reads and writes no disk.
 * Sources: ntp-keygen(8) 4.2.8; shared/reference/autokey-reference.md §3.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { buildCertificate } from '../certificate/build.js';
import type { Certificate } from '../certificate/parse.js';
import { type CertificateScheme, schemeNamed } from '../digest.js';
import { agentLink, hostLink, keyLink, parameterLink } from '../files/names.js';
import { encodeRsa, type RsaNumbers } from '../files/private-key.js';
import { DEFAULT_KEY_POLICY, weaknessOf } from '../policy.js';
import { rsaBits } from '../rsa.js';
import { makeGqKey, makeIffKey } from './identity-keys.js';
import { makeMvKeys } from './mv-keys.js';
import {
  agentFile,
  certificateFile,
  clientKeyFile,
  type Hand,
  keyFile,
  type NewFile,
  recipeFile,
  type ServerKey,
  serverKeyFile,
} from './new-file.js';
import { type IdentityRequest, type KeygenRequest, P15_GQ_BITS } from './request.js';
import type { KeySource } from './source.js';

/** What a directory holds already for the host. */
export interface Existing {
  readonly host: KeyObject | undefined;
  readonly sign: KeyObject | undefined;
  readonly certificate: Certificate | undefined;
  /** v of the group's GQ server key */
  readonly gqValue: (group: string) => bigint | undefined;
}

export interface Made {
  readonly files: readonly NewFile[];
  /** for a person; a warning begins with 'warning: ' */
  readonly notes: readonly string[];
  readonly group: string;
  /** of the certificate: HOST or HOST@GROUP */
  readonly subject: string;
}

/** Shows that something long is under way. */
export type Progress = <T>(what: string, work: Promise<T>) => Promise<T>;

export interface MakeContext {
  readonly source: KeySource;
  /** seconds since 1900, not cut to 32 bits */
  readonly nowSeconds: number;
  readonly progress: Progress;
}

const DEFAULT_SCHEME: CertificateScheme = schemeNamed('RSA-SHA256')!;

/** The group that a certificate's subject names; undefined: none. */
export const groupOfSubject = (subject: string | undefined): string | undefined => subject?.split('@')[1];

export async function makeKeys(
  request: KeygenRequest,
  existing: Existing,
  context: MakeContext,
): Promise<Made> {
  const { hostName, identities, password, cipher, audience } = request;
  const { source, nowSeconds, progress } = context;
  const subjectGroup = request.group ?? groupOfSubject(existing.certificate?.subject);
  const group = subjectGroup ?? hostName;
  const hand: Hand = {
    ...{ filestamp: nowSeconds % 2 ** 32, password, cipher, random: source.random },
    isForP15: audience === 'ntpd-4.2.8p15',
  };
  const files: NewFile[] = [];
  const notes: string[] = [];
  const newRsa = async (kind: 'host' | 'sign'): Promise<KeyObject> => {
    const numbers = await progress(`RSA key of ${request.hostBits} bits`, source.rsa(request.hostBits));
    files.push(keyFile(hand, `RSA${kind}`, hostName, [numbers], [hostLink(kind, hostName)]));
    return keyObject(numbers);
  };
  const host = existing.host === undefined || request.newHost ? await newRsa('host') : existing.host;
  // A new host key would not fit an old sign key's certificate less than any other: the sign key stays.
  const sign = request.newSign ? await newRsa('sign') : (existing.sign ?? host);
  const newGq = identities.find(({ scheme }) => scheme === 'gq');
  let gqValue = newGq === undefined ? existing.gqValue(group) : undefined;
  for (const identity of identities) {
    const made = await makeIdentity(identity, hand, hostName, group, context);
    files.push(...made.files);
    gqValue = made.gqValue ?? gqValue;
    notes.push(...remarks(identity, hand.isForP15));
  }
  const trust = request.trust ?? trustOf(existing.certificate);
  const scheme = request.scheme ?? existing.certificate?.scheme ?? DEFAULT_SCHEME;
  const subject = subjectGroup === undefined ? hostName : `${hostName}@${subjectGroup}`;
  const wish = { subject, serial: hand.filestamp, notBefore: nowSeconds, days: request.days };
  const der = buildCertificate({ ...wish, scheme, key: sign, trust, gqValue });
  files.push(certificateFile(hand, `${scheme.keygenName}cert`, hostName, der, hostLink('cert', hostName)));
  const bits = Math.min(rsaBits(host), rsaBits(sign), newGq?.bits ?? Number.POSITIVE_INFINITY);
  const weakness = weaknessOf({ bits, digest: scheme.digest }, DEFAULT_KEY_POLICY);
  if (weakness !== undefined)
    notes.push(`warning: ${weakness.text}; noonmark refuses it of others without '${weakness.allowedBy}'`);
  return { files, notes, group, subject };
}

const keyObject = (numbers: RsaNumbers): KeyObject =>
  createPrivateKey({ key: Buffer.from(encodeRsa(numbers)), format: 'der', type: 'pkcs1' });

const trustOf = (certificate: Certificate | undefined): 'trusted' | 'private' | 'none' =>
  certificate?.isPrivate === true ? 'private' : certificate?.trustRoot === true ? 'trusted' : 'none';

function remarks({ scheme, bits }: IdentityRequest, isForP15: boolean): string[] {
  if (scheme !== 'gq') return [];
  if (isForP15)
    return [
      `warning: a GQ modulus of ${bits} bits is short; ntpd 4.2.8p15 can carry ${P15_GQ_BITS} at most. Leave --for out where all hosts run noonmark`,
    ];
  return bits > P15_GQ_BITS
    ? [
        `ntpd 4.2.8p15 and older cannot verify GQ with more than ${P15_GQ_BITS} bits; where such hosts take part: --for ntpd-4.2.8p15`,
      ]
    : [];
}

/** The server's key under the names of group and host, and what else the scheme needs. */
async function makeIdentity(
  { scheme, bits, count }: IdentityRequest,
  hand: Hand,
  hostName: string,
  group: string,
  { source, progress }: MakeContext,
): Promise<{ readonly files: readonly NewFile[]; readonly gqValue: bigint | undefined }> {
  const links = [...new Set([keyLink(scheme, group), keyLink(scheme, hostName)])];
  const fileOf = (key: ServerKey) => serverKeyFile(hand, group, key, links);
  switch (scheme) {
    case 'gq': {
      const value = await progress(`GQ key of ${bits} bits`, makeGqKey(source, bits));
      return { files: [fileOf({ scheme, value }), recipeFile(hand, hostName, value)], gqValue: value.v };
    }
    case 'iff': {
      const value = await progress(`IFF key of ${bits} bits`, makeIffKey(source, bits));
      return { files: [fileOf({ scheme, value })], gqValue: undefined };
    }
    default: {
      const keys = await progress(`${count} MV keys of ${bits} bits`, makeMvKeys(source, bits, count));
      const agentLinks = [...new Set([agentLink(group), agentLink(hostName)])];
      const agent = agentFile(hand, group, keys.agent, keys.server, keys.clients, agentLinks);
      // Of GQ and IFF a server's key holds the parameters too; of MV it does not, and a peer is to be checked as well.
      const [value] = keys.clients;
      const own = value && clientKeyFile(hand, group, { scheme, value }, [parameterLink(scheme, group)]);
      const files = [agent, fileOf({ scheme, value: keys.server }), ...(own === undefined ? [] : [own])];
      return { files, gqValue: undefined };
    }
  }
}
