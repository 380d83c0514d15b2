#!/usr/bin/env node
/**
 * Everything between a fresh clone and a built tree, without dependencies: checks Node, installs the packages,
 * compiles. Skips what has not changed. `npm start` and `npm test` run it first.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

function fail(text) {
  console.error(`noonmark setup: ${text}`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Node ${process.versions.node} is too old; noonmark needs 20.19 or newer (Debian 13's nodejs will do)`,
  );
}

const hashOf = (paths) => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
};
const readStamp = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

const lockStamp = `${hashOf(['package-lock.json'])} node ${major} ${process.platform} ${process.arch}`;
const installStamp = 'node_modules/.noonmark-installed';
// npm ci first empties the folder, through a link too: what several worktrees share is not ours to empty.
const isShared = lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink() === true;
if (isShared) {
  console.error('noonmark setup: node_modules is a link; its packages are taken as they are');
} else if (readStamp(installStamp) !== lockStamp) {
  console.error('noonmark setup: installing packages (npm ci --ignore-scripts) …');
  const npm = spawnSync(
    'npm',
    [
      'ci',
      // The compiler is a development package, and NODE_ENV=production would leave it out.
      '--include=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--fetch-retries=1',
      '--fetch-retry-mintimeout=2000',
    ],
    { encoding: 'utf8' },
  );
  if (npm.error) fail(`npm cannot be started (${npm.error.message}); install npm beside node`);
  if (npm.status !== 0) {
    const output = `${npm.stdout}${npm.stderr}`;
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(output)) {
      fail(
        "the npm registry cannot be reached; connect this machine (or set npm's registry or proxy) and try again",
      );
    }
    process.stderr.write(output);
    fail('npm ci failed; the lines above say why');
  }
  writeFileSync(installStamp, lockStamp);
}

const sources = [];
const walk = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (entry.name.endsWith('.ts')) sources.push(path);
  }
};
for (const folder of ['src', 'drivers', 'boards', 'image', 'test', 'bench'])
  if (existsSync(folder)) walk(folder);
sources.sort();

const buildStamp = 'dist/.noonmark-built';
const newest = sources.map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`).join('\n');
const wanted = createHash('sha256')
  .update(`${lockStamp}\n${hashOf(['tsconfig.json', 'package.json'])}\n${newest}`)
  .digest('hex');
if (readStamp(buildStamp) !== wanted) {
  console.error('noonmark setup: compiling …');
  rmSync('dist', { recursive: true, force: true });
  mkdirSync('dist');
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
      stdio: ['ignore', 2, 2],
    });
  } catch {
    fail('the compiler found errors; the lines above name them');
  }
  writeFileSync(buildStamp, wanted);
}
