import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../../src/errors.js';
import { ntpToUnixNs } from '../../../src/units/time.js';
import { AT, decodeHeader } from '../../../src/wire/header.js';
import { temporaryFolder } from '../../support/daemon-process.js';
import { startSimulator } from '../../support/simulator.js';
import { assert, projectRoot, test } from '../../support/suite.js';

const DAEMON = join(projectRoot, 'dist', 'src', 'daemon', 'main.js');
const START_DATE = '1767225600';

/** noonmarkd as node 2, with a reference clock by shared memory. */
function daemon(folder: string, environment: Readonly<Record<string, string>>) {
  const file = join(folder, 'ntp.conf');
  writeFileSync(file, 'tinker step 0.001\nserver 127.127.28.0 prefer\n');
  const child: ChildProcess = spawn(
    process.execPath,
    [DAEMON, '-c', file, '--socket', join(folder, 'control')],
    {
      env: { ...process.env, CLKNETSIM_START_DATE: START_DATE, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, log: () => log };
}

test('noonmarkd joins a run, disciplines its clock by shared memory, serves, and ends with it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'sim.sock');
  // The node is there before the simulator, as with clknetsim's own scripts.
  const { ended, log } = daemon(folder, { CLKNETSIM_SOCKET: path, CLKNETSIM_NODE: '2' });
  const asks = [100, 200, 1000];
  const report = await startSimulator({ path, seconds: 1200, asks });
  assert.is(await ended, EXIT.ok, log());
  assert.match(log(), /^2026-01-01T00:00:00\.050Z notice started: /m);
  assert.match(log(), /simulation: node 2 of the simulation at .*: the clock of this machine is not touched/);
  assert.match(log(), /^2026-01-01T00:(20:00\.000|19:59\.999)Z notice stopped/m);
  const { errors, answers, lastRequest } = report;
  assert.is(errors.length, 1201);
  assert.ok(Math.abs((errors[0] ?? 0) - 0.05) < 1e-9);
  const settled = errors.slice(600);
  const rms = Math.sqrt(settled.reduce((sum, error) => sum + error * error, 0) / settled.length);
  assert.ok(rms < 400e-9, `${rms} s RMS`);
  assert.is(answers.length, asks.length);
  for (const { bytes, trueNs } of answers) {
    const header = decodeHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
    assert.is(header.ok && header.value.stratum, 1);
    for (const at of [AT.receiveTime, AT.transmitTime]) {
      const stamp = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);
      // It came, and left, one way's length before.
      assert.ok(Math.abs(Number(ntpToUnixNs(stamp, trueNs) - trueNs) / 1e9 + 1e-4) < 3e-6);
    }
  }
  assert.is(lastRequest, 11, 'it took its leave');
});

test('SIGTERM in the middle of a run: the node takes its leave, and the run can go on without it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'sim.sock');
  const running = startSimulator({ path, seconds: 1e7, asks: [] });
  const { child, ended, log } = daemon(folder, { CLKNETSIM_SOCKET: path, CLKNETSIM_NODE: '2' });
  while (!log().includes('clock-stepped') && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  assert.is(await ended, EXIT.ok, log());
  assert.is((await running).lastRequest, 11);
});

test('a simulation that cannot be joined ends noonmarkd with the reason', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'nobody.sock');
  const alone = daemon(folder, {
    CLKNETSIM_SOCKET: path,
    CLKNETSIM_NODE: '2',
    CLKNETSIM_CONNECT_TIMEOUT: '0',
  });
  assert.is.not(await alone.ended, EXIT.ok);
  assert.match(alone.log(), /nobody answers at .*nobody\.sock/);
  const wrong = daemon(folder, { CLKNETSIM_SOCKET: path, CLKNETSIM_NODE: 'two' });
  assert.is(await wrong.ended, EXIT.usage);
  assert.match(wrong.log(), /CLKNETSIM_NODE=two is no whole number from 1 on/);
});

test.run();
