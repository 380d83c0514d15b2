import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilegenConfig, StatisticsSet } from '../../../src/config/types.js';
import { realDisk, type StatisticsDisk } from '../../../src/status/statistics/file.js';
import { StatisticsWriter } from '../../../src/status/statistics/writer.js';
import { type FakeView, fakeView, NOW_NS, SOURCES } from '../../control/fixture.js';
import { assert, test } from '../../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-stats-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const SECOND = 1_000_000_000n;
const SETS: readonly StatisticsSet[] = ['loopstats', 'peerstats', 'clockstats', 'rawstats', 'sysstats'];

interface Bench {
  readonly directory: string;
  readonly view: FakeView;
  readonly writer: StatisticsWriter;
  readonly logged: string[];
  /** lets seconds pass, observed each; the GPS is heard in each */
  run(seconds: number): void;
  read(name: string): string[];
}

function bench(change: Partial<FilegenConfig> = {}, disk?: StatisticsDisk): Bench {
  const directory = mkdtempSync(join(root, 'd'));
  const logged: string[] = [];
  const view = fakeView();
  let elapsed = 0n;
  const writer = new StatisticsWriter({
    directory,
    filegens: SETS.map((set) => ({ set, file: set, type: 'day', link: true, enable: true, ...change })),
    log: { write: (_level, event) => logged.push(event) },
    pid: 4711,
    monotonic: () => elapsed,
    disk,
  });
  return {
    directory,
    view,
    writer,
    logged,
    run(seconds) {
      for (let i = 0; i < seconds; i += 1) {
        elapsed += SECOND;
        const now = NOW_NS + elapsed;
        view.change = { nowNs: now };
        view.entries = SOURCES.map((source) =>
          source.view.id === 1 ? { ...source, view: { ...source.view, receivedTimeNs: now } } : source,
        );
        writer.observe(view);
      }
    },
    read: (name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1),
  };
}

test('each second observed, lines are written each poll, for a server each answer, and sysstats each hour', async () => {
  const { run, read, writer, directory } = bench();
  run(3601);
  await writer.close();
  // Poll 2^4: a line every 16 s.
  const loop = read('loopstats.20261123');
  assert.is(loop.length, 226);
  assert.is(loop[0], '61367 18001.000 -0.000000042 -12.345 0.000000120 0.002500 4');
  const peers = read('peerstats.20261123');
  assert.is(peers.filter((line) => line.includes(' 127.127.20.0 972a ')).length, 226);
  assert.is(peers.filter((line) => line.includes(' 192.0.2.1 9414 ')).length, 1);
  assert.is(peers.filter((line) => line.includes('pool')).length, 0);
  assert.match(read('clockstats.20261123')[225] ?? '', / 127\.127\.20\.0 \$GPRMC,050000/);
  assert.equal(read('sysstats.20261123'), ['61367 21600.000 3600 0 0 0 0 0 0 0 0 0 0']);
  assert.not(readdirSync(directory).some((name) => name.startsWith('rawstats')));
});

test('the bare name is a hard link to the generation of today, and follows to tomorrow’s', async () => {
  const { run, read, writer, directory } = bench();
  run(10);
  await writer.close();
  const inode = (name: string) => statSync(join(directory, name)).ino;
  assert.is(inode('loopstats'), inode('loopstats.20261123'));
  run(19 * 3600);
  await writer.close();
  assert.is(inode('loopstats'), inode('loopstats.20261124'));
  assert.not.equal(inode('loopstats'), inode('loopstats.20261123'));
  assert.match(read('loopstats.20261123').at(-1) ?? '', /^61367 86/);
  assert.match(read('loopstats.20261124')[0] ?? '', /^61368 /);
});

test('a file of the bare name that is in the way is kept under another name', async () => {
  const { run, writer, directory } = bench();
  writeFileSync(join(directory, 'loopstats'), 'old\n');
  run(2);
  await writer.close();
  assert.is(readFileSync(join(directory, 'loopstats.4711C0'), 'utf8'), 'old\n');
  assert.is(statSync(join(directory, 'loopstats')).nlink, 2);
});

