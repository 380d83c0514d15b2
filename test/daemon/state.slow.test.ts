/**
 * What the real daemon keeps over a restart: drift file and state, written when SIGTERM ends it, read at the next start.
 */
import { DaemonProcess, sleep, temporaryFolder } from '../support/daemon-process.js';
import { realtimeNs } from '../support/ntp-client.js';
import { assert, record, test } from '../support/suite.js';
import { startTimeServer } from '../support/time-server.js';

test('what was learned is saved at the end, and read at the next start', async () => {
  const folder = temporaryFolder();
  // A server 50 ms ahead whose second is 100 ppm short: that is the frequency to learn.
  const startNs = realtimeNs();
  const server = await startTimeServer(() => {
    const nowNs = realtimeNs();
    return nowNs + 50_000_000n + (nowNs - startNs) / 10_000n;
  });
  const lines = ['clock none', `server 127.0.0.1 port ${server.port} iburst minpoll 0 maxpoll 0`];
  const followed = (daemon: DaemonProcess) =>
    daemon.until('the server to be followed', 30, async () => {
      const answer = await daemon.ask(1);
      return answer !== undefined && answer.stratum === 2;
    });
  /** ppm, from the newest line of --watch */
  const frequency = (daemon: DaemonProcess) =>
    Number(/.*frequency (-?[\d.]+) ppm/s.exec(daemon.output)?.[1] ?? Number.NaN);
  try {
    const first = await DaemonProcess.start({ folder, lines, args: ['--watch'] });
    const lockSeconds = await first.until('the frequency to be learned', 90, () =>
      first.output.includes(' locked '),
    );
    await sleep(15);
    const exit = await first.stop();
    assert.is(exit.code, 0, first.output);
    const [drift = Number.NaN, uncertainty = Number.NaN] = (first.file('drift') ?? '')
      .split(/\s/)
      .map(Number);
    record('daemon drift-file', {
      ppm: drift,
      uncertaintyPpm: uncertainty,
      lockSeconds,
      exitMs: exit.milliseconds,
    });
    // A busy machine's exchanges are worse by far, and then the daemon says so.
    const allowed = Math.max(20, 4 * uncertainty);
    assert.ok(uncertainty < 40 && Math.abs(drift - 100) < allowed, `${first.file('drift')}\n${first.output}`);
    // A server's word sets no floor under receivers' weeks; the file is written all the same.
    assert.match(first.file('state.json') ?? '', /"lastRightNs": *"0"/);

    const second = await DaemonProcess.start({ folder, lines, args: ['--watch'] });
    await followed(second);
    await sleep(1.5);
    assert.ok(Math.abs(frequency(second) - 100) < allowed, second.output);
    const again = await second.stop();
    assert.is(again.code, 0, second.output);
    assert.is(second.logged('drift-file-bad') + second.logged('state-unreadable'), 0);
  } finally {
    server.close();
  }
});

test.run();
