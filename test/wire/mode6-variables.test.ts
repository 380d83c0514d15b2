import fc from 'fast-check';
import { formatVariables, parseVariables, quoted } from '../../src/wire/mode6-variables.js';
import { assert, test } from '../support/suite.js';

test('names alone, with values and with quoted values are told apart', () => {
  assert.equal(parseVariables('leap, stratum,rootdelay'), [
    { name: 'leap', value: undefined },
    { name: 'stratum', value: undefined },
    { name: 'rootdelay', value: undefined },
  ]);
  assert.equal(parseVariables('nonce=eeadfffd52594c4a12345678, frags=32'), [
    { name: 'nonce', value: 'eeadfffd52594c4a12345678' },
    { name: 'frags', value: '32' },
  ]);
  assert.equal(parseVariables('version="ntpd 4.2.8p15, x", cert="peer1 peer1 0x1" ,a=,b=""'), [
    { name: 'version', value: 'ntpd 4.2.8p15, x' },
    { name: 'cert', value: 'peer1 peer1 0x1' },
    { name: 'a', value: '' },
    { name: 'b', value: '' },
  ]);
});

test('white space, line breaks, empty items and padding are passed over', () => {
  assert.equal(parseVariables(' ,, leap = 3 ,\r\n stratum\t=\t1\r\n\0\0\0'), [
    { name: 'leap', value: '3' },
    { name: 'stratum', value: '1' },
  ]);
  assert.equal(parseVariables(''), []);
  assert.equal(parseVariables('\0\0'), []);
});

test('a quote that is not closed ends with the text', () => {
  assert.equal(parseVariables('a="b, c'), [{ name: 'a', value: 'b, c' }]);
});

test('any text is read without throwing and within the limit', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500, unit: 'binary' }), (text) => {
      assert.ok(parseVariables(text, 10).length <= 10);
    }),
    { numRuns: 500 },
  );
  assert.is(parseVariables(','.repeat(1000) + 'a,'.repeat(1000)).length, 1000);
});

test('the list ends with a line break, and lines are broken before column 72', () => {
  assert.is(formatVariables([]), '');
  assert.is(formatVariables(['leap=0']), 'leap=0\r\n');
  assert.is(formatVariables(['leap=0', 'stratum=1']), 'leap=0, stratum=1\r\n');
  const items = Array.from({ length: 30 }, (_, i) => `variable${i}=${i * 1000}`);
  const text = formatVariables(items);
  for (const line of text.split('\r\n')) assert.ok(line.length < 72, line);
  assert.is(text.replaceAll('\r\n', ' ').trim(), items.join(', '));
});

test('a comma and a blank still fit when the item ends at column 70, not at 71', () => {
  // ntpd counts the comma it has just written: broken when length + column + 1 reaches 72.
  const first = 'a'.repeat(30);
  assert.is(formatVariables([first, 'b'.repeat(39)]), `${first}, ${'b'.repeat(39)}\r\n`);
  assert.is(formatVariables([first, 'b'.repeat(40)]), `${first},\r\n${'b'.repeat(40)}\r\n`);
});

test('what is formatted is read again', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9._]{0,15}$/);
  const value = fc.stringMatching(/^[0-9a-zA-Z.+-]{0,20}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value, fc.boolean()), { maxLength: 40 }), (list) => {
      const items = list.map(([n, v, isQuoted]) => (isQuoted ? quoted(n, `${v}, x`) : `${n}=${v}`));
      assert.equal(
        parseVariables(formatVariables(items)),
        list.map(([n, v, isQuoted]) => ({ name: n, value: isQuoted ? `${v}, x` : v })),
      );
    }),
    { numRuns: 200 },
  );
});

test('nothing can break out of its quotes', () => {
  assert.is(quoted('host', 'a", leap="3\r\n\0é'), `host="a', leap='3????"`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const [only, ...more] = parseVariables(quoted('name', text));
      assert.is(more.length, 0);
      assert.is(only?.name, 'name');
    }),
  );
});

test.run();