test('nolink makes no link, none has one file, disabled sets are not written', async () => {
  const nolink = bench({ link: false });
  nolink.run(2);
  await nolink.writer.close();
  assert.equal(
    readdirSync(nolink.directory).filter((name) => name.startsWith('loop')),
    ['loopstats.20261123'],
  );
  const none = bench({ type: 'none' });
  none.run(2);
  await none.writer.close();
  assert.ok(readdirSync(none.directory).includes('loopstats'));
  const disabled = bench({ enable: false });
  assert.not(disabled.writer.has('loopstats'));
  disabled.run(100);
  await disabled.writer.close();
  assert.equal(readdirSync(disabled.directory), []);
});

test('a folder that is not there is made, also when it goes away later', async () => {
  const { run, writer, read, directory, logged } = bench();
  rmSync(directory, { recursive: true });
  run(70);
  await settle();
  assert.ok(read('loopstats.20261123').length > 2);
  rmSync(directory, { recursive: true });
  run(70);
  await writer.close();
  assert.ok(read('loopstats.20261123').length > 2);
  assert.equal(logged, []);
});

/** Counts what is appended, and can be full. */
function countingDisk() {
  const state = { appends: 0, full: false, bytes: 0 };
  const disk: StatisticsDisk = {
    ...realDisk,
    append: async (path, text) => {
      if (state.full) throw new Error('ENOSPC: no space left on device');
      state.appends += 1;
      state.bytes += text.length;
      await realDisk.append(path, text);
    },
  };
  return { state, disk };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 120));

test('the disk is written to about once a minute and set, not once a line', async () => {
  const { state, disk } = countingDisk();
  const { run, writer } = bench({}, disk);
  for (let minute = 0; minute < 10; minute += 1) {
    run(60);
    await settle();
  }
  await writer.close();
  // loopstats, peerstats, clockstats: each minute.
  assert.ok(state.appends <= 34, `${state.appends}`);
  assert.ok(state.appends >= 25, `${state.appends}`);
});

test('a full disk never stops anything: it is said once, the newest lines are kept, writing resumes', async () => {
  const { state, disk } = countingDisk();
  const { run, writer, read, logged } = bench({}, disk);
  state.full = true;
  for (let i = 0; i < 6; i += 1) {
    run(3 * 3600);
    await settle();
  }
  await writer.close();
  assert.equal(logged, ['statistics-failed']);
  assert.is(state.bytes, 0);
  state.full = false;
  run(70);
  await settle();
  await writer.close();
  assert.ok(state.bytes < 4 * (65_536 + 4096));
  assert.equal(logged, ['statistics-failed', 'statistics-resumed']);
  const loop = read('loopstats.20261123');
  assert.ok(loop.length > 500);
  for (const line of loop) assert.match(line, /^61367 \d+\.\d{3} -0\.000000042 -12\.345 /);
});

test('rawstats are written as they come, and reopen takes a new file where the old was moved', async () => {
  const { writer, read, directory } = bench({ type: 'none' });
  const raw = {
    address: '192.0.2.1',
    localAddress: '192.0.2.77',
    originTime: 1n << 32n,
    receiveTime: 2n << 32n,
    transmitTime: 3n << 32n,
    destinationTime: 4n << 32n,
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 1,
    pollLog2: 6,
    precisionLog2: -23,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    refid: Uint8Array.of(71, 80, 83, 0),
  };
  for (let i = 0; i < 100; i += 1) writer.raw(raw, NOW_NS);
  await writer.close();
  assert.is(read('rawstats').length, 100);
  rmSync(join(directory, 'rawstats'));
  writer.reopen();
  writer.raw(raw, NOW_NS);
  await writer.close();
  assert.is(read('rawstats').length, 1);
});

test('a clock not yet set leaves no loopstats', async () => {
  const { writer, view, directory } = bench();
  view.change = { stratum: 16, leap: 3, systemPeer: 0 };
  writer.observe(view);
  await writer.close();
  assert.not(readdirSync(directory).includes('loopstats'));
});

test.run();
