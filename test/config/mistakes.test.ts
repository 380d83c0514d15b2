import type { ConfigProblem } from '../../src/config/problem.js';
import { readConfig } from '../../src/config/read.js';
import { assert, test } from '../support/suite.js';
import { MISTAKES, type Mistake } from './mistakes.js';

const show = ({ line, column, severity, message, remedy }: ConfigProblem) =>
  `${line}:${column} ${severity}: ${message} => ${remedy}`;

function matches(problem: ConfigProblem, mistake: Mistake): boolean {
  return (
    problem.line === mistake.line &&
    problem.column === mistake.column &&
    problem.severity === (mistake.severity ?? 'error') &&
    problem.message.includes(mistake.message) &&
    problem.remedy.includes(mistake.remedy)
  );
}

test('the table has at least 60 mistakes, each once', () => {
  assert.ok(MISTAKES.length >= 60, String(MISTAKES.length));
  assert.is(new Set(MISTAKES.map(({ claim }) => claim)).size, MISTAKES.length);
});

for (const mistake of MISTAKES) {
  test(`${mistake.claim} is reported at ${mistake.line}:${mistake.column} with a remedy`, () => {
    const { problems } = readConfig(mistake.text, 'ntp.conf');
    assert.ok(
      problems.some((problem) => matches(problem, mistake)),
      `wanted ${mistake.line}:${mistake.column} ${mistake.message} => ${mistake.remedy}; got\n${problems.map(show).join('\n')}`,
    );
  });
}

test('every problem points into its line', () => {
  for (const { text } of MISTAKES) {
    const lines = text.split('\n');
    for (const { line, column, length, text: pointed, sourceLine } of readConfig(text, 'ntp.conf').problems) {
      const source = lines[line - 1]!;
      assert.ok(column >= 1 && column - 1 <= source.length, `${line}:${column} of ${source}`);
      assert.ok(length >= 1);
      if (!pointed.includes('*') && !sourceLine.includes('*'))
        assert.is(source.slice(column - 1, column - 1 + pointed.length), pointed);
    }
  }
});

test('one mistake gives one problem, and remarks that follow from it at most', () => {
  for (const { text, claim } of MISTAKES) {
    const { problems } = readConfig(text, 'ntp.conf');
    const errors = problems.filter(({ severity }) => severity === 'error');
    assert.ok(errors.length <= 2, `${claim}: ${errors.map(show).join('\n')}`);
  }
});

test('all problems of a file are reported, not the first alone', () => {
  const text = 'sever a\nserver b minpoll 40 keyy 3\nport 0\nrestrict 10.0.0.0/40\ntinker stpe 1\n';
  const errors = readConfig(text, 'ntp.conf').problems.filter(({ severity }) => severity === 'error');
  assert.equal(
    errors.map(({ line, column }) => `${line}:${column}`),
    ['1:1', '2:18', '2:21', '3:6', '4:10', '5:8'],
  );
});

test('a password is in no problem', () => {
  const secrets = [
    'crypto pw S3CRET extra',
    'cryto pw S3CRET',
    'crypto pw "S3CRET',
    'crypto pw S3CRET S3CRET',
    'crypto pw pw S3CRET',
    'crypto pw ident S3CRET',
    'restrict x\ncrypto host a pw S3CRET\u00a0S3CRET budget x',
  ];
  for (const text of secrets) {
    const { problems } = readConfig(text, 'ntp.conf');
    assert.not.match(JSON.stringify(problems), /S3CRET/, text);
  }
});

test.run();
