/**
 * Power cuts: two cards, side by side, lose their power ten times together. After each cut the state partition is clean by
 * what the next start does, and nothing is lost but the newest statistics. At last a partition is noise.
 */
import { RandomStream } from '../../src/sim/random.js';
import { testCard } from '../support/card.js';
import { assert, has, record, test } from '../support/suite.js';
import { type Moment, PowerChain, STATISTICS } from './power-chain.js';
import { type CardState, faultOf } from './state-partition.js';

const A: readonly Moment[] = ['early', 'later', 'early', 'later', 'early', 'early', 'early'];
const B: readonly Moment[] = ['early', 'at work', 'later'];
/** Each card, its network and its receiver want to know of this process's end. */
process.setMaxListeners(30);
/** Statistics older than this are on the card, s: they are written once a minute, which takes an emulated card its time. */
const STATISTICS_SECONDS = 75;
/** Modified Julian day of 1970-01-01. */
const UNIX_EPOCH_DAY = 40_587;
/** What the card says of a state partition that it cannot read. */
const ANEW = /is made anew/;
const LOST = /is made anew|cannot be made|no state partition|keys and drift are lost/;

/** What must be the same from when it is there, and what from when the keys are whole, whatever happens. */
const LASTING = [/^\/machine-id$/, /^\/ssh\/ssh_host_ed25519_key(\.pub)?$/];
const LASTING_KEYS = [/^\/etc-noonmark\/keys\//, /^\/etc-noonmark\/authentication\.conf$/];

if (has('power cuts', 'root', 'card')) {
  const card = await testCard();
  const seed = Math.floor(Math.random() * 1e6);
  const a = new PowerChain('A', card, new RandomStream(seed, 0));
  const b = new PowerChain('B', card, new RandomStream(seed, 1));
  const chains = [a, b];
  /** Until it is at the end of its cuts and of one more start; answers what is on its state partition then. */
  const toTheEnd = async (chain: PowerChain, moments: readonly Moment[]) => {
    await chain.lose(moments);
    const lockSeconds = await chain.startWhole((machine) => assert.not.match(machine.qemu.console, LOST));
    return { lockSeconds, state: chain.state() };
  };
  const [endOfA, endOfB] = await Promise.all([
    toTheEnd(a, A).then(async (end) => {
      a.loseStatePartition();
      const anewSeconds = await a.startWhole((machine) => assert.match(machine.qemu.console, ANEW));
      return { ...end, anewSeconds, anew: a.state() };
    }),
    toTheEnd(b, B),
  ]);
  const cuts = chains.flatMap((chain) => chain.cuts);
  const lostWrites = cuts.reduce((sum, cut) => sum + cut.lostWrites, 0);
  record('power cuts', { cuts: cuts.length, seed, lostWrites });
  for (const { name, seconds, lostWrites, state } of cuts)
    record(`power cuts, ${name}`, { seconds, lostWrites, files: state.files.size });
  /** Each cut, with the one before it of the same card. */
  const pairs = chains.flatMap((chain) => chain.cuts.map((cut, i) => [chain.cuts[i - 1], cut] as const));

  test('after each of ten power cuts the state partition is repaired by itself, and was never made anew', () => {
    assert.is(cuts.length, 10);
    for (const { name, state, console } of cuts) {
      assert.is(faultOf(state), undefined, name);
      assert.not.match(console, LOST, name);
    }
  });

  test('writes that were on their way were lost with the newest MiB, and that was borne', () => {
    assert.is(cuts.filter(({ isLossy }) => isLossy).length, 4);
    for (const { name, moment, isLossy, lostWrites } of cuts)
      if (isLossy && moment !== 'early') assert.ok(lostWrites > 0, name);
  });

  test('a start after a cut that came so far has no failed unit', () => {
    const asked = cuts.filter(({ failedUnits }) => failedUnits !== undefined);
    assert.is(asked.length, [...A, ...B].filter((moment) => moment !== 'early').length);
    for (const { name, failedUnits } of asked) assert.is(failedUnits, '', name);
  });

  test('host key, machine-id and keys are the same from when they are there', () => {
    for (const [before, { name, state }] of pairs) {
      if (before === undefined) continue;
      const earlier = before.state;
      const lasting = isWhole(earlier) ? [...LASTING, ...LASTING_KEYS] : LASTING;
      // The private half takes its place last.
      const hasHostKey = earlier.files.has('/ssh/ssh_host_ed25519_key');
      for (const [path, text] of earlier.files)
        if (lasting.some((one) => one.test(path)) && (hasHostKey || !path.startsWith('/ssh/')))
          assert.is(state.files.get(path), text, `${path} after ${name}`);
    }
    assert.ok(
      pairs.some(([before]) => before !== undefined && isWhole(before.state)),
      'there were keys to lose',
    );
  });

  test('no file that is read at the next start is half written', () => {
    for (const { name, state } of cuts) {
      for (const [path, text] of state.files)
        if (path.endsWith('.json'))
          assert.not.throws(() => JSON.parse(text), `${path} after ${name}: ${text}`);
      const drift = state.files.get('/lib-noonmark/drift');
      if (drift !== undefined) assert.match(drift, /^-?\d+\.\d+/, `after ${name}`);
    }
  });

  test(`of statistics nothing is lost but the newest ${STATISTICS_SECONDS} s`, () => {
    let lines = 0;
    let liveLines = 0;
    for (const [before, { name, state, live }] of pairs) {
      const kept = state.files;
      // What had come through one cut is there after the next.
      for (const [path, text] of before?.state.files ?? [])
        if (path.startsWith(STATISTICS))
          assert.ok(kept.get(path)?.startsWith(wholeLines(text)), `${path} after ${name}`);
      for (const [path, text] of live.files) {
        const all = text.split('\n').filter((line) => line !== '');
        const old = all.filter((line) => live.atSeconds - timeOf(line) > STATISTICS_SECONDS);
        lines += old.length;
        liveLines += all.length;
        const there = new Set(kept.get(path)?.split('\n'));
        for (const line of old) assert.ok(there.has(line), `${path} after ${name}: ${line}`);
      }
    }
    record('power cuts, statistics', { lines, liveLines });
    assert.ok(lines > 0, 'there were statistics to lose');
  });

  test('in the end both start whole: no failed unit, keys, and the right time', () => {
    record('power cuts, last starts', { a: endOfA.lockSeconds, b: endOfB.lockSeconds });
    for (const { state } of [endOfA, endOfB]) assert.ok(isWhole(state));
  });

  test('a state partition that does not mount is made anew, with new keys, and time is served', () => {
    const key = '/ssh/ssh_host_ed25519_key.pub';
    const { state, anew, anewSeconds } = endOfA;
    record('power cuts, state partition lost', { lockSeconds: anewSeconds });
    assert.is(faultOf(anew), undefined);
    assert.ok(isWhole(anew));
    assert.match(anew.files.get(key) ?? '', /^ssh-ed25519 /);
    assert.is.not(anew.files.get(key), state.files.get(key));
  });

  test.after(async () => {
    for (const chain of chains) await chain.close();
  });
}

/** Keys in the making are nobody's yet. */
const isWhole = ({ files }: CardState): boolean =>
  (files.get('/etc-noonmark/authentication.conf') ?? '') !== '';
/** Unix s of a line, by its modified Julian day and second. */
function timeOf(line: string): number {
  const [day, second] = line.split(' ').map(Number);
  return ((day ?? 0) - UNIX_EPOCH_DAY) * 86_400 + (second ?? 0);
}
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

test.run();
