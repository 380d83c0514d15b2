import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDaemon, askSocket, type ReloadReport, socketsToAsk } from '../../src/control/local-socket.js';
import {
  type ControlHandler,
  ControlSocket,
  defaultSocketPaths,
  serverSocketPath,
} from '../../src/daemon/control-socket.js';
import { NoonmarkError } from '../../src/errors.js';
import { silentLog } from '../../src/ports/log.js';
import { isSnapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { fakeView } from '../control/fixture.js';
import { assert, test } from '../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-socket-'));
test.after(() => rmSync(root, { recursive: true, force: true }));
const uid = process.getuid?.() ?? 0;
let made = 0;
const freshPath = () => {
  made += 1;
  return join(root, `f${made}`, 'control.sock');
};

const REPORT: ReloadReport = { applied: ['keys: 3'], needsRestart: ['port'], problems: [] };
const open = (path: string, change: Partial<ControlHandler> = {}) =>
  ControlSocket.open({
    path,
    uid,
    log: silentLog,
    handler: {
      status: () => takeSnapshot(fakeView(5)),
      reload: async () => REPORT,
      rotateCookie() {},
      ...change,
    },
  });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NoonmarkError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

test('the paths are tried in the order service, session, /tmp; a server takes the first that is its own', () => {
  assert.equal(defaultSocketPaths({ XDG_RUNTIME_DIR: '/run/user/7' }, 7), [
    '/run/noonmark/control.sock',
    '/run/user/7/noonmark/control.sock',
    '/tmp/noonmark-7/control.sock',
  ]);
  assert.equal(defaultSocketPaths({}, 7), ['/run/noonmark/control.sock', '/tmp/noonmark-7/control.sock']);
  assert.is(serverSocketPath({ RUNTIME_DIRECTORY: '/run/noonmark:/run/x' }, 7), '/run/noonmark/control.sock');
  assert.is(serverSocketPath({ XDG_RUNTIME_DIR: '/run/user/7' }, 7), '/run/user/7/noonmark/control.sock');
  assert.is(serverSocketPath({}, 7), '/tmp/noonmark-7/control.sock');
});

test('status and reload are answered, in a folder for the owner, on a socket for owner and group', async () => {
  const path = freshPath();
  const control = await open(path);
  assert.is(statSync(join(path, '..')).mode & 0o777, 0o700);
  assert.is(statSync(path).mode & 0o777, 0o660);
  const answer = await askSocket(path, { ask: 'status' }, 2000);
  assert.ok(typeof answer === 'object' && answer !== null && 'status' in answer && isSnapshot(answer.status));
  assert.equal(await askSocket(path, { do: 'reload' }, 2000), { reload: REPORT });
  await control.close();
  assert.not(existsSync(path));
});

test('a socket that a dead daemon left behind is replaced, one of a living daemon is an error that names it', async () => {
  const path = freshPath();
  mkdirSync(join(path, '..'), { mode: 0o700 });
  // What a killed process leaves: a bound socket that nobody listens on.
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(`${path}.live`, resolve));
  linkSync(`${path}.live`, path);
  await new Promise<void>((resolve) => left.close(() => resolve()));
  assert.ok(existsSync(path));
  const control = await open(path);
  assert.is(await codeOf(open(path)), `ERR_FILE: another noonmarkd is running: it answers on ${path}`);
  assert.equal(await askSocket(path, { do: 'reload' }, 2000), { reload: REPORT });
  await control.close();
});

test('what is no socket is not removed; a folder that others can write, or a link, is not used', async () => {
  const file = freshPath();
  mkdirSync(join(file, '..'), { mode: 0o700 });
  writeFileSync(file, 'mine');
  assert.match(await codeOf(open(file)), /is there and is no socket/);
  const wide = freshPath();
  mkdirSync(join(wide, '..'));
  chmodSync(join(wide, '..'), 0o777);
  assert.match(await codeOf(open(wide)), /ERR_PERMISSION/);
  const linked = freshPath();
  symlinkSync(root, join(linked, '..'));
  assert.match(await codeOf(open(linked)), /ERR_PERMISSION/);
});

