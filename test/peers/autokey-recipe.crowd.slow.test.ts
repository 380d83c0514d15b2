/**
 * The recipe of 2006, typed as it stands with `noonmark keygen` for `ntp-keygen`, between two noonmarkds; then with three
 * and with five hosts in one group, each a peer of every other (mesh) or of its neighbours (chain).
 * Every host has a receiver of its own, so that each end can say of the other that its time is good.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, Lab } from '../support/namespace.js';
import { Files, Program, run, stopAll } from '../support/peers.js';
import { viewOf } from '../support/peers-autokey.js';
import { isComplete, isFollowed, writeTable } from '../support/peers-autokey-matrix.js';
import { SIMULATED } from '../support/peers-noonmark.js';
import { Places } from '../support/places.js';
import { startInTurn } from '../support/start-gate.js';
import { assert, has, projectRoot, record, test } from '../support/suite.js';

const WITHIN_SECONDS = 150;
const EVERY_SECONDS = 2;
/** at a time: a daemon costs seconds of CPU to start, and who is late looks like a bad clock */
const MOST_HOSTS = 6;
const GQ = 0x40;

interface Station {
  readonly name: string;
  readonly host: Host;
  readonly keys: string;
  readonly program: Program;
  readonly peers: readonly string[];
}

interface Plan {
  readonly title: string;
  readonly count: number;
  readonly shape: 'mesh' | 'chain';
  /** typed on each host, in its keys directory; KEYS_n is the directory of host n */
  readonly type: (name: string, others: readonly string[]) => readonly string[];
  /** of ntp.conf */
  readonly crypto: (name: string, others: readonly string[]) => readonly string[];
  readonly peerWords: string;
}

const RECIPE = {
  shape: 'mesh',
  peerWords: 'autokey',
  type: (_name: string, others: readonly string[]) =>
    others.flatMap((other) => [
      `cp ../${other}/ntpkey_GQpar_${other}.* .`,
      `ln -s ntpkey_GQpar_${other}.* ntpkey_gq_${other}`,
    ]),
} as const;

const GROUP = {
  peerWords: 'autokey ident lan',
  type: () => [],
  crypto: (name: string) => [`crypto pw common_password host ${name} ident lan`],
} as const;

const PLANS: readonly Plan[] = [
  {
    ...{ ...RECIPE, title: 'recipe, crypto ident peer1 on both', count: 2 },
    crypto: () => ['crypto pw common_password', 'crypto ident peer1'],
  },
  {
    ...{ ...RECIPE, title: 'recipe, crypto ident with the own name', count: 2 },
    crypto: (name) => ['crypto pw common_password', `crypto ident ${name}`],
  },
  {
    ...{ ...RECIPE, title: "recipe, crypto ident with the other's name", count: 2 },
    crypto: (_name, [other]) => ['crypto pw common_password', `crypto ident ${other}`],
  },
  {
    ...{ ...RECIPE, title: 'recipe, three hosts, mesh', count: 3 },
    crypto: (name) => ['crypto pw common_password', `crypto ident ${name}`],
  },
  ...([3, 5] as const).flatMap((count) =>
    (['mesh', 'chain'] as const).map((shape) => ({
      ...{ ...GROUP, title: `one group, one trusted host, ${count} hosts, ${shape}`, count, shape },
    })),
  ),
];

const files = new Files();
const labs: Lab[] = [];
const rows: string[] = [];

