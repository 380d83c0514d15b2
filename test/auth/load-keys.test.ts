import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKeysFile, rightsProblem } from '../../src/auth/load-keys.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-keys-'));
test.after(() => rmSync(folder, { recursive: true }));

const codeOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof NoonmarkError) {
      assert.ok(error.remedy.length > 0);
      return error.code;
    }
    throw error;
  }
  return 'none';
};

test('the keys of a file come with what is wrong in it', () => {
  const file = join(folder, 'ntp.keys');
  writeFileSync(file, '1 MD5 secret\n2 what\n');
  chmodSync(file, 0o600);
  const { keys, problems } = loadKeysFile(file);
  assert.equal(
    keys.map(({ id }) => id),
    [1],
  );
  assert.equal(
    problems.map(({ line }) => line),
    [2],
  );
});

test('a file that others may read is used, with a warning that names the command', () => {
  const file = join(folder, 'open.keys');
  writeFileSync(file, '1 MD5 secret\n');
  chmodSync(file, 0o644);
  const { keys, problems } = loadKeysFile(file);
  assert.is(keys.length, 1);
  assert.is(problems[0]?.severity, 'warning');
  assert.is(problems[0]?.remedy, `chmod 600 ${file}`);
});

test('only rights of group and others are complained of', () => {
  for (const mode of [0o600, 0o400, 0o100600, 0o711]) assert.is(rightsProblem('f', mode), undefined);
  assert.match(rightsProblem('f', 0o640)?.message ?? '', /group may read/);
  assert.match(rightsProblem('f', 0o606)?.message ?? '', /everybody may read it, everybody may write/);
});

test('a missing file, a folder and a device are errors with a remedy', () => {
  assert.is(
    codeOf(() => loadKeysFile(join(folder, 'none'))),
    'ERR_FILE',
  );
  assert.is(
    codeOf(() => loadKeysFile(folder)),
    'ERR_FILE',
  );
  assert.is(
    codeOf(() => loadKeysFile('/dev/zero')),
    'ERR_FILE',
  );
});

test.run();
