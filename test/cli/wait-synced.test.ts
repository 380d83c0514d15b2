import { join } from 'node:path';
import { command } from '../../src/cli/wait-synced.js';
import { ControlSocket } from '../../src/daemon/control-socket.js';
import { silentLog } from '../../src/ports/log.js';
import { type Snapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { fakeView } from '../control/fixture.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

const folder = temporaryFolder();
const right: Snapshot = {
  ...takeSnapshot(fakeView(1)),
  clock: 'system',
  synchronised: true,
  offsetSeconds: 0,
  rootDispersionSeconds: 0.001,
  rootDelaySeconds: 0,
};
const unset: Snapshot = { ...right, synchronised: false, summary: 'not synchronised: no fix' };

async function wait(snapshots: readonly Snapshot[], ...args: readonly string[]) {
  const path = join(folder, `${Math.random()}`, 'control.sock');
  let asked = 0;
  const status = () => {
    asked += 1;
    return snapshots[Math.min(asked, snapshots.length) - 1] ?? unset;
  };
  const handler = { status, reload: async () => ({ applied: [], needsRestart: [], problems: [] }) };
  const uid = process.getuid?.() ?? 0;
  const control = await ControlSocket.open({
    ...{ path, uid, log: silentLog },
    handler: { ...handler, rotateCookie() {} },
  });
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    monotonic: () => process.hrtime.bigint(),
    isTerminal: false,
    columns: 80,
  };
  try {
    return { code: await command.run(['--socket', path, ...args], io), out, err, asked };
  } finally {
    await control.close();
  }
}

test('it ends when the clock has been set, and says meanwhile what is missing', async () => {
  const { code, out, asked } = await wait([unset, unset, right]);
  assert.is(code, 0);
  assert.is(out, 'waiting: not synchronised: no fix\n');
  assert.is(asked, 3);
});

test('it gives up after the time it was given, with the reason', async () => {
  const { code, err } = await wait([unset], '--timeout', '0.2');
  assert.is(code, 1);
  assert.match(err, /after 0.2 s the clock is not right: not synchronised: no fix/);
});

test('a clock that is set but too far off yet is waited for', async () => {
  const { code, out } = await wait([{ ...right, rootDispersionSeconds: 0.2 }, right], '--within', '0.1');
  assert.is(code, 0);
  assert.match(out, /200 ms from UTC at worst/);
});

test('where the daemon leaves the clock alone, waiting is refused', async () => {
  try {
    await wait([{ ...right, clock: 'none' }]);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /leaves this machine's clock alone/);
  }
});

test('a daemon that is not there yet is waited for', async () => {
  let err = '';
  const io = {
    out() {},
    err: (text: string) => {
      err += text;
    },
    monotonic: () => process.hrtime.bigint(),
    isTerminal: false,
    columns: 80,
  };
  const code = await command.run(['--socket', join(folder, 'none'), '--timeout', '0.1'], io);
  assert.is(code, 1);
  assert.match(err, /no noonmarkd is running/);
});

test.run();
