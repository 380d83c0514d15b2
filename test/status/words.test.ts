import { bound, fit, interval, plural, printable, span, wrap } from '../../src/status/words.js';
import { assert, test } from '../support/suite.js';

test('a time has three digits and the unit that suits it', () => {
  const said: readonly (readonly [number, string])[] = [
    [0, '0 ns'],
    [-42e-9, '-42 ns'],
    [-0.2e-9, '0 ns'],
    [999.6e-9, '1.00 µs'],
    [1.2345e-6, '1.23 µs'],
    [0.0156, '15.6 ms'],
    [-0.2, '-200 ms'],
    [0.9999, '1.00 s'],
    [86400, '86400 s'],
    [Number.NaN, '-'],
  ];
  for (const [seconds, text] of said) assert.is(interval(seconds), text);
});

test('a bound is never told smaller than it is', () => {
  assert.is(bound(180e-9), '180 ns');
  assert.is(bound(1.2301e-6), '1.24 µs');
  assert.is(bound(0.1e-9), '1 ns');
  assert.is(bound(0.9991), '1.00 s');
  assert.is(bound(0), '0 ns');
});

test('spans, plurals, cuts and wraps read well', () => {
  assert.equal([3, 720, 15_000, 1_480_000, -1].map(span), ['3 s', '12 min', '4 h 10 min', '17 d 3 h', '0 s']);
  assert.equal([plural(1, 'client'), plural(0, 'client')], ['1 client', '0 clients']);
  assert.equal([fit('abc', 3), fit('abcd', 3), fit('abc', 0)], ['abc', 'ab…', '']);
  assert.is(wrap('one two three', 9, '    ', '- '), '- one two\n    three');
  assert.is(wrap('unbreakable', 4, ' '), 'unbreakable');
  assert.is(printable('a\x1b[31m\nb'), 'a?[31m?b');
});

test.run();
