import { EdgeFilter, HOLD_SECONDS } from '../../../src/source/refclock/edge-filter.js';
import { assert, test } from '../../support/suite.js';
import { generator } from './scripted.js';

const at = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));

/** Offers edges at these seconds; answers the accepted ones as [seconds, index]. */
function offer(filter: EdgeFilter, seconds: readonly number[], firstSequence = 1): [number, number][] {
  return seconds.flatMap((t, i) => {
    const verdict = filter.offer(firstSequence + i, at(t));
    return verdict.type === 'accepted' ? [[t, verdict.edge.index] as [number, number]] : [];
  });
}

test('four edges a second apart begin a train', () => {
  const accepted = offer(new EdgeFilter(), [10, 11, 12, 13, 14]);
  assert.equal(
    accepted.map(([t]) => t),
    [13, 14],
  );
});

test('seconds without an edge are counted, so that the numbering survives them', () => {
  const filter = new EdgeFilter();
  const accepted = offer(filter, [10, 11, 12, 13, 14, 17, 18, 60]);
  const origin = accepted[0]![1] - 13;
  for (const [t, index] of accepted) assert.is(index - t, origin);
  assert.is(filter.counters.missed, 2 + 41);
});

test('the same edge fetched twice, and one doubled by the line, count once', () => {
  const filter = new EdgeFilter();
  offer(filter, [10, 11, 12, 13]);
  assert.is(filter.offer(4, at(13)).type, 'duplicate');
  assert.is(filter.offer(5, at(13.00002)).type, 'duplicate');
  assert.is(filter.counters.duplicates, 2);
});

test('glitches between the seconds are left out, before and after the train is known', () => {
  const random = generator(5);
  const filter = new EdgeFilter();
  const edges: number[] = [];
  for (let k = 0; k < 200; k += 1) {
    edges.push(k);
    if (random.uniform() < 0.3) edges.push(k + 0.05 + 0.9 * random.uniform());
  }
  const accepted = offer(filter, edges);
  assert.ok(accepted.length > 190);
  assert.ok(accepted.every(([t]) => Number.isInteger(t)));
  assert.ok(filter.counters.glitches > 40);
});

test('a crystal that is 400 ppm off and 100 µs of jitter are no reason to lose an edge', () => {
  const random = generator(6);
  const edges = Array.from({ length: 300 }, (_, k) => k * 1.0004 + 1e-4 * random.normal());
  assert.is(offer(new EdgeFilter(), edges).length, 297);
});

test('a line that reports both edges of the pulse is refused', () => {
  const filter = new EdgeFilter();
  const edges = Array.from({ length: 40 }, (_, i) => Math.floor(i / 2) + (i % 2) * 0.1);
  assert.is(offer(filter, edges).length, 0);
  assert.is(filter.rivals, true);
});

test('a pulse that moved for good is followed after five seconds of silence, as a new grid', () => {
  const filter = new EdgeFilter();
  offer(filter, [1, 2, 3, 4, 5, 6]);
  const before = filter.generation;
  const accepted = offer(
    filter,
    Array.from({ length: 15 }, (_, k) => 7.4 + k),
    7,
  );
  assert.ok(accepted.length >= 8);
  assert.is(filter.generation, before + 1);
});

test('after a gap that the local clock cannot bridge the grid begins anew', () => {
  const filter = new EdgeFilter();
  offer(filter, [1, 2, 3, 4, 5, 6]);
  const before = filter.generation;
  const later = HOLD_SECONDS + 10;
  assert.is(offer(filter, [later], 7).length, 0);
  assert.is(filter.generation, before + 1);
  assert.is(offer(filter, [later + 1, later + 2, later + 3], 8).length, 1);
});

test('the next edge is announced a period after the last, gaps included', () => {
  const filter = new EdgeFilter();
  assert.is(filter.dueAfter(at(1)), undefined);
  offer(filter, [10, 11, 12, 13]);
  assert.is(filter.dueAfter(at(13.2)), at(14));
  assert.is(filter.dueAfter(at(17.2)), at(18));
});

test.run();
