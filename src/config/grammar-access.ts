/**
 * Words that say who may do what: restrictions, rates, the client table, keys, Autokey, addresses served. Data only.
 */

import type { Option, Shape, Word } from './grammar.js';
import {
  arg,
  choice,
  file,
  flag,
  host,
  integer,
  keyId,
  many,
  maybe,
  number,
  option,
  text,
  word,
} from './grammar.js';
import type { RestrictFlag } from './types.js';

const count = (what: string): Shape => integer(what, 0, 2_147_483_647);

/** Every flag of `restrict`, with what it does. */
export const RESTRICT_FLAGS: Readonly<Record<Exclude<RestrictFlag, 'serverresponse'>, string>> = {
  ignore: 'no answer to anything',
  kod: 'tell clients that ask too often (needs limited)',
  limited: 'no time for clients that ask too often',
  lowpriotrap: 'traps of low priority',
  mssntp: 'sign for Windows clients through Samba',
  nomodify: 'no changes by ntpq',
  nopeer: 'no new association from a packet',
  noquery: 'no answer to ntpq',
  noserve: 'no time',
  notrap: 'no traps',
  notrust: 'no time without authentication',
  ntpport: 'only packets from port 123 match',
  version: 'no time for other NTP versions than 4',
  epeer: 'ephemeral associations allowed',
  noepeer: 'no ephemeral associations',
  nomrulist: 'no list of clients to ntpq',
  flake: 'lose one packet in ten, for testing',
  autokey: 'answers of Autokey, though longer than the requests, to networks that are not our own',
};

const mruOptions: readonly Option[] = [
  option('maxage', count('seconds'), 'an entry older than this may be reused, seconds (64)'),
  option('minage', count('seconds'), 'least age of a reused entry, seconds'),
  option('mindepth', count('a number of entries'), 'entries kept whatever their age (600)'),
  option('maxdepth', count('a number of entries'), 'most entries'),
  option('maxmem', count('kibibytes'), 'most memory, kibibytes (1024)'),
  option('initalloc', count('a number of entries'), 'entries allocated at start'),
  option('initmem', count('kibibytes'), 'memory allocated at start'),
  option('incalloc', count('a number of entries'), 'entries allocated at a time'),
  option('incmem', count('kibibytes'), 'memory allocated at a time'),
];

