/**
 * What is in a keys directory: hosts, groups, schemes, expiry, and what is wrong. Owns the collection; the table is
 * cli/keygen-show.ts. No secret number is in it.
 */
import type { KeyProblem } from '../../auth/keys-file.js';
import { parseCertificate } from '../certificate/parse.js';
import { readAgentFile } from '../files/agent-file.js';
import type { KeyFolder } from '../files/folder.js';
import { KeyReader } from '../files/key-reader.js';
import { gqParametersOf, iffParametersOf, mvKeyOf, mvParametersOf } from '../files/layouts.js';
import { type LoadedKeys, loadKeys } from '../files/load.js';
import { type LinkName, readLinkName, type Scheme } from '../files/names.js';
import { readArmour } from '../files/pem.js';
import { isEncrypted } from '../files/private-key.js';
import { bitLength } from '../powers/integers.js';
import { groupOfSubject } from './make.js';
import { certificateOf } from './survey.js';

export interface HostEntry {
  readonly name: string;
  /** undefined: missing, or not opened */
  readonly keyBits: number | undefined;
  readonly signBits: number | undefined;
  readonly certificate: CertificateEntry | undefined;
}

export interface CertificateEntry {
  readonly subject: string;
  readonly trust: 'trusted' | 'private' | 'none';
  readonly scheme: string;
  readonly bits: number;
  readonly hasGqValue: boolean;
  /** ISO dates, UTC */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly isExpired: boolean;
}

export interface GroupEntry {
  readonly name: string;
  readonly scheme: Scheme;
  readonly role: 'server' | 'client' | 'agent' | 'both (2006)';
  readonly link: string;
  /** of the modulus; undefined: not opened */
  readonly bits: number | undefined;
  readonly isEncrypted: boolean;
  /** of GQ: who can use the file */
  readonly layout: 'stock' | 'p15' | 'both' | undefined;
}

export interface Inventory {
  readonly directory: string;
  readonly hosts: readonly HostEntry[];
  readonly groups: readonly GroupEntry[];
  readonly problems: readonly KeyProblem[];
}

/** `password` undefined: encrypted files stay closed, which is no problem then. */
export function takeInventory(
  folder: KeyFolder,
  password: string | undefined,
  nowSeconds: number,
): Inventory {
  const links = folder.names.flatMap((name) => {
    const link = readLinkName(name);
    return link === undefined ? [] : [{ name, ...link }];
  });
  const names = [
    ...new Set(
      links.filter(({ scheme, role }) => scheme === undefined && role !== 'agent').map(({ owner }) => owner),
    ),
  ];
  const loads = names.map((hostName) => {
    const group = groupOfSubject(certificateOf(folder, hostName)?.subject);
    return loadKeys(folder, { hostName, group, password, nowSeconds });
  });
  const reader = new KeyReader(folder, password ?? names[0] ?? '');
  const seen = new Set<string>();
  const problems = loads
    .flatMap((keys) => keys.problems)
    .filter(({ message }) => password !== undefined || !message.startsWith('the password does not open'))
    .filter(({ file, message }) => !seen.has(`${file}: ${message}`) && seen.add(`${file}: ${message}`));
  return {
    directory: folder.path,
    hosts: loads.map((keys) => hostEntry(keys, nowSeconds)),
    groups: links.flatMap(({ name, role, scheme, owner }) => {
      if (
        scheme === undefined ||
        (role !== 'key' && role !== 'parameters' && role !== 'old' && role !== 'agent')
      )
        return [];
      const roles = { key: 'server', parameters: 'client', old: 'both (2006)', agent: 'agent' } as const;
      return [
        { name: owner, scheme, role: roles[role], link: name, ...facts(folder, reader, name, scheme, role) },
      ];
    }),
    problems,
  };
}

function hostEntry(keys: LoadedKeys, nowSeconds: number): HostEntry {
  const { hostName, host, sign, certificate } = keys;
  const entry = { name: hostName, keyBits: host?.bits, signBits: sign?.bits };
  const parsed = certificate === undefined ? undefined : parseCertificate(certificate.der);
  if (parsed?.ok !== true) return { ...entry, certificate: undefined };
  const { subject, trustRoot, isPrivate, scheme, bits, gqValue, notBefore, notAfter } = parsed.value;
  const day = (seconds: number) => new Date((seconds - 2_208_988_800) * 1000).toISOString();
  return {
    ...entry,
    certificate: {
      ...{ subject, scheme: scheme.keygenName, bits, hasGqValue: gqValue !== undefined },
      trust: isPrivate ? 'private' : trustRoot ? 'trusted' : 'none',
      validFrom: day(notBefore),
      validUntil: day(notAfter),
      isExpired: notAfter < nowSeconds,
    },
  };
}

/** The modulus' bits, and for GQ whom the file serves. Problems of its reader are those of the loads already. */
function facts(
  folder: KeyFolder,
  reader: KeyReader,
  name: string,
  scheme: Scheme,
  role: LinkName['role'],
): Pick<GroupEntry, 'bits' | 'isEncrypted' | 'layout'> {
  const read = folder.read(name);
  let isClosed = false;
  try {
    isClosed = read.ok && readArmour(read.text).blocks.some(isEncrypted);
    if (read.ok && role === 'agent') {
      const { server } = readAgentFile(read.text, reader.password);
      return { bits: bitLength(server.p), isEncrypted: isClosed, layout: undefined };
    }
  } catch {
    return { bits: undefined, isEncrypted: isClosed, layout: undefined };
  }
  if (scheme === 'gq') {
    const gq = reader.identity(name, gqParametersOf)?.value;
    return { bits: gq && bitLength(gq.n), isEncrypted: isClosed, layout: gq?.layout };
  }
  const convert = scheme === 'iff' ? iffParametersOf : role === 'key' ? mvKeyOf : mvParametersOf;
  const dsa = reader.identity<{ readonly p: bigint }>(name, convert)?.value;
  return { bits: dsa && bitLength(dsa.p), isEncrypted: isClosed, layout: undefined };
}
