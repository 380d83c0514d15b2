import { lexLines, MAX_TOKEN } from '../../src/config/lexer.js';
import { assert, test } from '../support/suite.js';

const values = (text: string) =>
  [...lexLines(text, 'f')].map(({ tokens }) => tokens.map(({ value }) => value));

test('blanks of every kind separate, a comment ends the line, empty lines give nothing', () => {
  assert.equal(values('a\tb  c\vd\fe # f\n\n  # g\nh\r\n'), [['a', 'b', 'c', 'd', 'e'], ['h']]);
});

test('a # inside a word starts a comment, as with ntpd', () => {
  assert.equal(values('a b#c d'), [['a', 'b']]);
});

test('quotes keep blanks and #, and end their token', () => {
  assert.equal(values('a "b # c"d e"f g" ""'), [['a', 'b # c', 'd', 'ef g', '']]);
});

test('a line ends its command whatever stands at its end', () => {
  assert.equal(values('a \\\nb'), [['a', '\\'], ['b']]);
});

test('places count from 1, quotes included in the length', () => {
  const [, line] = lexLines('x\n  ab "c d"', 'f');
  const places = line!.tokens.map(({ line: at, column, length, text }) => [at, column, length, text]);
  assert.equal(places, [
    [2, 3, 2, 'ab'],
    [2, 6, 5, '"c d"'],
  ]);
});

test('a byte order mark at the start is no part of the first word', () => {
  assert.equal(values('\ufeffserver a'), [['server', 'a']]);
});

test('only ASCII blanks separate; lookalikes are named with their place', () => {
  const [line] = lexLines('a\u00a0b \u2013 c', 'f');
  assert.equal(
    line!.remarks.map(({ at, message, remedy }) => [at.column, message.slice(0, 16), remedy]),
    [
      [2, 'a no-break space', 'a plain space'],
      [5, 'an en dash (U+20', 'a plain "-"'],
    ],
  );
});

test('inside quotes typographic characters are what was meant', () => {
  const [line] = lexLines('logfile "/var/log/a\u2013b"', 'f');
  assert.equal(line!.remarks, []);
});

test('a word longer than ntpd allows is cut and named', () => {
  const [line] = lexLines(`a ${'b'.repeat(5000)}`, 'f');
  assert.is(line!.tokens[1]!.value.length, MAX_TOKEN);
  assert.match(line!.remarks[0]!.message, /5000 characters/);
});

test.run();
