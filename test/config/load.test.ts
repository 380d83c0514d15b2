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

test.run();
