/**
 * Names of key files and of the links by which they are found. Owns the spelling in every generation.
 * Sources: shared/reference/autokey-reference.md §3.1, §3.2; ntp-keygen(8) 4.2.8; old-reference.md §8 for 2006.
 */
/** Where keys are looked for without `keysdir`. */
export const DEFAULT_KEYS_DIRECTORY = '/etc/noonmark';

export const HOST_LINKS = ['host', 'sign', 'cert'] as const;
export type HostLink = (typeof HOST_LINKS)[number];

export const SCHEMES = ['gq', 'iff', 'mv'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** What a host is found by: `ntpkey_host_NAME`. */
export const hostLink = (kind: HostLink, host: string): string => `ntpkey_${kind}_${host}`;

/** A server's key of a group: `ntpkey_gqkey_GROUP`. */
export const keyLink = (scheme: Scheme, group: string): string => `ntpkey_${scheme}key_${group}`;

/** A client's parameters of a group: `ntpkey_gqpar_GROUP`. */
export const parameterLink = (scheme: Scheme, group: string): string => `ntpkey_${scheme}par_${group}`;

/** Of 2006: one file for both roles, `ntpkey_gq_NAME`. */
export const oldLink = (scheme: Scheme, name: string): string => `ntpkey_${scheme}_${name}`;

/** The trusted agent's file with all MV keys. */
export const agentLink = (group: string): string => `ntpkey_mvta_${group}`;

/** A file's own name: `kind` is `RSAhost`, `RSA-SHA256cert`, `GQkey`, … */
export const stampedName = (kind: string, owner: string, filestamp: number): string =>
  `ntpkey_${kind}_${owner}.${filestamp}`;

export interface LinkName {
  readonly role: 'key' | 'parameters' | 'old' | 'agent' | HostLink;
  readonly scheme: Scheme | undefined;
  readonly owner: string;
}

/** What a link's name says; undefined: it is none (files themselves have capitals in their kind). */
export function readLinkName(name: string): LinkName | undefined {
  const match = /^ntpkey_(host|sign|cert|mvta|(gq|iff|mv)(key|par|))_(.+)$/.exec(name);
  if (match === null || isStamped(match[4]!)) return undefined;
  const [, kind, scheme, role, owner] = match;
  if (kind === 'mvta') return { role: 'agent', scheme: 'mv', owner: owner! };
  const host = HOST_LINKS.find((known) => known === kind);
  if (host !== undefined) return { role: host, scheme: undefined, owner: owner! };
  const roles = { key: 'key', par: 'parameters', '': 'old' } as const;
  return {
    role: roles[role === 'key' || role === 'par' ? role : ''],
    scheme: SCHEMES.find((known) => known === scheme),
    owner: owner!,
  };
}

/** `NAME.4004380625`: the file itself (the reference names exports ntpkey_gqpar_NAME.FILESTAMP), not its link. */
const isStamped = (owner: string): boolean => /\.\d{9,10}$/.test(owner);

/** What is wrong with a host's or group's name; undefined: nothing. It becomes part of file names and certificates. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.length > 64) return 'the name is longer than 64 characters';
  if (!/^[\x21-\x7e]+$/.test(name)) return 'the name has blanks or characters that are not ASCII';
  if (/[/@]/.test(name) || name.startsWith('.')) return "the name has '/' or '@' in it, or begins with '.'";
  return undefined;
}
