/**
 * The matrix of Autokey: every scheme in every mode between noonmark and the reference, each cell in a lab of its own.
 * Owns what a cell's hosts are told, how many run at a time, and the table of what came of them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab } from './namespace.js';
import { Files } from './peers.js';
import { type AutokeyDaemon, type AutokeyView, type Side, startAutokey, viewOf } from './peers-autokey.js';
import { GROUP, KeySet, type Maker, SCHEMES, type SchemeName } from './peers-autokey-keys.js';
import { projectRoot } from './suite.js';

export const MODES = [
  'client-server',
  'symmetric active/active',
  'symmetric active/passive',
  'broadcast',
  'multicast',
  'manycast',
] as const;
export type Mode = (typeof MODES)[number];

export interface Cell {
  readonly scheme: SchemeName;
  readonly mode: Mode;
  readonly family: 4 | 6;
  /** who has the clock: the server, or the peer that is followed */
  readonly server: Side;
  readonly client: Side;
  /** whose generator made all keys */
  readonly keys: Maker;
}

const PAIRS = [
  { server: 'noonmark', client: 'noonmark' },
  { server: 'noonmark', client: 'p15' },
  { server: 'p15', client: 'noonmark' },
] as const;

/**
 * The cells of a mode: every scheme, noonmark with itself and with a 4.2.8p15 either way, keys of either generator; and GQ
 * over IPv6, which has no broadcast.
 */
export const cellsOf = (mode: Mode): readonly Cell[] => [
  ...(['noonmark', 'ntp-keygen'] as const).flatMap((keys) =>
    SCHEMES.flatMap((scheme) => PAIRS.map((pair) => ({ mode, ...pair, scheme, keys, family: 4 }) as const)),
  ),
  ...(mode === 'broadcast'
    ? []
    : PAIRS.map((pair) => ({ mode, ...pair, scheme: 'GQ', keys: 'noonmark', family: 6 }) as const)),
];

export interface CellResult {
  readonly cell: Cell;
  /** of the client, and in symmetric modes of the server; undefined: no such association */
  readonly client: AutokeyView | undefined;
  readonly server: AutokeyView | undefined;
  /** from the client's start to 0x7f00; undefined: never */
  readonly seconds: number | undefined;
  /** what the client's flags were, oldest first, with the second each was first seen in */
  readonly progress: string;
  /** the ends of what the daemons printed, for failures */
  readonly report: string;
}

/** CERT to LEAP: the dance is complete. */
export const COMPLETE = 0x7f00;
const GROUP_ADDRESS = { 4: '224.0.1.1', 6: 'ff05::101' } as const;
const POLLS = 'minpoll 3 maxpoll 3';

export const isSymmetric = (mode: Mode): boolean => mode.startsWith('symmetric');
export const isComplete = (flags: number | undefined): boolean =>
  flags !== undefined && (flags & COMPLETE) === COMPLETE;

export const nameOf = ({ scheme, mode, family, server, client, keys }: Cell): string =>
  `${scheme} ${mode}${family === 6 ? ' IPv6' : ''}: ${server} ${isSymmetric(mode) ? 'with' : 'serves'} ${client}, keys by ${keys}`;

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Runs cells, so many at a time; keys of one kind are made once. */
export class Matrix {
  readonly files = new Files();
  readonly #sets = new Map<string, KeySet>();
  #serial = 0;

  /** `lookSeconds`: between two looks at a cell, by which its time is known */
  constructor(
    readonly secondsEach: number,
    readonly lookSeconds = 2,
  ) {
    // Each lab and folder is cleared away at the end of the process, too.
    process.setMaxListeners(0);
  }