/** Types commands into a shell on a host whose name is `name`. */
async function shell(
  host: Host,
  name: string,
  directory: string,
  commands: readonly string[],
): Promise<void> {
  const script = ['set -e', `hostname ${name}`, `cd ${directory}`, ...commands].join('\n');
  const env = { PATH: `${files.path('bin')}:${process.env['PATH'] ?? ''}` };
  const printed = await run(host, ['unshare', '--uts', 'sh', '-c', script], { env, timeoutSeconds: 60 });
  if (/\[exit /.test(printed)) throw new Error(`on ${name}: ${printed}`);
}

async function setUp(plan: Plan, serial: number): Promise<readonly Station[]> {
  const lab = new Lab(`r${serial}`);
  labs.push(lab);
  const names = Array.from({ length: plan.count }, (_, i) => `peer${i + 1}`);
  const hosts = names.map((name) => lab.host(name));
  const keys = names.map((name) => files.path(join(`plan${serial}`, name)));
  const hostsFile = names.map((name, i) => `${hosts[i]!.ipv4} ${name}`).join('\n');
  const others = (name: string) => names.filter((other) => other !== name);
  for (const [i, name] of names.entries()) {
    mkdirSync(keys[i]!, { recursive: true });
    hosts[i]!.etc('hosts', `127.0.0.1 localhost\n${hostsFile}\n`);
    await shell(hosts[i]!, name, keys[i]!, made(plan, i));
  }
  for (const [i, name] of names.entries())
    await shell(hosts[i]!, name, keys[i]!, plan.type(name, others(name)));
  return Promise.all(
    names.map(async (name, i) => {
      const peers =
        plan.shape === 'mesh'
          ? others(name)
          : [names[i - 1], names[i + 1]].filter((one) => one !== undefined);
      const config = files.write(
        `plan${serial}-${name}.conf`,
        [
          ...[...SIMULATED, 'port 123', `statedir ${keys[i]}/state`, `keysdir ${keys[i]}`, 'tos minclock 10'],
          ...plan.crypto(name, others(name)),
          ...peers.map((peer) => `peer ${peer} ${plan.peerWords} minpoll 3 maxpoll 3`),
          '',
        ].join('\n'),
      );
      const start = () => ({
        program: new Program({
          ...{ name: `${plan.title}: ${name}`, host: hosts[i]!, env: { NOONMARK_CLOCK_READ_ONLY: '1' } },
          command: [
            ...['unshare', '--uts', 'sh', '-c', `hostname ${name}; exec "$@"`, 'sh'],
            ...[process.execPath, join(projectRoot, 'dist/src/daemon/main.js'), '-c', config],
          ],
        }),
      });
      const { program } = await startInTurn(start, /socket-open/);
      return { name, host: hosts[i]!, keys: keys[i]!, program, peers };
    }),
  );
}

/** What makes the host's keys: the recipe's command, or the words for a group. */
function made(plan: Plan, at: number): readonly string[] {
  if (plan.peerWords === RECIPE.peerWords) return ['noonmark keygen -T -G -p common_password'];
  if (at === 0)
    return [
      'noonmark keygen group create lan -p common_password',
      'noonmark keygen group export lan --server -q transit -p common_password > ../lan.key',
    ];
  return ['noonmark keygen group join ../lan.key --file-password transit -p common_password'];
}

interface Pair {
  readonly from: string;
  readonly to: string;
  flags: number | undefined;
  line: string;
  seconds: number | undefined;
}

async function watch(stations: readonly Station[], started: number): Promise<readonly Pair[]> {
  const pairs: Pair[] = stations.flatMap(({ name, peers }) =>
    peers.map((to) => ({ from: name, to, flags: undefined, line: '', seconds: undefined })),
  );
  const since = () => (performance.now() - started) / 1000;
  while (since() < WITHIN_SECONDS && pairs.some(({ seconds }) => seconds === undefined)) {
    for (const pair of pairs) {
      if (pair.seconds !== undefined) continue;
      const from = stations.find(({ name }) => name === pair.from)!;
      const to = stations.find(({ name }) => name === pair.to)!;
      const view = await viewOf({ side: 'noonmark', host: from.host, program: from.program }, to.host.ipv4);
      pair.flags = view?.flags;
      pair.line = view?.line ?? 'no association';
      if (isComplete(view?.flags) && isFollowed(view)) pair.seconds = since();
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * EVERY_SECONDS));
  }
  return pairs;
}

if (has('the recipe of 2006, and groups of three and five', 'root', 'peers')) {
  mkdirSync(files.path('bin'));
  files.write(
    'bin/noonmark',
    `#!/bin/sh\nexec ${process.execPath} ${join(projectRoot, 'dist/src/cli/main.js')} "$@"\n`,
    0o755,
  );
  let results: readonly Promise<{ stations: readonly Station[]; pairs: readonly Pair[] }>[] = [];
  test.before(() => {
    process.setMaxListeners(0);
    const places = new Places(MOST_HOSTS);
    results = PLANS.map(async (plan, serial) => {
      await places.take(plan.count);
      const stations = await setUp(plan, serial);
      const pairs = await watch(stations, performance.now());
      await Promise.all(stations.map(({ program }) => program.stop()));
      places.give(plan.count);
      return { stations, pairs };
    });
    for (const result of results) result.catch(() => undefined);
  });
  test.after(async () => {
    writeTable('recipe and groups', rows);
    await stopAll();
    for (const lab of labs) lab.close();
    files.close();
  });

  for (const [at, plan] of PLANS.entries())
    test(`${plan.title}: auth ok, sys.peer or candidate, GQ and 0x7f00 at both ends of all`, async () => {
      const { stations, pairs } = await results[at]!;
      const lines = pairs.map(
        ({ from, to, flags, line, seconds }) =>
          `${plan.title.padEnd(50)} ${from} of ${to}: 0x${(flags ?? 0).toString(16)} ${seconds === undefined ? 'never' : `${seconds.toFixed(0)} s`} ${line}`,
      );
      rows.push(...lines);
      const isGood = pairs.every(({ flags, seconds }) => seconds !== undefined && ((flags ?? 0) & GQ) !== 0);
      if (!isGood) console.log([...lines, ...stations.map(({ program }) => program.report())].join('\n'));
      assert.ok(isGood, lines.join('\n'));
      record(`autokey/${plan.title}`, { seconds: Math.max(...pairs.map(({ seconds }) => seconds!)) });
    });
  test.run();
}
