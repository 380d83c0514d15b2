/**
 * Power cuts: QEMU is killed at random moments of the card's first and later starts and of its work, in each second case
 * with the last MiB of unflushed writes lost as well. After each, the state partition is clean by what the next start does,
 * and nothing is lost but the newest statistics. At last the partition is noise, as a card that dies leaves it.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS } from '../../image/partitions.js';
import { RandomStream } from '../../src/sim/random.js';
import { testCard } from '../support/card.js';
import { assert, has, record, test } from '../support/suite.js';
import { isSynchronised } from './looks.js';
import { type CardMachine, copyCard } from './machine.js';
import { configurationFor, Scene } from './scene.js';
import { Sky } from './sky.js';
import { type CardState, faultOf, readState } from './state-partition.js';
import { pause, soon } from './steps.js';
import { TimeScale } from './time-scale.js';
import { replay } from './write-log.js';

const CUTS = 10;
const LOST_BYTES = 1 << 20;
/** After power, s: most while the card starts, and some when it serves, has its keys and writes statistics. */
const EARLY = { least: 10, most: 45 };
const LATE = { least: 85, most: 115 };
const LATE_CUTS = [5, 8];
/** After the keys are whole and the time is right, s: then there is something to lose, however slow this machine is. */
const WORK = { least: 5, most: 35 };
const AT_WORK_CUT = 2;
/** Statistics older than this are on the card, s. */
const STATISTICS_SECONDS = 60;
const STATISTICS = '/lib-noonmark/statistics';
/** What the card says of a state partition that it cannot read. */
const ANEW = /is made anew/;

