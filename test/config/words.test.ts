/**
 * The contract with users: the words of the language, and what is done with each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVERS, MISSING_DRIVERS } from '../../src/config/drivers.js';
import { REFCLOCK_FORMS } from '../../src/config/grammar-sources.js';
import { HANDLED_WORDS, readConfig } from '../../src/config/read.js';
import { supportOf } from '../../src/config/report-support.js';
import { FOREIGN_WORDS, SUPPORT } from '../../src/config/support.js';
import { WORDS } from '../../src/config/words.js';
import { explainWord, listWords } from '../../src/config/words-help.js';
import { assert, projectRoot, test } from '../support/suite.js';

/** word, word option, and * option of associations, as in test/contracts/config-words.txt. */
function contract(): string[] {
  const lines = [...WORDS.values()].flatMap((word) => [
    word.name,
    ...(word.options ?? []).map(({ name }) => `${word.name} ${name}`),
  ]);
  const forms = [...REFCLOCK_FORMS].flatMap(([form, options]) => [
    `refclock ${form}`,
    ...options.map(({ name }) => `refclock ${form} ${name}`),
  ]);
  return [...lines, ...forms].sort();
}

test('the words are those of test/contracts/config-words.txt', () => {
  const file = join(projectRoot, 'test', 'contracts', 'config-words.txt');
  const wanted = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(contract(), wanted, `when this is meant, change ${file} too`);
});

test('every word is acted on, or support.ts says what is done instead', () => {
  for (const name of WORDS.keys())
    assert.ok(
      HANDLED_WORDS.includes(name) || supportOf(name) !== undefined,
      `nothing is done with '${name}'`,
    );
});

test('every word that comes later has its meaning already: one table switches it on', () => {
  for (const name of WORDS.keys())
    if (supportOf(name)?.state === 'later' && name !== 'nts') assert.ok(HANDLED_WORDS.includes(name), name);
});

test('support.ts speaks of words and options that exist', () => {
  const families = new Map([
    ['*', new Set(WORDS.get('peer')!.options!.map(({ name }) => name))],
    ['127.127', new Set((WORDS.get('server')!.optionsFor!('127.127.20.0') ?? []).map(({ name }) => name))],
  ]);
  for (const key of Object.keys(SUPPORT)) {
    const [name = '', option] = key.split(' ');
    const word = WORDS.get(name);
    const options = families.get(name) ?? new Set((word?.options ?? []).map((each) => each.name));
    for (const argument of word?.arguments ?? []) {
      options.add(argument.name);
      if (argument.shape.kind === 'choice') for (const value of argument.shape.values) options.add(value);
    }
    assert.ok(word !== undefined || families.has(name), key);
    assert.ok(option === undefined || options.has(option), key);
  }
});

test('no word of ours is also listed as a word of somebody else', () => {
  for (const name of Object.keys(FOREIGN_WORDS)) assert.not.ok(WORDS.has(name), name);
});

test('the example of every word is free of mistakes of form', () => {
  for (const { name, example, form } of WORDS.values()) {
    assert.is(example.split(' ')[0], name);
    assert.is(form.split(' ')[0], name);
    const { problems } = readConfig(`${example}\n`, 'f', { includeFile: () => '' });
    const bad = problems.filter(
      ({ severity, message }) => severity === 'error' && !/support|keys file|no clock/.test(message),
    );
    assert.equal(bad, [], example);
  }
});

test('every driver number of ntpd is either ours or refused by its name', () => {
  const { problems, config } = readConfig(
    Array.from({ length: 46 }, (_, index) => `server 127.127.${index + 1}.0`).join('\n'),
    'f',
  );
  assert.is(config.refclocks.length, DRIVERS.size);
  const named = problems.filter(({ severity }) => severity === 'error');
  assert.is(named.length, 46 - DRIVERS.size);
  for (const { message } of named) assert.match(message, /driver \d+/);
  // ntpd never gave out 14 and 25.
  assert.is(MISSING_DRIVERS.size, 46 - DRIVERS.size - 2);
});

test('help knows every word', () => {
  const list = listWords();
  for (const name of WORDS.keys()) {
    assert.ok(list.includes(`${name} `), name);
    assert.ok(explainWord(name)!.includes(WORDS.get(name)!.example));
  }
  assert.match(explainWord('http')!, /not supported yet/);
  assert.is(explainWord('constructor'), undefined);
});

test.run();
