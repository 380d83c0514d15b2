/**
 * Power cuts in the midst of an update of the card: two cards, side by side. At the next start noonmark is whole again in the
 * version before, the root is closed, and time is served.
 */
import { RandomStream } from '../../src/sim/random.js';
import { testCard } from '../support/card.js';
import { assert, has, record, test } from '../support/suite.js';
import { knownState } from './known-state.js';
import { UpdateChain } from './update-chain.js';

/** Each card, its network and its packages want to know of this process's end. */
process.setMaxListeners(30);

if (has('power cuts in an update', 'root', 'card')) {
  const card = await testCard();
  const seed = Math.floor(Math.random() * 1e6);
  const a = new UpdateChain('A', card, new RandomStream(seed, 0));
  const b = new UpdateChain('B', card, new RandomStream(seed, 1), a.packages);
  const chains = [a, b];
  const ends = await Promise.all([
    (async () => {
      await a.cutUpdate('unpacking', false);
      await a.cutStart(true);
      await a.cutUpdate('setting up', true);
      return a.end();
    })(),
    (async () => {
      await b.cutUpdate('trial', true);
      await b.cutUpdate('roll-back', false);
      b.damageRoot();
      return b.end();
    })(),
  ]);
  const starts = chains.flatMap((chain) => chain.starts.map((start) => ({ ...start, before: chain.before })));
  const lostWrites = chains.flatMap(({ cuts }) => cuts).reduce((sum, cut) => sum + cut.lostWrites, 0);
  record('update cuts', { seed, lostWrites });
  for (const { name, seconds, lostWrites } of chains.flatMap(({ cuts }) => cuts))
    record(`update cuts, ${name}`, { seconds, lostWrites });
  for (const { name, answerSeconds } of starts) record(`update cuts, ${name}`, { answerSeconds });

  test('after a power cut in the midst of an update the version before is whole, and nothing is left to be done', () => {
    assert.is(starts.length, 4);
    for (const { name, before, installed, isOver, complaints } of starts) {
      assert.is(complaints, '', name);
      assert.is(installed, before, name);
      assert.ok(isOver, name);
    }
  });

  test('the root is read-only again, and its file system is sound', () => {
    for (const { name, isReadOnly } of starts) assert.ok(isReadOnly, name);
    for (const { exitCode, said } of ends) assert.is(exitCode, 0, said);
  });

  test('a root that is damaged is mended before anything is written to it, and started from anew', () => {
    const mended = b.mended.at(-1) ?? '';
    assert.match(mended, /the root file system is mended, and started from anew: .*ref count/);
    assert.not.match(mended, /is put back/);
  });

  test('the service runs and answers, with keys and drift as they were', () => {
    for (const { name, failedUnits, kept } of starts) {
      assert.is(failedUnits, '', name);
      assert.is(kept, knownState, name);
    }
  });

  test('screen and journal say what was done', () => {
    for (const { name, before, console, journal } of starts)
      for (const said of [console, journal]) {
        assert.match(said, `an update was cut off: noonmark ${before} is put back`, name);
        assert.match(said, `noonmark ${before} is whole again`, name);
      }
  });

  test.after(async () => {
    for (const chain of chains) await chain.close();
  });
}

test.run();