/** What must be the same from when it is there, and what from when the keys are whole, whatever happens. */
const LASTING = [/^\/machine-id$/, /^\/ssh\/ssh_host_ed25519_key(\.pub)?$/];
const LASTING_KEYS = [/^\/etc-noonmark\/keys\//, /^\/etc-noonmark\/authentication\.conf$/];

interface Cut {
  readonly number: number;
  readonly seconds: number;
  readonly lostWrites: number;
  readonly state: CardState;
  /** statistics in the running card just before, by file; empty: it did not answer */
  readonly live: ReadonlyMap<string, string>;
  readonly console: string;
}

if (has('power cuts', 'root', 'card')) {
  const card = await testCard();
  const scene = new Scene();
  const seed = Math.floor(Math.random() * 1e6);
  const random = new RandomStream(seed, 0);
  const scale = new TimeScale(0);
  const configuration = configurationFor(card, scene.lan).replace(
    /^#statsdir .*\n#statistics .*$/m,
    'statsdir /var/lib/noonmark/statistics/\nstatistics loopstats clockstats',
  );
  copyCard(card, scene.disk, configuration);
  const before = join(scene.folder, 'before.img');
  const writeLog = join(scene.folder, 'writes');

  /** It has its keys, and writes statistics. */
  async function atWork(machine: CardMachine): Promise<void> {
    const from = scene.looks.all().length;
    await machine.boot();
    const keys = 'wc -c < /etc/noonmark/authentication.conf';
    await machine.until('keys', keys, (text) => Number(text) > 0, 300);
    const locked = () => scene.looks.all().slice(from).some(isSynchronised) || undefined;
    await soon('stratum 1', 200, locked);
  }

  /** One start, and its end by force. */
  async function live(number: number): Promise<Cut> {
    const { least, most } = number === AT_WORK_CUT ? WORK : LATE_CUTS.includes(number) ? LATE : EARLY;
    const isLossy = number % 2 === 0;
    const seconds = least + (most - least) * random.uniform();
    if (isLossy) execFileSync('cp', ['--sparse=always', scene.disk, before]);
    execFileSync('truncate', ['-s', '0', writeLog]);
    const machine = scene.power(card, isLossy ? { writeLog } : {});
    const sky = new Sky(machine, scale);
    sky.hasFix = true;
    sky.startPulses();
    const console = () => machine.qemu.console;
    if (number === AT_WORK_CUT) await atWork(machine);
    else machine.boot().catch(() => undefined);
    await pause(seconds);
    const live = machine.shellSeconds === 0 ? new Map<string, string>() : await statisticsOf(machine);
    sky.close();
    await machine.powerCut();
    let lostWrites = 0;
    if (isLossy) {
      lostWrites = replay(writeLog, before, LOST_BYTES).lost;
      execFileSync('mv', [before, scene.disk]);
    }
    rmSync(writeLog, { force: true });
    const state = readState(scene.disk, join(scene.folder, 'look'));
    return { number, seconds, lostWrites, state, live, console: console() };
  }

  const cuts: Cut[] = [];
  for (let number = 1; number <= CUTS; number += 1) cuts.push(await live(number));
  record('power cuts', {
    cuts: cuts.length,
    seed,
    lostWrites: cuts.reduce((sum, cut) => sum + cut.lostWrites, 0),
  });
  for (const { number, seconds, lostWrites, state } of cuts)
    record(`power cut ${number}`, { seconds, lostWrites, files: state.files.size });
  const states = [...cuts.entries()];

  test('after each power cut the state partition is repaired by itself, and was never made anew', () => {
    for (const { number, state, console } of cuts) {
      assert.is(faultOf(state), undefined, `cut ${number}`);
      assert.not.match(console, /is made anew|cannot be made|no state partition|keys and drift are lost/);
    }
  });

  test('host key, machine-id and keys are the same from when they are there', () => {
    for (const [i, { number, state }] of states) {
      const earlier = cuts[i - 1]?.state;
      if (earlier === undefined) continue;
      const lasting = isWhole(earlier) ? [...LASTING, ...LASTING_KEYS] : LASTING;
      // The private half takes its place last.
      const hasHostKey = earlier.files.has('/ssh/ssh_host_ed25519_key');
      for (const [path, text] of earlier.files)
        if (lasting.some((one) => one.test(path)) && (hasHostKey || !path.startsWith('/ssh/')))
          assert.is(state.files.get(path), text, `${path} after cut ${number}`);
    }
    assert.ok(
      cuts.some(({ state }) => isWhole(state)),
      'there were keys to lose',
    );
  });

  test('no file that is read at the next start is half written', () => {
    for (const { number, state } of cuts) {
      for (const [path, text] of state.files)
        if (path.endsWith('.json'))
          assert.not.throws(() => JSON.parse(text), `${path} after cut ${number}: ${text}`);
      const drift = state.files.get('/lib-noonmark/drift');
      if (drift !== undefined) assert.match(drift, /^-?\d+\.\d+/, `after cut ${number}`);
    }
  });

  test(`of statistics nothing is lost but the newest ${STATISTICS_SECONDS} s`, () => {
    let lines = 0;
    for (const [i, { number, state, live }] of states) {
      const kept = state.files;
      // What had come through one cut is there after the next.
      for (const [path, text] of cuts[i - 1]?.state.files ?? [])
        if (path.startsWith(STATISTICS))
          assert.ok(kept.get(path)?.startsWith(wholeLines(text)), `${path} after cut ${number}`);
      for (const [path, text] of live) {
        const all = text.split('\n').filter((line) => line !== '');
        const newest = timeOf(all.at(-1) ?? '');
        const old = all.filter((line) => newest - timeOf(line) > STATISTICS_SECONDS);
        lines += all.length;
        const there = new Set(kept.get(path)?.split('\n'));
        for (const line of old) assert.ok(there.has(line), `${path} after cut ${number}: ${line}`);
      }
    }
    record('power cuts, statistics', { lines });
    assert.ok(lines > 0, 'there were statistics to lose');
  });

  /** One more start, to stratum 1 and whole keys; then `look`, and the plug is pulled. */
  async function startWhole(look: (machine: CardMachine) => void | Promise<void>): Promise<number> {
    const machine = scene.power(card);
    const sky = new Sky(machine, scale);
    sky.hasFix = true;
    sky.startPulses();
    const from = scene.looks.all().length;
    await machine.boot();
    await machine.until('noonmarkd', 'systemctl is-active noonmarkd', (text) => text === 'active', 200);
    const journal = () => machine.ask('journalctl -b -o short-monotonic -u noonmarkd --no-pager');
    const locked = () => scene.looks.all().slice(from).some(isSynchronised) || undefined;
    await soon('stratum 1', 200, locked, journal);
    const lockSeconds = machine.seconds;
    await machine.until('keys', 'systemctl is-active noonmark-keys', (text) => text !== 'activating', 200);
    assert.is(await machine.ask('systemctl --failed --no-legend --plain'), '');
    assert.match(await machine.ask('cat /etc/noonmark/authentication.conf | wc -l'), /^[5-9]$/);
    await look(machine);
    sky.close();
    await machine.powerCut();
    return lockSeconds;
  }

  test('in the end it starts whole: no failed unit, keys, and the right time', async () => {
    record('power cuts, last start', {
      lockSeconds: await startWhole((machine) => assert.not.match(machine.qemu.console, ANEW)),
    });
  });

  test('a state partition that does not mount is made anew, with new keys, and time is served', async () => {
    const key = '/ssh/ssh_host_ed25519_key.pub';
    const { start, size } = PARTITIONS[2];
    const noise = randomBytes(size);
    const disk = openSync(scene.disk, 'r+');
    writeSync(disk, noise, 0, size, start);
    closeSync(disk);
    record('power cuts, state partition lost', {
      lockSeconds: await startWhole((machine) => assert.match(machine.qemu.console, ANEW)),
    });
    const after = readState(scene.disk, join(scene.folder, 'look'));
    assert.is(faultOf(after), undefined);
    assert.ok(isWhole(after));
    assert.match(after.files.get(key) ?? '', /^ssh-ed25519 /);
    assert.is.not(after.files.get(key), cuts.at(-1)?.state.files.get(key));
  });

  test.after(() => scene.close());
}

/** Statistics in the running card, by the path that they have on its partition. */
async function statisticsOf(machine: CardMachine): Promise<ReadonlyMap<string, string>> {
  const { lines } = await machine.run('cd /var/lib/noonmark/statistics && grep -H "" *', 20);
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, name, rest] = /^([\w.]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const path = `${STATISTICS}/${name}`;
    found.set(path, `${found.get(path) ?? ''}${rest}\n`);
  }
  return found;
}

/** Keys in the making are nobody's yet. */
const isWhole = ({ files }: CardState): boolean =>
  (files.get('/etc-noonmark/authentication.conf') ?? '') !== '';
/** Day and second of a line, in seconds. */
function timeOf(line: string): number {
  const [day, second] = line.split(' ').map(Number);
  return (day ?? 0) * 86_400 + (second ?? 0);
}
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

test.run();
