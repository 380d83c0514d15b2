import { assert, test } from '../support/suite.js';
import { verdict } from './run-file.js';

const block = (total: number, passed: number, skipped: number) =>
  `  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1ms\n`;

test('a file that ran no test fails', () => {
  assert.is(verdict('', 0, null, undefined).failure, 'ran no test');
});

test('counts of several runs add up, and a failure is a failure', () => {
  const result = verdict(block(3, 3, 0) + block(2, 1, 0), 1, null, undefined);
  assert.is(result.passed, 4);
  assert.is(result.failed, 1);
  assert.is(result.failure, '1 failed');
});

test('a skip in code and a printed skip are both counted', () => {
  const result = verdict(
    `NOONMARK-SKIP {"what":"a","reason":"b","enable":"c"}\n${block(2, 1, 1)}`,
    0,
    null,
    undefined,
  );
  assert.is(result.skips.length, 2);
  assert.is(result.failure, undefined);
});

test('a crash after the tests fails the file', () => {
  assert.is(verdict(block(1, 1, 0), null, 'SIGSEGV', undefined).failure, 'ended by SIGSEGV');
});

test.run();
