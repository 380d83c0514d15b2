import { editDistance, nearest } from '../../src/config/nearest.js';
import { assert, test } from '../support/suite.js';

test('a swap of neighbours is one edit', () => {
  assert.is(editDistance('restirct', 'restrict'), 1);
  assert.is(editDistance('kitten', 'sitting'), 3);
  assert.is(editDistance('', 'abc'), 3);
  assert.is(editDistance('abc', 'abc'), 0);
});

test('the nearest word is offered only when it is near', () => {
  const words = ['server', 'peer', 'pool', 'restrict'];
  assert.is(nearest('sevrer', words), 'server');
  assert.is(nearest('POOL', words), 'pool');
  assert.is(nearest('xyzzy', words), undefined);
  assert.is(nearest('', words), undefined);
});

test('a word of any length is compared in bounded time', () => {
  assert.is(nearest('s'.repeat(1_000_000), ['server']), undefined);
});

test.run();
