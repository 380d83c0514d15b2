import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, refuseErrors } from '../../src/config/load.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-config-'));
const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const thrown = (act: () => unknown): NoonmarkError => {
  try {
    act();
  } catch (error) {
    if (error instanceof NoonmarkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test.after(() => rmSync(folder, { recursive: true }));

test('a missing file is an error that names it', () => {
  const error = thrown(() => loadConfig(join(folder, 'none.conf')));
  assert.is(error.code, 'ERR_FILE');
  assert.match(error.message, /none\.conf/);
});

test('a folder is not a configuration', () => {
  mkdirSync(join(folder, 'sub'));
  assert.match(thrown(() => loadConfig(join(folder, 'sub'))).message, /is a folder/);
});

test('a file of 5 MB is not read', () => {
  const path = write('large.conf', 'x'.repeat(5_000_000));
  assert.match(thrown(() => loadConfig(path)).message, /larger than/);
});

test('a device is not read', () => {
  assert.match(thrown(() => loadConfig('/dev/zero')).message, /not a file/);
});

test('included files are found beside the file that names them', () => {
  mkdirSync(join(folder, 'd'));
  write('d/inner.conf', 'port 11123\n');
  write('outer.conf', 'includefile inner.conf\nserver a.example\n');
  const path = write('main.conf', 'includefile d/inner.conf\nincludefile missing.conf\nserver a.example\n');
  const { config, problems } = loadConfig(path);
  assert.is(config.port, 11123);
  assert.is(problems.length, 1);
  assert.match(problems[0]!.message, /cannot include .*missing\.conf/);
});

test('errors are refused with all their places; warnings are not', () => {
  const bad = loadConfig(write('bad.conf', 'sever a\nport 0\n'));
  const error = thrown(() => refuseErrors('bad.conf', bad.problems));
  assert.is(error.code, 'ERR_CONFIG');
  assert.match(
    error.message,
    /2 errors in bad\.conf:\n.*bad\.conf:1:1: error: .*server\n.*bad\.conf:2:6: error/,
  );
  refuseErrors('good.conf', loadConfig(write('good.conf', 'server a.example\ntick 0.01\n')).problems);
});

/** Reads a text as a file and answers its problems; takes no longer than `seconds`. */
function quickly(name: string, text: string, seconds = 5) {
  const path = write(name, text);
  const started = process.hrtime.bigint();
  const { problems } = loadConfig(path);
  const taken = Number(process.hrtime.bigint() - started) / 1e9;
  assert.ok(taken < seconds, `${name} took ${taken} s`);
  return problems;
}

test('a line of a million characters is one error, whatever stands in it, and shows nothing of it', () => {
  const words = 'a '.repeat(500_000);
  const lines = [`server ${words}`, `crypto pw ${words}`, `restrict default ${'kod '.repeat(250_000)}`];
  lines.push(`server ${'\x01'.repeat(1_000_000)}`, `trustedkey ${'(1...65535) '.repeat(90_000)}`);
  for (const [i, line] of lines.entries()) {
    const problems = quickly(`long${i}.conf`, `${line}\nport 123\n`).filter(({ line: at }) => at === 1);
    assert.is(problems.length, 1, JSON.stringify(problems.slice(0, 3)));
    assert.is(problems[0]?.message, `a line of ${line.length} characters`);
    assert.is(problems[0]?.sourceLine, '');
  }
});

test('a comment may have any length', () => {
  const problems = quickly('comment.conf', `port 123 # ${'x'.repeat(1_000_000)}\nserver 192.0.2.1\n`);
  assert.equal(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
});

test('a file that is no configuration ends after a thousand problems', () => {
  const problems = quickly('lines.conf', 'bogus x\n'.repeat(400_000));
  assert.ok(problems.length > 1000 && problems.length < 1010, String(problems.length));
  assert.match(problems.at(-1)?.message ?? '', /too many problems/);
});

test('files that include each other over and over come to an end', () => {
  for (let i = 0; i < 5; i += 1) write(`over${i}.conf`, `includefile over${i + 1}.conf\n`.repeat(30));
  write('over5.conf', 'server 192.0.2.1\n');
  const problems = quickly('over.conf', 'includefile over0.conf\n');
  assert.ok(problems.some(({ message }) => message === 'more than 100 files are included'));
});

test.run();
