/**
 * Whatever is in a file: an answer, problems that point into it, and no exception.
 */
import fc from 'fast-check';
import { REFCLOCK_FORMS } from '../../src/config/grammar-sources.js';
import { readConfig } from '../../src/config/read.js';
import { WORDS } from '../../src/config/words.js';
import { assert, test } from '../support/suite.js';

const names = [...WORDS.keys()];
const options = [
  ...new Set([...WORDS.values()].flatMap((word) => (word.options ?? []).map(({ name }) => name))),
];
const values = [
  ...[
    '0',
    '1',
    '-1',
    '17',
    '65535',
    '99999999999',
    '0x10',
    '1e9',
    '.5',
    '-',
    '+',
    '1e',
    '10%',
    '(',
    ')',
    '...',
    '(1',
  ],
  ...[
    '1...5',
    '=',
    '{',
    '}',
    ';',
    '"',
    '""',
    '"a b"',
    '\\',
    '#',
    '-4',
    '-6',
    '::',
    '::1',
    'fe80::1%eth0',
    '10.0.0.0/8',
  ],
  ...[
    '127.127.20.0',
    '127.127.1.255',
    '127.127.46.0',
    '224.0.1.1',
    '255.0.255.0',
    'ffff::',
    'localhost',
    'a.example',
  ],
  ...[
    'default',
    'source',
    'all',
    'eth0',
    '/dev/gps0',
    'day',
    '=all',
    '+sysevents',
    '127.0.0.1:80',
    '[::1]:80',
    'auto',
  ],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'crypto',
    '\u00a0',
    '\u201cx\u201d',
    '\u0000',
    '😀',
  ],
  ...REFCLOCK_FORMS.keys(),
];
const word = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(...options),
  fc.constantFrom(...values),
  fc.string(),
);
const line = fc
  .tuple(fc.oneof(fc.constantFrom(...names), word), fc.array(word, { maxLength: 8 }))
  .map(([head, rest]) => [head, ...rest].join(' '));
const soup = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));

function check(text: string): void {
  const { config, problems } = readConfig(text, 'f', {
    includeFile: (path) => `server ${path}\nincludefile ${path}x\n`,
  });
  for (const problem of problems) {
    assert.ok(problem.line >= 1 && problem.column >= 1 && problem.length >= 1);
    assert.ok(problem.message !== '' && problem.remedy !== '', JSON.stringify(problem));
  }
  assert.ok(config.port >= 1 && config.port <= 65535);
  for (const { minpoll, maxpoll } of [...config.associations, ...config.refclocks])
    assert.ok(minpoll >= 0 && minpoll <= maxpoll && maxpoll <= 17);
  for (const { address, prefixLength } of config.restrict)
    assert.ok((address.length === 4 || address.length === 16) && prefixLength <= address.length * 8);
  for (const key of config.trustedKeys) assert.ok(key >= 1 && key <= 65535);
}

test('a soup of words never throws, and what comes out is in range', () => {
  fc.assert(fc.property(soup, check), { numRuns: 1500 });
});

test('any text never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), check), { numRuns: 500 });
});

test('a file that is cut anywhere never throws', () => {
  const text = `crypto pw "a b" ident x\nserver 127.127.20.0 mode 17\nfudge 127.127.20.0 refid "GPS"\nkeys k\ntrustedkey (1 ... 5) 7\n`;
  for (let end = 0; end <= text.length; end += 1) check(text.slice(0, end));
});

test('no known word is ever silently dropped: it is acted on or named in a problem', () => {
  for (const { name, example } of WORDS.values()) {
    const before = JSON.stringify(readConfig('', 'f').config);
    const { config, problems } = readConfig(`server 127.127.20.0\n${example}\n`, 'f');
    const plain = JSON.stringify(readConfig('server 127.127.20.0\n', 'f').config);
    const named = problems.some((problem) => problem.line === 2);
    const same = [before, plain].includes(JSON.stringify(config));
    const nothingToSay = ['port', 'enable', 'board', 'end', 'clock', 'peer', 'server'].includes(name);
    assert.ok(named || !same || nothingToSay, `${name}: ${example}`);
  }
});

test('ten thousand lines are read in a moment', () => {
  const text = Array.from(
    { length: 10_000 },
    (_, index) => `restrict 10.${index >> 8}.${index & 255}.0/24 nomodify`,
  );
  const started = process.hrtime.bigint();
  assert.is(readConfig(text.join('\n'), 'f').config.restrict.length, 10_000);
  assert.ok(process.hrtime.bigint() - started < 5_000_000_000n);
});

test.run();
