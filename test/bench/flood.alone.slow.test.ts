import { ratioOf, run, table } from '../../bench/flood.js';
import { assert, test } from '../support/suite.js';

test('of fifteen rounds the fourth and the twelfth bound the median with 95 %', () => {
  const values = Array.from({ length: 15 }, (_, i) => 15 - i);
  assert.equal(ratioOf(values), { median: 8, low: 4, high: 12 });
  assert.equal(ratioOf([2, 1, 3]), { median: 2, low: 1, high: 3 });
});

test('bench flood: a flood is answered within the bounds, and both clients are measured beside it', async () => {
  const figures = await run({
    ...{ rounds: 1, samples: 500, perSecond: 500, floodPerSecond: 300, progress: () => {} },
  });
  assert.equal(
    figures.clients.map(({ client }) => client),
    ['plain', 'cookie'],
  );
  for (const { quietP50, floodP50 } of figures.clients) assert.ok(quietP50 > 0 && floodP50 > 0);
  assert.ok(figures.flood.requestsPerSecond > 0 && figures.flood.answersPerSecond > 0);
  assert.match(table(figures), /cookie/);
});

test.run();
