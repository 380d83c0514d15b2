/**
 * A daemon with Autokey in a host of a lab, noonmarkd or the reference's ntpd 4.2.8p15, under the same handle; and what
 * ntpq says of one of its associations.
 */
import type { Host } from './namespace.js';
import { type Files, type Program, run } from './peers.js';
import { PASSWORD } from './peers-autokey-keys.js';
import { libraryPath, peerPath } from './peers-client.js';
import { Noonmarkd } from './peers-noonmark.js';
import { Ntpd } from './peers-ntpd.js';
import { startInTurn } from './start-gate.js';

export type Side = 'noonmark' | 'p15';

export interface AutokeyOptions {
  readonly side: Side;
  readonly host: Host;
  readonly files: Files;
  /** `crypto host` */
  readonly name: string;
  readonly keysDirectory: string;
  /** `crypto ident` */
  readonly ident: string | undefined;
  /** more words of noonmark's `crypto` line */
  readonly words?: string;
  /** it serves its own clock at stratum 1 */
  readonly ownClock: boolean;
  readonly lines: readonly string[];
}

export interface AutokeyDaemon {
  readonly side: Side;
  readonly host: Host;
  readonly program: Program;
}

/** LOCAL, which both daemons know. */
const OWN_CLOCK = [
  'server 127.127.1.0 minpoll 3 maxpoll 3',
  'fudge 127.127.1.0 stratum 0',
  'tos orphanwait 1',
] as const;

/** Keys as short as a 4.2.8p15 can carry take part in every cell. */
export const MINIMUM = 'minimum 512 SHA1';

/** Starts it when it is its turn; a noonmarkd is up when this answers. */
export const startAutokey = (options: AutokeyOptions): Promise<AutokeyDaemon> =>
  startInTurn(() => start(options), options.side === 'noonmark' ? /socket-open/ : undefined);

function start(options: AutokeyOptions): AutokeyDaemon {
  const { side, host, files, name, keysDirectory, ident, words = '', ownClock, lines } = options;
  const crypto = `crypto pw ${PASSWORD} host ${name}${ident === undefined ? '' : ` ident ${ident}`}`;
  const common = [`keysdir ${keysDirectory}`, ...lines];
  if (side === 'p15') {
    const { program } = new Ntpd({ kind: 'ntpd', host, files, ownClock, lines: [crypto, ...common] });
    return { side, host, program };
  }
  const { program } = new Noonmarkd(host, files, [
    ...['board generic', 'clock none', `${crypto} ${MINIMUM}${words === '' ? '' : ` ${words}`}`],
    ...[...common, ...(ownClock ? OWN_CLOCK : [])],
  ]);
  return { side, host, program };
}

/** One association, as ntpq shows it. */
export interface AutokeyView {
  /** undefined: the association has none */
  readonly flags: number | undefined;
  readonly auth: string;
  readonly reach: boolean;
  readonly condition: string;
  /** its line of `as` */
  readonly line: string;
}

/** Two refclocks and four peers at most. */
const LOOKED_AT = [1, 2, 3, 4, 5, 6] as const;

/** What the reference's ntpq says of the association with `address`; undefined: there is none, or nothing answers. */
export async function viewOf({ host }: AutokeyDaemon, address: string): Promise<AutokeyView | undefined> {
  const root = peerPath('ntp');
  const commands = ['associations', ...LOOKED_AT.map((n) => `rv &${n}`)];
  const text = await run(
    host,
    [`${root}/usr/bin/ntpq`, '-n', ...commands.flatMap((command) => ['-c', command]), '127.0.0.1'],
    { env: { LD_LIBRARY_PATH: libraryPath(root) }, timeoutSeconds: 20 },
  );
  return parseView(text, address);
}

/** Pure part of viewOf(). */
export function parseView(text: string, address: string): AutokeyView | undefined {
  // One block for each association, each begins with its number.
  const blocks = text.split(/^(?=associd=)/m);
  const block = blocks.find((one) => new RegExp(`\\bsrcadr=${address}[,\\s]`).test(one));
  const id = block === undefined ? undefined : /^associd=(\d+)/.exec(block)?.[1];
  if (block === undefined || id === undefined) return undefined;
  const line = text.split('\n').find((row) => new RegExp(`^\\s*\\d+\\s+${id}\\s`).test(row)) ?? '';
  const [, auth = '', condition = ''] =
    /^\s*\d+\s+\d+\s+[0-9a-f]{4}\s+\S+\s+\S+\s+(\S+)\s+(\S+)/.exec(line) ?? [];
  const flags = /\bflags=(0x[0-9a-f]+)/.exec(block)?.[1];
  return {
    flags: flags === undefined ? undefined : Number(flags),
    ...{ auth, condition, line: line.trim().replace(/\s+/g, ' ') },
    reach: !/\breach=0+[,\s]/.test(block),
  };
}