/** Sends text and answers what came back until the end or until `lines` lines. */
const talk = (path: string, parts: readonly string[], lines: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    const end = () => {
      socket.destroy();
      resolve(text.split('\n').filter((line) => line !== ''));
    };
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.split('\n').length > lines) end();
    });
    socket.on('close', end);
    socket.on('error', reject);
    for (const part of parts) socket.write(part);
  });

test('requests may come in pieces or several at once; each gets its line, in order', async () => {
  const path = freshPath();
  const control = await open(path);
  const answers = await talk(path, ['{"do":"rel', 'oad"}\n{"ask":"status"}\nnonsense\n{"ask":7}\n'], 4);
  assert.is(answers.length, 4);
  assert.match(answers[0] ?? '', /^\{"reload"/);
  assert.match(answers[1] ?? '', /^\{"status"/);
  assert.match(answers[2] ?? '', /^\{"error":\{"message":"the request is not understood"/);
  assert.match(answers[3] ?? '', /not understood/);
  await control.close();
});

test('a request without end is refused and cut off', async () => {
  const path = freshPath();
  const control = await open(path);
  const answers = await talk(path, ['x'.repeat(100_000)], 9);
  assert.is(answers.length, 1);
  assert.match(answers[0] ?? '', /too long/);
  await control.close();
});

test('more than 16 connections are not kept', async () => {
  const path = freshPath();
  const control = await open(path);
  const sockets = Array.from({ length: 40 }, () => createConnection(path));
  for (const socket of sockets) socket.on('error', () => undefined);
  let closed = 0;
  await new Promise<void>((resolve) => {
    for (const socket of sockets)
      socket.on('close', () => {
        closed += 1;
        if (closed === 24) resolve();
      });
  });
  assert.is(closed, 24);
  for (const socket of sockets) socket.destroy();
  await control.close();
});

test('a handler that fails gives an error answer with its remedy, and the socket goes on', async () => {
  const path = freshPath();
  const control = await open(path, {
    status: () => {
      throw new Error('no view');
    },
    reload: () => Promise.reject(new NoonmarkError('ERR_CONFIG', 'line 3 is wrong', 'write it right')),
  });
  assert.is(
    await codeOf(askDaemon([path], { do: 'reload' }, 2000)),
    'ERR_REMOTE: noonmarkd says: line 3 is wrong',
  );
  assert.match(await codeOf(askDaemon([path], { ask: 'status' }, 2000)), /no view/);
  await control.close();
});

test('rotate-cookie is done and answered, or says why there is nothing to rotate', async () => {
  let rotated = 0;
  const path = freshPath();
  const control = await open(path, {
    rotateCookie: () => {
      rotated += 1;
      if (rotated > 1) throw new NoonmarkError('ERR_CONFIG', 'this daemon has no Autokey', 'a crypto line');
    },
  });
  const answers = await talk(path, ['{"do":"rotate-cookie"}\n{"do":"rotate-cookie"}\n'], 2);
  assert.is(answers[0], '{"rotated":true}');
  assert.is(answers[1], '{"error":{"message":"this daemon has no Autokey","remedy":"a crypto line"}}');
  await control.close();
});

test('two reloads at a time run one after the other', async () => {
  const path = freshPath();
  let running = 0;
  const control = await open(path, {
    reload: async () => {
      running += 1;
      assert.is(running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return REPORT;
    },
  });
  const both = await Promise.all([
    askSocket(path, { do: 'reload' }, 2000),
    askSocket(path, { do: 'reload' }, 2000),
  ]);
  assert.equal(both, [{ reload: REPORT }, { reload: REPORT }]);
  await control.close();
});

test('a socket that somebody else made in /tmp under our name is not asked', () => {
  const uid = 3_000_000_000 + (process.pid % 1000);
  const folder = `/tmp/noonmark-${uid}`;
  const path = `${folder}/control.sock`;
  assert.ok(socketsToAsk(undefined, {}, uid).includes(path));
  mkdirSync(folder, { mode: 0o700 });
  try {
    assert.not(socketsToAsk(undefined, {}, uid).includes(path));
    assert.equal(socketsToAsk(path, {}, uid), [path], 'unless it is named');
  } finally {
    rmdirSync(folder);
  }
});

test.run();
