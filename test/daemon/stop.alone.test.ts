/**
 * SIGTERM to the real daemon: it ends with exit code 0 within half a second, idle, starting or flooded.
 */
import { DaemonProcess, sleep } from '../support/daemon-process.js';
import { flood } from '../support/flood-worker.js';
import { assert, record, test } from '../support/suite.js';

const SIMULATED = [
  'board simulated',
  'clock simulated',
  'refclock gps device simulated baud 38400',
  'refclock pps device simulated',
];
const LONGEST_MS = 500;

const answers = (daemon: DaemonProcess) =>
  daemon.until('an answer', 10, async () => (await daemon.ask(1)) !== undefined);

test('SIGTERM while idle: exit 0 within half a second', async () => {
  const times: number[] = [];
  for (const waitSeconds of [0.3, 1.1, 2.4]) {
    const daemon = await DaemonProcess.start({ lines: SIMULATED });
    await answers(daemon);
    await sleep(waitSeconds);
    const exit = await daemon.stop();
    assert.equal([exit.code, exit.signal], [0, null], daemon.output);
    assert.ok(exit.milliseconds < LONGEST_MS, `${exit.milliseconds} ms`);
    assert.is(daemon.logged('stopped'), 1);
    times.push(exit.milliseconds);
  }
  record('daemon sigterm idle', { worstMs: Math.max(...times) });
});

test('SIGTERM in the middle of the start: exit 0 as well', async () => {
  for (const waitSeconds of [0.25, 0.4, 0.6]) {
    const daemon = await DaemonProcess.start({ lines: SIMULATED });
    await daemon.until('its first line', 10, () => daemon.logged('started') > 0);
    await sleep(waitSeconds - 0.25);
    const exit = await daemon.stop();
    assert.equal([exit.code, exit.signal], [0, null], daemon.output);
    assert.ok(exit.milliseconds < LONGEST_MS, `${exit.milliseconds} ms`);
  }
});

test('SIGTERM under a flood at full speed: exit 0 within half a second', async () => {
  const daemon = await DaemonProcess.start({ lines: SIMULATED });
  await answers(daemon);
  const flooding = flood(daemon.port, 3);
  await sleep(1.5);
  const exit = await daemon.stop();
  const { sent, answered } = await flooding;
  record('daemon sigterm loaded', { ms: exit.milliseconds, sent, answered });
  assert.equal([exit.code, exit.signal], [0, null], daemon.output);
  assert.ok(exit.milliseconds < LONGEST_MS, `${exit.milliseconds} ms`);
  assert.ok(answered > 10_000, `${answered} answers: it was loaded`);
});

test.run();
