/**
 * What clients are told that speak Autokey: the group's parameters, ready to be typed, their own keys, and their lines.
 * Pure.
 * Sources: ntp.conf(5) of ntpd 4.2.8p15; ntp-keygen(8) 4.2.8; autokey-reference.md §3, §6.3 to §6.6.
 */
import { P15_GQ_BITS } from '../../autokey/keygen/request.js';
import { DEFAULT_KEY_POLICY } from '../../autokey/policy.js';
import type { AutokeyFacts, ServerFacts } from './facts.js';
import type { Setting } from './recipes.js';

export type AutokeyClient = 'noonmark' | 'ntpd-4.2.8p15';

const CLIENT_FOLDER = { noonmark: '/etc/noonmark/keys', 'ntpd-4.2.8p15': '/etc/ntp' } as const;

/** Stands for what the client's owner makes up. */
const CLIENT_PASSWORD = 'CLIENT-PASSWORD';
/** PC: the private key is as this server has it. */
const SERVER_PASSWORD = 'SERVER-PASSWORD';

/** Undefined: this server has no Autokey. */
export function autokeyPart(
  kind: AutokeyClient,
  { autokey, autokeyTrouble }: ServerFacts,
  { address, client }: Setting,
): string | undefined {
  if (autokey === undefined)
    return autokeyTrouble === undefined ? undefined : `Autokey: not yet. ${autokeyTrouble}`;
  const obstacle = kind === 'noonmark' ? undefined : obstacleOf(autokey);
  if (obstacle !== undefined) return `Autokey: ${obstacle}`;
  const { scheme, group, digest, subjectGroup, identityBits } = autokey;
  const isIdentity = scheme !== 'tc' && scheme !== 'pc';
  const weak =
    kind === 'noonmark' && identityBits !== undefined && identityBits < DEFAULT_KEY_POLICY.minimumBits;
  return [
    `Autokey, ${scheme.toUpperCase()}${isIdentity ? `, group '${group}'` : ''}`,
    ...fetching(autokey),
    kind === 'noonmark'
      ? 'on the client, as the user of its noonmarkd (sudo -u noonmark -s):'
      : 'on the client, as root:',
    '',
    ...(kind === 'noonmark' ? forNoonmark(autokey, client) : forReference(autokey, client)),
    '',
    "in the client's ntp.conf:",
    '',
    [
      `  crypto pw ${scheme === 'pc' ? SERVER_PASSWORD : CLIENT_PASSWORD}`,
      client === undefined ? '' : ` host ${client}`,
      subjectGroup === undefined ? '' : ` ident ${subjectGroup}`,
      digest === undefined ? '' : ` digest ${digest}`,
      weak ? ` minimum ${identityBits} SHA1` : '',
    ].join(''),
    `  keysdir ${CLIENT_FOLDER[kind]}`,
    `  server ${address} autokey iburst${isIdentity ? ` ident ${group}` : ''}`,
    '',
    scheme === 'pc'
      ? `${SERVER_PASSWORD} is the one of this server's crypto line, since the private key is.`
      : `${CLIENT_PASSWORD} is a word that you make up for the client's own key: the same in both places.`,
  ].join('\n');
}

/** Why the reference daemon cannot check this server; undefined: it can. */
function obstacleOf({ scheme, identityBits }: AutokeyFacts): string | undefined {
  if (scheme !== 'gq' || identityBits === undefined || identityBits <= P15_GQ_BITS) return undefined;
  return (
    `this group's GQ modulus has ${identityBits} bits, and ntpd 4.2.8p15 cannot verify more than ${P15_GQ_BITS}.\n` +
    'Make the group anew with --for ntpd-4.2.8p15 (shorter for everybody), or give it a symmetric key.'
  );
}

/** What must be brought to the client, where it is not printed. */
function fetching({ scheme, group, hostName, keysDirectory, parameters }: AutokeyFacts): string[] {
  if (scheme === 'pc')
    return [
      'on this server, over a way that you trust (all hosts of PC share one private key):',
      '',
      `  scp ${keysDirectory}/ntpkey_{host,cert}_${hostName} CLIENT:`,
      '',
    ];
  if (scheme === 'tc' || parameters !== undefined) return [];
  return [
    'on the host that made the group, with the password of its keys; the client needs the file:',
    '',
    `  noonmark keygen group export ${group} --scheme ${scheme} --client N -p PASSWORD > ${group}.par`,
    '  # N: a number of its own for each client',
    '',
  ];
}

/** The parameters on standard output of the client's shell, whether the indentation was copied or not. */
function parametersTyped(text: string): string[] {
  const lines = text.trimEnd().replaceAll("'", "'\\''").split('\n');
  const last = lines.length - 1;
  return lines.map((line, at) => {
    const typed = at === 0 ? `echo '${line}` : line;
    return `  ${typed}${at === last ? "' | sed 's/^ *//' |" : ''}`;
  });
}

function forNoonmark(facts: AutokeyFacts, client: string | undefined): string[] {
  const { scheme, group, subjectGroup, hostName, parameters } = facts;
  const folder = CLIENT_FOLDER.noonmark;
  const own = `-d ${folder}${client === undefined ? '' : ` -s ${client}`} -p ${CLIENT_PASSWORD}`;
  switch (scheme) {
    case 'tc':
      return [`  noonmark keygen host${subjectGroup === undefined ? '' : ` -i ${subjectGroup}`} ${own}`];
    case 'pc':
      return privateLinks(folder, hostName, client);
    default:
      return parameters === undefined
        ? [`  noonmark keygen group join ${group}.par ${own}`]
        : [...parametersTyped(parameters), `    noonmark keygen group join - ${own}`, ...mvNote(scheme)];
  }
}

function forReference(facts: AutokeyFacts, client: string | undefined): string[] {
  const { scheme, group, subjectGroup, hostName, minimumBits, parameters } = facts;
  const folder = CLIENT_FOLDER['ntpd-4.2.8p15'];
  const file = `ntpkey_${scheme}par_${group}`;
  const names = `${subjectGroup === undefined ? '' : ` -i ${subjectGroup}`}${client === undefined ? '' : ` -s ${client}`}`;
  const own = [
    `  mkdir -p ${folder} && cd ${folder}`,
    `  ntp-keygen -H -m ${Math.max(2048, minimumBits)} -c RSA-SHA256${names} -p ${CLIENT_PASSWORD}`,
    '  # without -m and -c it makes keys of 512 bits with MD5, which this server refuses',
  ];
  switch (scheme) {
    case 'tc':
      return own;
    case 'pc':
      return privateLinks(folder, hostName, client);
    default:
      return [
        ...own,
        ...(parameters === undefined
          ? [`  install -m 600 ~/${group}.par ${file}`]
          : [...parametersTyped(parameters), `    install -m 600 /dev/stdin ${file}`, ...mvNote(scheme)]),
        `  # an ntpd that gives up root (-u ntp) reads it later: chown ntp ${file}`,
        '',
        "'server' only: its 'peer' with Autokey is answered too, but two of them cannot speak it with each other.",
      ];
  }
}

const mvNote = (scheme: AutokeyFacts['scheme']): string[] =>
  scheme === 'mv' ? ['  # each client has a key of its own: --client N'] : [];

const privateLinks = (folder: string, hostName: string, client = '$(hostname)'): string[] => [
  `  mv ntpkey_host_${hostName} ${folder}/ntpkey_host_${client}`,
  `  mv ntpkey_cert_${hostName} ${folder}/ntpkey_cert_${client}`,
];
