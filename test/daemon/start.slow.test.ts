/**
 * What a newcomer does: clone, `npm start`, watch a simulated Pi lock on and serve. A fresh clone of this commit in a
 * temporary folder, without root (as nobody when the tests run as root), with the packages from the npm registry.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, sleep, temporaryFolder, until } from '../support/daemon-process.js';
import { askBest } from '../support/ntp-client.js';
import { assert, projectRoot, record, skip, test } from '../support/suite.js';

const NOBODY = 65_534;
const USUAL_PORT = 11_123;
/** npm ci and the compiler, on a slow line and a busy machine, s */
const SETUP_SECONDS = 150;
/** from the daemon's first line on, s */
const LOCK_SECONDS = 15;

const isRoot = process.getuid?.() === 0;
const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout?.trim() ?? '';

async function registryAnswers(): Promise<boolean> {
  try {
    return (await fetch(`${registry}uvu`, { method: 'HEAD', signal: AbortSignal.timeout(8000) })).ok;
  } catch {
    return false;
  }
}

function clone(): string {
  const home = temporaryFolder();
  const folder = join(home, 'noonmark');
  // Copied, not linked: the files get another owner.
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', projectRoot, folder]);
  mkdirSync(join(home, 'npm-cache'));
  if (isRoot) {
    for (const path of readdirSync(home, { recursive: true, encoding: 'utf8' }))
      chownSync(join(home, path), NOBODY, NOBODY);
    chownSync(home, NOBODY, NOBODY);
  }
  return folder;
}

/** The configuration's own port if it is free, else another one is written into the clone. */
async function portOf(folder: string): Promise<number> {
  const socket = createSocket('udp4');
  const free = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(USUAL_PORT, '127.0.0.1', () => resolve(true));
  });
  if (free) socket.close();
  if (free) return USUAL_PORT;
  const port = await freePort();
  const path = join(folder, 'boards', 'simulated.conf');
  writeFileSync(path, readFileSync(path, 'utf8').replace(`port ${USUAL_PORT}`, `port ${port}`));
  return port;
}

function npmStart(folder: string): { child: ChildProcess; output: () => string } {
  const home = join(folder, '..');
  const command = ['npm', 'start'];
  if (isRoot) command.unshift('setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups');
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      npm_config_cache: join(home, 'npm-cache'),
      npm_config_registry: registry,
      XDG_RUNTIME_DIR: home,
      ...(process.env['HTTPS_PROXY'] === undefined ? {} : { HTTPS_PROXY: process.env['HTTPS_PROXY'] }),
    },
  });
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString('utf8');
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return { child, output: () => output };
}

/** Ends npm and all it started; SIGKILL after five seconds. */
async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // nobody is left
    }
  };
  signal('SIGTERM');
  await Promise.race([ended, sleep(5)]);
  signal('SIGKILL');
  await Promise.race([ended, sleep(5)]);
}

if (await registryAnswers()) {
  test('a fresh clone: `npm start` sets everything up without root and serves as stratum 1 within 15 s', async () => {
    const folder = clone();
    const port = await portOf(folder);
    const { child, output } = npmStart(folder);
    try {
      const context = () => output().split('\n').slice(-40).join('\n');
      const setupSeconds = await until(
        'the first line of noonmarkd',
        SETUP_SECONDS,
        () => {
          if (child.exitCode !== null) throw new Error(`npm start has ended\n${context()}`);
          return output().includes(' started: ');
        },
        context,
      );
      const lockSeconds = await until(
        'stratum 1',
        LOCK_SECONDS,
        async () => {
          const answer = await askBest(port, 1);
          return answer !== undefined && answer.leap !== 3 && answer.stratum === 1;
        },
        context,
      );
      const answer = await askBest(port, 4);
      record('npm start', {
        setupSeconds,
        lockSeconds,
        offsetUs: (answer?.offsetSeconds ?? Number.NaN) * 1e6,
      });
      assert.ok(Math.abs(answer?.offsetSeconds ?? 1) < 0.005, `${answer?.offsetSeconds}`);
      assert.match(output(), /noonmark setup: installing packages/);
      assert.match(output(), /npx noonmark status/);
      await until(
        'a line of state a second',
        5,
        () => /stratum 1 PPS {2}.*satellites/.test(output()),
        context,
      );
    } finally {
      await end(child);
    }
  });
} else {
  skip(
    'npm start of a fresh clone',
    `the npm registry ${registry} does not answer`,
    'connect this machine to an npm registry',
  );
}

test.run();
