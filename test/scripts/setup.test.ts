import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, projectRoot, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-setup-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A tree with the set-up script, and an npm that notes how it was called and installs a compiler that does nothing. */
function tree(name: string): string {
  const root = join(folder, name);
  mkdirSync(join(root, 'scripts'), { recursive: true });
  mkdirSync(join(root, 'bin'));
  copyFileSync(join(projectRoot, 'scripts/setup.mjs'), join(root, 'scripts/setup.mjs'));
  for (const file of ['package-lock.json', 'package.json', 'tsconfig.json'])
    writeFileSync(join(root, file), '{}');
  const npm = join(root, 'bin/npm');
  const compiler = "require('fs').appendFileSync('calls', 'tsc;')";
  writeFileSync(
    npm,
    '#!/bin/sh\nprintf "%s;" "$*" >> calls\nmkdir -p node_modules/typescript/bin\n' +
      `echo "${compiler}" > node_modules/typescript/bin/tsc\n`,
  );
  chmodSync(npm, 0o755);
  return root;
}

const setUp = (root: string) =>
  spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}`, NODE_ENV: 'production' },
  });
const callsIn = (root: string): string[] => readFileSync(join(root, 'calls'), 'utf8').split(';').slice(0, -1);

test('packages are installed without their scripts and with the compiler, whatever NODE_ENV says', () => {
  const root = tree('install');
  const { status, stderr } = setUp(root);
  assert.is(status, 0, stderr);
  const [install, ...more] = callsIn(root);
  assert.match(install ?? '', /^ci .*--include=dev/);
  assert.match(install ?? '', /--ignore-scripts/);
  assert.equal(more, ['tsc']);
});

test('what has not changed is not done again', () => {
  const root = tree('again');
  setUp(root);
  assert.is(setUp(root).status, 0);
  assert.is(callsIn(root).length, 2);
});

test('packages behind a link are somebody else’s: they are used, never installed anew', () => {
  const owner = tree('owner');
  setUp(owner);
  const root = tree('linked');
  symlinkSync(join(owner, 'node_modules'), join(root, 'node_modules'));
  const { status, stderr } = setUp(root);
  assert.is(status, 0, stderr);
  assert.equal(callsIn(root), ['tsc']);
  assert.match(stderr, 'node_modules is a link');
});

test.run();
