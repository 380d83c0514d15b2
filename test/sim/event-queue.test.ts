import fc from 'fast-check';
import { EventQueue } from '../../src/sim/event-queue.js';
import { assert, test } from '../support/suite.js';

test('actions come out in order of their key, equals in order of their making, cancelled ones never', () => {
  const entries = fc.array(fc.record({ key: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(entries, (list) => {
      const queue = new EventQueue();
      const out: number[] = [];
      const made = list.map((entry, i) => queue.add(entry.key, () => out.push(i)));
      list.forEach((entry, i) => {
        const item = made[i];
        if (entry.cancelled && item !== undefined) item.action = undefined;
      });
      let last = Number.NEGATIVE_INFINITY;
      for (let key = queue.nextKey(); key !== Number.POSITIVE_INFINITY; key = queue.nextKey()) {
        assert.ok(key >= last);
        last = key;
        queue.take()();
      }
      const expected = list
        .map((entry, i) => ({ ...entry, i }))
        .filter((entry) => !entry.cancelled)
        .sort((a, b) => a.key - b.key || a.i - b.i)
        .map((entry) => entry.i);
      assert.equal(out, expected);
    }),
    { numRuns: 200 },
  );
});

test('an action may add and cancel others while it runs', () => {
  const queue = new EventQueue();
  const out: string[] = [];
  const later = queue.add(2, () => out.push('later'));
  queue.add(1, () => {
    out.push('first');
    later.action = undefined;
    queue.add(1, () => out.push('added'));
  });
  while (queue.nextKey() !== Number.POSITIVE_INFINITY) queue.take()();
  assert.equal(out, ['first', 'added']);
});

test.run();