  /** Starts all and answers at once: a promise for each. */
  start(cells: readonly Cell[], width: number): ReadonlyMap<Cell, Promise<CellResult>> {
    const queue = cells.map((cell) => {
      let settle: (result: Promise<CellResult>) => void = () => {};
      const promise = new Promise<CellResult>((resolve) => {
        settle = resolve;
      });
      promise.catch(() => {});
      return { cell, promise, settle };
    });
    const promises = new Map(queue.map(({ cell, promise }) => [cell, promise]));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const running = this.run(next.cell);
        next.settle(running);
        await running.catch(() => undefined);
      }
    };
    for (let i = 0; i < width; i += 1) void work();
    return promises;
  }

  #keysOf({ scheme, server, client, keys }: Cell): KeySet {
    const forP15 = server === 'p15' || client === 'p15';
    const name = `${scheme} ${keys} ${forP15}`;
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    const set = new KeySet({ root: this.files.folder, scheme, founder: keys, forP15 });
    this.#sets.set(name, set);
    return set;
  }

  /** One cell from its keys to its end. */
  async run(cell: Cell): Promise<CellResult> {
    const { mode, family, server, client, keys, scheme } = cell;
    const set = this.#keysOf(cell);
    const symmetric = isSymmetric(mode);
    const beta = symmetric ? 'gamma' : 'beta';
    // Among noonmarks one trusted host is enough; the reference wants each of two peers to be.
    const trusted = symmetric && (server === 'p15' || client === 'p15');
    const [ofServer, ofClient] = [
      await set.founder(),
      await set.folder(beta, keys, { trusted, answers: symmetric }),
    ];
    this.#serial += 1;
    const lab = new Lab(`c${this.#serial}`);
    const programs: AutokeyDaemon[] = [];
    try {
      const hosts = { server: lab.host('a'), client: lab.host('b') };
      const addresses = {
        server: family === 4 ? hosts.server.ipv4 : hosts.server.ipv6,
        client: family === 4 ? hosts.client.ipv4 : hosts.client.ipv6,
      };
      const lines = linesOf(mode, family, addresses, set.ident);
      // The founder's stock file of ntp-keygen is answered for by 4.2.8p15's own equation.
      const compat = keys === 'ntp-keygen' && scheme === 'GQ' ? 'compat ntpd-4.2.8p15' : '';
      const common = { files: this.files, ident: scheme === 'PC' ? undefined : GROUP, words: compat };
      const a = await startAutokey({
        ...{ ...common, side: server, host: hosts.server, name: 'alpha', keysDirectory: ofServer },
        ...{ ownClock: true, lines: lines.server },
      });
      programs.push(a);
      const b = await startAutokey({
        ...{ ...common, side: client, host: hosts.client, name: beta, keysDirectory: ofClient },
        ...{ ownClock: false, lines: lines.client },
      });
      programs.push(b);
      return await this.#watch(cell, a, b, addresses);
    } finally {
      await Promise.all(programs.map(({ program }) => program.stop()));
      lab.close();
    }
  }

  async #watch(
    cell: Cell,
    a: AutokeyDaemon,
    b: AutokeyDaemon,
    addresses: { readonly server: string; readonly client: string },
  ): Promise<CellResult> {
    const started = performance.now();
    const since = () => (performance.now() - started) / 1000;
    const symmetric = isSymmetric(cell.mode);
    const seen = new Map<number, number>();
    let [client, server]: (AutokeyView | undefined)[] = [];
    let seconds: number | undefined;
    while (since() < this.secondsEach) {
      [client, server] = await Promise.all([
        viewOf(b, addresses.server),
        symmetric ? viewOf(a, addresses.client) : undefined,
      ]);
      const flags = client?.flags;
      if (flags !== undefined && !seen.has(flags)) seen.set(flags, since());
      const complete = isComplete(flags) && (!symmetric || isComplete(server?.flags));
      if (complete) seconds ??= since();
      // ntpq's `as` leaves out a passive association until it is reachable.
      const isOver = complete && isFollowed(client) && (!symmetric || server?.auth === 'ok');
      if (isOver) break;
      if ([a, b].some(({ program }) => program.ended() !== undefined)) break;
      await pause(this.lookSeconds);
    }
    return {
      ...{ cell, client, server, seconds },
      progress: [...seen].map(([flags, at]) => `0x${flags.toString(16)} ${at.toFixed(0)} s`).join(', '),
      report: `${a.program.report()}\n${b.program.report()}`,
    };
  }

  close(): void {
    this.files.close();
  }
}

/** Its time is used: the end that a dance is for. */
export const isFollowed = (view: AutokeyView | undefined): boolean =>
  view?.auth === 'ok' && view.reach && /^(sys\.peer|candidate|pps\.peer)$/.test(view.condition);

function linesOf(
  mode: Mode,
  family: 4 | 6,
  addresses: { readonly server: string; readonly client: string },
  ident: string | undefined,
): { readonly server: readonly string[]; readonly client: readonly string[] } {
  const group = GROUP_ADDRESS[family];
  const own = ident === undefined ? '' : ` ident ${ident}`;
  // Associations that nobody configured are judged by the group of this line.
  const global = ident === undefined ? [] : [`ident ${ident}`];
  switch (mode) {
    case 'client-server':
      return { server: [], client: [`server ${addresses.server} autokey iburst ${POLLS}${own}`] };
    case 'symmetric active/active':
      return {
        server: [`peer ${addresses.client} autokey ${POLLS}${own}`],
        client: [`peer ${addresses.server} autokey ${POLLS}${own}`],
      };
    case 'symmetric active/passive':
      return { server: global, client: [`peer ${addresses.server} autokey ${POLLS}${own}`] };
    case 'broadcast':
      return {
        server: ['broadcast 10.9.255.255 autokey minpoll 3'],
        client: ['broadcastclient', ...global],
      };
    case 'multicast':
      return {
        server: [`broadcast ${group} autokey ttl 4 minpoll 3`],
        client: [`multicastclient ${group}`, ...global],
      };
    case 'manycast':
      return {
        server: [`manycastserver ${group}`],
        client: [`manycastclient ${group} autokey iburst ${POLLS}`, ...global],
      };
  }
}

const hex = (flags: number | undefined): string => (flags === undefined ? '-' : `0x${flags.toString(16)}`);

/** The line of a cell in the table. `remark`: why it is as it is. */
export function rowOf(result: CellResult, remark = ''): string {
  const { cell, client, server, seconds } = result;
  const both = isSymmetric(cell.mode) ? ` / ${hex(server?.flags)}` : '';
  return [
    nameOf(cell).padEnd(74),
    `${hex(client?.flags)}${both}`.padEnd(22),
    (seconds === undefined ? 'never' : `${seconds.toFixed(0)} s`).padEnd(6),
    client?.line ?? 'no association',
    ...(remark === '' ? [] : [`(${remark})`]),
  ].join(' ');
}

/** Writes a section of test-results/autokey-matrix.txt, in place of the one with that title. */
export function writeTable(title: string, rows: readonly string[]): void {
  const file = join(projectRoot, 'test-results', 'autokey-matrix.txt');
  mkdirSync(join(projectRoot, 'test-results'), { recursive: true });
  const old = existsSync(file) ? readFileSync(file, 'utf8').split(/^(?=== )/m) : [];
  const kept = old.filter((section) => !section.startsWith(`== ${title}\n`));
  writeFileSync(file, [...kept, `== ${title}\n${rows.join('\n')}\n`].join(''));
  console.log(`\n== ${title}\n${rows.join('\n')}`);
}
