import { isJournal, Logger } from '../../src/daemon/logger.js';
import { assert, test } from '../support/suite.js';

function keptLog() {
  const lines: string[] = [];
  let seconds = 1_800_000_000;
  const log = new Logger({
    nowNs: () => BigInt(seconds) * 1_000_000_000n,
    level: 'info',
    journal: false,
    writeError: (text) => lines.push(text.slice(25).trimEnd()),
  });
  return {
    log,
    lines,
    wait: (more: number) => {
      seconds += more;
    },
  };
}

test('a line that repeats is counted, and told after a minute', () => {
  const { log, lines, wait } = keptLog();
  for (let i = 0; i < 60; i += 1, wait(1)) log.write('warning', 'reload', 'same');
  log.write('warning', 'reload', 'same');
  assert.equal(lines, ['warning reload: same', 'warning reload: same (and 59 times since the last line)']);
});

test('what alternates is written, so that the last line is true', () => {
  const { log, lines, wait } = keptLog();
  for (const text of ['following A', 'following B', 'following A']) {
    log.write('notice', 'source-selected', text);
    wait(1);
  }
  assert.equal(
    lines,
    ['A', 'B', 'A'].map((name) => `notice source-selected: following ${name}`),
  );
});

test('... but not without an end', () => {
  const { log, lines } = keptLog();
  for (let i = 0; i < 1000; i += 1) log.write('notice', 'source-selected', `following ${i % 2}`);
  assert.is(lines.length, 20);
});

test('a line stays a line whatever a receiver brought, and what is less important than asked for is left out', () => {
  const { log, lines } = keptLog();
  log.write('notice', 'reload', 'one\ntwo\x1b[31m');
  log.write('debug', 'reload', 'chatter');
  assert.equal(lines, ['notice reload: one?two?[31m']);
});

test('standard error is the journal only when it is the very stream that JOURNAL_STREAM names', () => {
  assert.ok(isJournal('9:4711', { dev: 9n, ino: 4711n }));
  assert.not(isJournal('9:4711', { dev: 24n, ino: 3n }), 'a terminal that was started by a service');
  assert.not(isJournal(undefined, { dev: 9n, ino: 4711n }));
});

test.run();
