/**
 * What each kind of client is told: its configuration lines with the secrets that go with them, and what it cannot do.
 * Owns the symmetric keys; Autokey is autokey.ts. Pure.
 * Sources: ntp.conf(5) of ntpd 4.2.8p15 and ntpsec, chrony.conf(5), chrony.keys(5).
 */
import type { KeyAlgorithm } from '../../auth/mac.js';
import { type AutokeyClient, autokeyPart } from './autokey.js';
import type { ServerFacts } from './facts.js';
import { isPlainClient, PLAIN_CLIENTS, plainRecipe } from './plain.js';

const AUTHENTICATING = ['noonmark', 'ntpd-4.2.8p15', 'chrony', 'ntpsec'] as const;
type AuthenticatingClient = (typeof AUTHENTICATING)[number];
export const CLIENTS = [...AUTHENTICATING, ...PLAIN_CLIENTS] as const;
export type ClientKind = (typeof CLIENTS)[number];

export interface Setting {
  /** the server's configuration file */
  readonly file: string;
  /** of the server, as the client asks it */
  readonly address: string;
  /** the client's name; undefined: as its machine has it */
  readonly client: string | undefined;
}

/** Text for one kind of client, with a newline at the end. */
export function recipe(kind: ClientKind, facts: ServerFacts, setting: Setting): string {
  if (isPlainClient(kind)) return plainRecipe(kind, setting.address, setting.client);
  const autokey = knowsAutokey(kind) ? autokeyPart(kind, facts, setting) : undefined;
  const parts = [
    `# ${kind}${setting.client === undefined ? '' : ` on ${setting.client}`}, as a client of ${setting.address}`,
    ...(autokey === undefined ? [] : [autokey]),
    ...symmetricPart(kind, facts, setting),
    ...(facts.autokey !== undefined && autokey === undefined
      ? [`${kind} does not know Autokey; a symmetric key is what it can do.`]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

const knowsAutokey = (kind: ClientKind): kind is AutokeyClient =>
  kind === 'noonmark' || kind === 'ntpd-4.2.8p15';

const oneEach = (others: readonly number[]): string =>
  others.length === 0 ? '; this server has no other.' : `: better one each (--key ${others.join(', ')}).`;

function symmetricPart(
  kind: AuthenticatingClient,
  { autokey, symmetric, otherKeys, keysFile }: ServerFacts,
  { address, file }: Setting,
): string[] {
  if (symmetric === undefined)
    return [
      [
        'Symmetric key: this server has no trusted AES-CMAC key yet. On this server:',
        '',
        '  sudo -u noonmark noonmark keygen -M -d /etc/noonmark/keys',
        '',
        `and in ${file}:`,
        '',
        `  keys ${keysFile ?? '/etc/noonmark/keys/ntp.keys'}`,
        '  trustedkey (21 ... 30)',
      ].join('\n'),
    ];
  const { id, algorithm, secret } = symmetric;
  const hex = Buffer.from(secret).toString('hex');
  const dialect = DIALECTS[kind];
  return [
    [
      `Symmetric key (${algorithm})${autokey !== undefined && knowsAutokey(kind) ? ', in the place of Autokey' : ''}`,
      `in ${dialect.keys}, readable by root and the daemon only:`,
      '',
      `  ${id} ${dialect.names[algorithm] ?? algorithm} ${dialect.prefix}${hex}`,
      '',
      `in ${dialect.config}:`,
      '',
      ...dialect.lines(id, address).map((line) => `  ${line}`),
      '',
      `A key that several clients have lets each of them pose as this server${oneEach(otherKeys)}`,
    ].join('\n'),
  ];
}

interface Dialect {
  readonly config: string;
  readonly keys: string;
  /** what stands before the hexadecimal secret */
  readonly prefix: string;
  readonly names: Readonly<Partial<Record<KeyAlgorithm, string>>>;
  readonly lines: (id: number, address: string) => readonly string[];
}

const ntpdLines =
  (keys: string) =>
  (id: number, address: string): readonly string[] => [
    `keys ${keys}`,
    `trustedkey ${id}`,
    `server ${address} iburst key ${id}`,
  ];

const DIALECTS: Readonly<Record<AuthenticatingClient, Dialect>> = {
  noonmark: {
    ...{ config: 'ntp.conf', keys: '/etc/noonmark/keys/client.keys', prefix: '', names: {} },
    lines: ntpdLines('/etc/noonmark/keys/client.keys'),
  },
  'ntpd-4.2.8p15': {
    ...{ config: '/etc/ntp.conf', keys: '/etc/ntp.keys', prefix: '' },
    names: { 'AES-128-CMAC': 'AES128CMAC' },
    lines: ntpdLines('/etc/ntp.keys'),
  },
  chrony: {
    ...{ config: '/etc/chrony/chrony.conf', keys: '/etc/chrony/chrony.keys', prefix: 'HEX:' },
    names: { 'AES-128-CMAC': 'AES128', 'AES-256-CMAC': 'AES256' },
    lines: (id, address) => ['keyfile /etc/chrony/chrony.keys', `server ${address} iburst key ${id}`],
  },
  ntpsec: {
    ...{ config: '/etc/ntpsec/ntp.conf', keys: '/etc/ntpsec/ntp.keys', prefix: '' },
    names: { 'AES-128-CMAC': 'AES-128', 'AES-192-CMAC': 'AES-192', 'AES-256-CMAC': 'AES-256' },
    lines: ntpdLines('/etc/ntpsec/ntp.keys'),
  },
};
