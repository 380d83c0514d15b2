/**
 * What each kind of client is told: its configuration lines, what is to be copied and how, and what it cannot do. Pure.
 * Sources: ntp.conf(5) of ntpd 4.2.8p15 and ntpsec, chrony.conf(5), chrony.keys(5); autokey-reference.md §3, §6.3 to §6.6.
 */
import type { KeyAlgorithm } from '../../auth/mac.js';
import { P15_GQ_BITS } from '../../autokey/keygen/request.js';
import { DEFAULT_KEY_POLICY } from '../../autokey/policy.js';
import type { AutokeyFacts, ServerFacts } from './facts.js';
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
  readonly showSecrets: boolean;
}

/** Text for one kind of client, with a newline at the end. */
export function recipe(kind: ClientKind, facts: ServerFacts, setting: Setting): string {
  if (isPlainClient(kind)) return plainRecipe(kind, setting.address);
  const autokey =
    kind === 'noonmark' || kind === 'ntpd-4.2.8p15' ? autokeyPart(kind, facts, setting) : undefined;
  const parts = [
    `# ${kind}, as a client of ${setting.address}`,
    ...(autokey === undefined ? [] : [autokey]),
    ...symmetricPart(kind, facts, setting),
    ...(facts.autokey !== undefined && autokey === undefined
      ? [`${kind} does not know Autokey; a symmetric key is what it can do.`]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function autokeyPart(
  kind: 'noonmark' | 'ntpd-4.2.8p15',
  { autokey, autokeyTrouble }: ServerFacts,
  setting: Setting,
): string | undefined {
  if (autokey === undefined)
    return autokeyTrouble === undefined ? undefined : `Autokey: not yet. ${autokeyTrouble}`;
  const obstacle = kind === 'noonmark' ? undefined : obstacleOf(autokey);
  if (obstacle !== undefined) return `Autokey: ${obstacle}`;
  const own = kind === 'noonmark' ? forNoonmark(autokey) : forReference(autokey);
  const { scheme, group, digest, subjectGroup, identityBits } = autokey;
  const isIdentity = scheme !== 'tc' && scheme !== 'pc';
  const weak =
    kind === 'noonmark' && identityBits !== undefined && identityBits < DEFAULT_KEY_POLICY.minimumBits;
  return [
    `Autokey, ${scheme.toUpperCase()}${isIdentity ? `, group '${group}'` : ''}`,
    ...fetching(autokey),
    ...own,
    '',
    "in the client's ntp.conf:",
    '',
    [
      '  crypto pw PASSWORD',
      subjectGroup === undefined ? '' : ` ident ${subjectGroup}`,
      digest === undefined ? '' : ` digest ${digest}`,
      weak ? ` minimum ${identityBits} SHA1` : '',
    ].join(''),
    `  keysdir ${CLIENT_FOLDER[kind]}`,
    `  server ${setting.address} autokey iburst${isIdentity ? ` ident ${group}` : ''}`,
  ].join('\n');
}

const CLIENT_FOLDER = { noonmark: '/etc/noonmark', 'ntpd-4.2.8p15': '/etc/ntp' } as const;

/** Why the reference daemon cannot check this server; undefined: it can. */
function obstacleOf({ scheme, identityBits }: AutokeyFacts): string | undefined {
  if (scheme !== 'gq' || identityBits === undefined || identityBits <= P15_GQ_BITS) return undefined;
  return (
    `this group's GQ modulus has ${identityBits} bits, and ntpd 4.2.8p15 cannot verify more than ${P15_GQ_BITS}.\n` +
    'Make the group anew with --for ntpd-4.2.8p15 (shorter for everybody), or give it a symmetric key.'
  );
}

/** What is taken from the server, typed on the server. */
function fetching({ scheme, group, hostName, keysDirectory }: AutokeyFacts): string[] {
  const bench = `-d ${keysDirectory} -s ${hostName} -p PASSWORD`;
  switch (scheme) {
    case 'tc':
      return [];
    case 'pc':
      return [
        'on this server, over a way that you trust (all hosts of PC share one private key):',
        '',
        `  scp ${keysDirectory}/ntpkey_{host,cert}_${hostName} CLIENT:`,
        '',
      ];
    default:
      return [
        'on this server, and over a way that you trust:',
        '',
        `  noonmark keygen group export ${group} ${bench}${scheme === 'mv' ? ' --client N' : ''} > ${group}.par`,
        `  scp ${group}.par CLIENT:`,
        ...(scheme === 'mv' ? [`  # N: a number of its own for each client`] : []),
        '',
      ];
  }
}

function forNoonmark({ scheme, group, subjectGroup, hostName }: AutokeyFacts): string[] {
  const folder = CLIENT_FOLDER.noonmark;
  const subject = subjectGroup === undefined ? '' : ` -i ${subjectGroup}`;
  switch (scheme) {
    case 'tc':
      return ['on the client:', '', `  noonmark keygen host -d ${folder}${subject} -p PASSWORD`];
    case 'pc':
      return ['on the client:', '', ...privateLinks(folder, hostName)];
    default:
      return ['on the client:', '', `  noonmark keygen group join ${group}.par -d ${folder} -p PASSWORD`];
  }
}

function forReference({ scheme, group, subjectGroup, hostName, minimumBits }: AutokeyFacts): string[] {
  const folder = CLIENT_FOLDER['ntpd-4.2.8p15'];
  const own = `  cd ${folder} && ntp-keygen -H -m ${Math.max(2048, minimumBits)} -c RSA-SHA256${subjectGroup === undefined ? '' : ` -i ${subjectGroup}`} -p PASSWORD`;
  const limits = `without -m and -c it makes keys of 512 bits with MD5, which this server refuses`;
  switch (scheme) {
    case 'tc':
      return ['on the client:', '', own, `  # ${limits}`];
    case 'pc':
      return ['on the client:', '', ...privateLinks(folder, hostName)];
    default:
      return [
        'on the client:',
        '',
        own,
        `  # ${limits}`,
        `  install -m 640 ${group}.par ntpkey_${scheme}par_${group}`,
        '',
        "'server' only: its 'peer' with Autokey is answered too, but two of them cannot speak it with each other.",
      ];
  }
}

const privateLinks = (folder: string, hostName: string): string[] => [
  `  mv ntpkey_host_${hostName} ${folder}/ntpkey_host_$(hostname)`,
  `  mv ntpkey_cert_${hostName} ${folder}/ntpkey_cert_$(hostname)`,
  '  # the password is the one of this server',
];

function symmetricPart(
  kind: AuthenticatingClient,
  { symmetric, keysFile }: ServerFacts,
  { address, file, showSecrets }: Setting,
): string[] {
  if (symmetric === undefined)
    return [
      [
        'Symmetric key: this server has no trusted AES-CMAC key yet. On this server:',
        '',
        '  noonmark keygen -M -d /etc/noonmark',
        '',
        `and in ${file}:`,
        '',
        `  keys ${keysFile ?? '/etc/noonmark/ntp.keys'}`,
        '  trustedkey 21',
      ].join('\n'),
    ];
  const { id, algorithm, secret } = symmetric;
  const hex = showSecrets ? Buffer.from(secret).toString('hex') : 'SECRET';
  const dialect = DIALECTS[kind];
  return [
    [
      `Symmetric key (${algorithm})`,
      `in ${dialect.keys}, readable by root and the daemon only${showSecrets ? '' : ' (the secret: -o FILE)'}:`,
      '',
      `  ${id} ${dialect.names[algorithm] ?? algorithm} ${dialect.prefix}${hex}`,
      '',
      `in ${dialect.config}:`,
      '',
      ...dialect.lines(id, address).map((line) => `  ${line}`),
      '',
      'A key that several clients have lets each of them pose as this server: better one each (--key ID).',
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
    ...{ config: 'ntp.conf', keys: '/etc/noonmark/ntp.keys', prefix: '', names: {} },
    lines: ntpdLines('/etc/noonmark/ntp.keys'),
  },
  'ntpd-4.2.8p15': {
    ...{ config: '/etc/ntp.conf', keys: '/etc/ntp.keys', prefix: '' },
    names: { 'AES-128-CMAC': 'AES128CMAC' },
    lines: ntpdLines('/etc/ntp.keys'),
  },
  chrony: {
    ...{ config: '/etc/chrony/chrony.conf', keys: '/etc/chrony/chrony.keys', prefix: 'HEX:' },
    names: { 'AES-128-CMAC': 'AES128', 'AES-256-CMAC': 'AES256' },
    lines: (id, address) => [`server ${address} iburst key ${id}`],
  },
  ntpsec: {
    ...{ config: '/etc/ntpsec/ntp.conf', keys: '/etc/ntpsec/ntp.keys', prefix: '' },
    names: { 'AES-128-CMAC': 'AES-128', 'AES-192-CMAC': 'AES-192', 'AES-256-CMAC': 'AES-256' },
    lines: ntpdLines('/etc/ntpsec/ntp.keys'),
  },
};