const sessionDigest = choice(
  'a digest',
  ...['MD5', 'SHAKE128', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'RIPEMD160', 'SHA3-256'],
);
const signatureDigest = choice(
  'a digest',
  ...['MD4', 'MD5', 'RIPEMD160', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'],
);

const cryptoOptions: readonly Option[] = [
  option('pw', text('a password', 255), 'password of the private key files'),
  option('host', text('a name', 255), 'our name in certificates and file names (host name)'),
  option('ident', text('a group name', 255), 'our identity group'),
  option('digest', sessionDigest, 'digest of the session keys, the same on both sides (MD5)'),
  option('randfile', file, 'file of random seed'),
  {
    ...option('minimum', integer('bits', 512, 4096), 'weakest keys and digest accepted (1024 SHA1)'),
    second: signatureDigest,
  },
  option('compat', choice('a daemon', 'ntpd-4.2.8p15'), 'accept GQ proofs of stock key files of that daemon'),
  option('budget', { kind: 'percent', what: 'a share of the processor' }, 'most of the processor, percent'),
  option('sign', file, 'the sign key (a file of ntpd 4.2.0 to 4.2.4)'),
  option('cert', file, 'the certificate (a file of ntpd 4.2.0 to 4.2.4)'),
  option('leap', file, 'the leap seconds (a file of ntpd 4.2.0 to 4.2.4)'),
  option('gqpar', file, 'GQ parameters (a file of ntpd 4.2.0 to 4.2.4)'),
  option('iffpar', file, 'IFF parameters (a file of ntpd 4.2.0 to 4.2.4)'),
  option('mvpar', file, 'MV parameters (a file of ntpd 4.2.0 to 4.2.4)'),
  option('privatekey', file, 'the host key (a file of ntpd 4.1)'),
  option('publickey', file, 'the public key (a file of ntpd 4.1)'),
  option('dhparms', file, 'Diffie-Hellman parameters (a file of ntpd 4.1)'),
  option('revoke', integer('log2 seconds', 4, 31), 'interval of new secrets, log2 seconds (17)'),
];

const interfaceWord = (name: string): Word =>
  word(
    name,
    `${name} listen|ignore|drop all|ipv4|ipv6|wildcard|NAME|ADDRESS[/BITS]`,
    `${name} ignore ipv6`,
    'which local addresses are served; the last line that matches counts',
    arg('action', choice('what to do', 'listen', 'ignore', 'drop')),
    arg('target', text('all, ipv4, ipv6, wildcard, the name of an interface, or an address')),
  );

export const accessWords: readonly Word[] = [
  {
    name: 'restrict',
    form: 'restrict [-4|-6] default|source|ADDRESS[/BITS] [mask MASK] [flag…]',
    example: 'restrict 192.0.2.0 mask 255.255.255.0 nomodify noquery',
    help: 'what hosts may do; the longest prefix that matches counts',
    family: true,
    arguments: [arg('address', text('default, source or an address', 255))],
    options: [
      option('mask', text('a mask', 64), 'which bits of the address count'),
      ...Object.entries(RESTRICT_FLAGS).map(([name, help]) => flag(name, help)),
      option('serverresponse', choice('what', 'fuzz'), 'blur the low bits of the receive stamp'),
      option(
        'ippeerlimit',
        integer('a number of associations', -1, 65535),
        'most associations with one address',
      ),
    ],
  },
  {
    name: 'discard',
    form: 'discard [average N] [minimum S] [monitor N]',
    example: 'discard minimum 1',
    help: 'when a client asks too often (for restrict limited)',
    options: [
      option(
        'average',
        integer('log2 seconds', 0, 17),
        'least average distance of packets, log2 seconds (3)',
      ),
      option('minimum', integer('seconds', 0, 255), 'least distance of two packets, seconds (2)'),
      option('monitor', count('a number of packets'), 'how seldom a full client table gives way (3000)'),
    ],
    needsOption: true,
  },
  {
    name: 'mru',
    form: 'mru [maxdepth N] [maxmem KIB] [mindepth N] [maxage S] …',
    example: 'mru maxmem 512',
    help: 'size of the client table',
    options: mruOptions,
    needsOption: true,
  },
  word('keys', 'keys FILE', 'keys /etc/noonmark/keys', 'the file of symmetric keys', arg('file', file)),
  word(
    'trustedkey',
    'trustedkey N… (A ... B)',
    'trustedkey 1 (10 ... 15)',
    'keys of the keys file that may be used',
    many('keys', { kind: 'keys', what: 'a key identifier or a range (A ... B)' }),
  ),
  word('controlkey', 'controlkey N', 'controlkey 1', 'key for changes by ntpq', arg('key', keyId)),
  word('requestkey', 'requestkey N', 'requestkey 1', 'key for changes by ntpdc', arg('key', keyId)),
  {
    name: 'crypto',
    form: 'crypto [pw PASSWORD] [host NAME] [ident GROUP] [digest NAME] [minimum BITS [DIGEST]] [compat DAEMON] [budget N%]',
    example: 'crypto pw secret ident lan',
    help: 'switches Autokey on (RFC 5906)',
    options: cryptoOptions,
  },
  word(
    'keysdir',
    'keysdir FOLDER',
    'keysdir /etc/noonmark',
    "where Autokey's files are",
    arg('folder', file),
  ),
  word(
    'ident',
    'ident GROUP',
    'ident lan',
    'Autokey group of broadcast clients',
    arg('group', text('a group', 255)),
  ),
  word(
    'revoke',
    'revoke N',
    'revoke 17',
    "interval of Autokey's secrets",
    arg('log2', integer('log2 seconds', 4, 31)),
  ),
  word(
    'automax',
    'automax N',
    'automax 10',
    "life of Autokey's keys",
    arg('log2', integer('log2 seconds', 4, 31)),
  ),
  {
    ...word('nts', 'nts cert|key|… VALUE', 'nts cert FILE', "NTS (RFC 8915), ntpsec's word"),
    arguments: [many('words', text('a word'))],
  },
  word(
    'ntpsigndsocket',
    'ntpsigndsocket FOLDER',
    'ntpsigndsocket /run/samba/ntp_signd',
    "Samba's signing service",
    arg('folder', file),
  ),
  interfaceWord('interface'),
  interfaceWord('nic'),
  word('port', 'port N', 'port 123', 'the UDP port served', arg('port', integer('a UDP port', 1, 65535))),
  word(
    'http',
    'http ADDRESS:PORT',
    'http 127.0.0.1:8123',
    'status page and metrics',
    arg('endpoint', text('ADDRESS:PORT', 64)),
  ),
  word(
    'ttl',
    'ttl N…',
    'ttl 1 2 4',
    'hops tried by manycast',
    many('hops', integer('a number of hops', 0, 255)),
  ),
  word(
    'broadcastdelay',
    'broadcastdelay S',
    'broadcastdelay 0.004',
    'delay assumed for broadcasts',
    arg('seconds', number('seconds', 0, 10)),
  ),
  word('dscp', 'dscp N', 'dscp 46', 'mark of packets', arg('value', integer('a code point', 0, 63))),
  word('qos', 'qos NAME', 'qos ef', 'mark of packets', arg('value', text('a name'))),
  {
    ...word('trap', 'trap HOST [port N] [interface ADDRESS]', 'trap 192.0.2.9', 'send trap messages'),
    arguments: [arg('host', host)],
    options: [
      option('port', integer('a UDP port', 1, 65535), 'its port'),
      option('interface', host, 'our address'),
    ],
  },
  word(
    'unrestrict',
    'unrestrict ADDRESS…',
    'unrestrict default kod',
    "ntpsec's",
    many('words', text('a word')),
  ),
  {
    ...word('limit', 'limit [average N] [burst N] [kod N]', 'limit average 1', "ntpsec's word for discard"),
    arguments: [many('words', text('a word'))],
  },
  word(
    'authenticate',
    'authenticate yes|no',
    'authenticate yes',
    'xntpd 3',
    maybe('value', text('yes or no')),
  ),
];
