import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../src/cli/command.js';
import { command as reload } from '../../src/cli/reload.js';
import { command as status } from '../../src/cli/status.js';
import type { ReloadReport } from '../../src/control/local-socket.js';
import { ControlSocket } from '../../src/daemon/control-socket.js';
import { NoonmarkError } from '../../src/errors.js';
import { silentLog } from '../../src/ports/log.js';
import { isSnapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { fakeView } from '../control/fixture.js';
import { assert, test } from '../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-cli-'));
const path = join(root, 'noonmark', 'control.sock');
let report: ReloadReport = { applied: [], needsRestart: [], problems: [] };
let control: ControlSocket;
test.before(async () => {
  control = await ControlSocket.open({
    path,
    uid: process.getuid?.() ?? 0,
    log: silentLog,
    handler: { status: () => takeSnapshot(fakeView(42)), reload: async () => report, rotateCookie() {} },
  });
});
test.after(async () => {
  await control.close();
  rmSync(root, { recursive: true, force: true });
});

async function run(command: Command, args: readonly string[], isTerminal = false) {
  let out = '';
  const code = await command.run(args, {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    monotonic: () => 0n,
    isTerminal,
    columns: 100,
  });
  return { code, out };
}

test('noonmark status shows the table, coloured on a terminal only', async () => {
  const piped = await run(status, ['--socket', path]);
  assert.is(piped.code, 0);
  assert.match(piped.out, /^stratum 1 from GPS, within 180 ns \(95 %\)/);
  assert.not(piped.out.includes('\x1b'));
  const before = process.env['NO_COLOR'];
  delete process.env['NO_COLOR'];
  assert.ok((await run(status, ['--socket', path], true)).out.includes('\x1b['));
  process.env['NO_COLOR'] = '1';
  assert.not((await run(status, ['--socket', path], true)).out.includes('\x1b['));
  if (before === undefined) delete process.env['NO_COLOR'];
});

test('noonmark status finds the daemon in XDG_RUNTIME_DIR; --json is the snapshot', async () => {
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = root;
  const { out } = await run(status, ['--json']);
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = before;
  assert.ok(isSnapshot(JSON.parse(out)));
});

test('where no daemon runs, it says so and how to start one', async () => {
  try {
    await run(status, ['--socket', join(root, 'nobody.sock')]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, NoonmarkError);
    if (!(error instanceof NoonmarkError)) return;
    assert.is(error.message, 'no noonmarkd is running for you');
    assert.match(error.remedy, /npm start/);
  }
});

test('--watch shows it again each second, drawn over on a terminal, until the daemon is gone', async () => {
  const watched = join(root, 'watched.sock');
  let asked = 0;
  const daemon = await ControlSocket.open({
    path: watched,
    uid: process.getuid?.() ?? 0,
    log: silentLog,
    handler: {
      status: () => {
        asked += 1;
        if (asked === 2) setImmediate(() => void daemon.close());
        return takeSnapshot(fakeView(asked));
      },
      reload: async () => report,
      rotateCookie() {},
    },
  });
  let out = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: () => undefined,
    monotonic: () => 0n,
    isTerminal: true,
    columns: 100,
  };
  try {
    await status.run(['--watch', '--socket', watched], io);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, NoonmarkError);
  }
  assert.ok(out.startsWith('\x1b[2J\x1b[H'));
  assert.ok(out.includes('1 client') && out.includes('2 clients'));
  assert.is(out.split('\x1b[H').length, 3);
});

test('a stranger behind the socket is told from noonmarkd', async () => {
  for (const answer of [
    '{}\n',
    '[1]\n',
    'HTTP/1.1 400\n',
    '',
    '{"status":{"format":99}}\n',
    '{"reload":{"applied":7}}\n',
  ]) {
    const other = join(root, 'other.sock');
    const server = createServer((socket) => socket.resume().end(answer));
    await new Promise<void>((resolve) => server.listen(other, resolve));
    for (const command of [status, reload]) {
      try {
        await run(command, ['--socket', other]);
        assert.unreachable(answer);
      } catch (error) {
        assert.instance(error, NoonmarkError, answer);
      }
    }
    await new Promise((resolve) => server.close(resolve));
  }
});

test('noonmark reload tells what was applied and what needs a restart; problems end with 1', async () => {
  assert.equal(await run(reload, ['--socket', path]), { code: 0, out: 'nothing has changed\n' });
  report = { applied: ['keys: 3 loaded'], needsRestart: ['port 124'], problems: [] };
  assert.equal(await run(reload, ['--socket', path]), {
    code: 0,
    out: 'applied:\n  keys: 3 loaded\nneeds a restart of noonmarkd:\n  port 124\n',
  });
  report = { applied: [], needsRestart: [], problems: ['ntp.conf:3:1: unknown word'] };
  assert.equal(await run(reload, ['--socket', path]), {
    code: 1,
    out: 'problems:\n  ntp.conf:3:1: unknown word\n',
  });
  assert.equal(JSON.parse((await run(reload, ['--socket', path, '--json'])).out), report);
});

test.run();
