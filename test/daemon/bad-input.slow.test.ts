/**
 * The real daemon under bad input: 200,000 mutated datagrams at its port and a serial line that flips, loses, doubles
 * and invents bytes. It goes on answering, keeps the right second, does not grow, and ends with exit code 0.
 * The units get more of it: test/responder/fuzz (a million datagrams), test/drivers/gps/mutated-serial (100 MB).
 */
import { createSocket } from 'node:dgram';
import { sleep } from '../support/daemon-process.js';
import { DatagramSender } from '../support/datagram-sender.js';
import { badLine, mutatedDatagrams } from '../support/mutation.js';
import { exchange } from '../support/ntp-client.js';
import { assert, has, record, test } from '../support/suite.js';
import { controlVariable } from './control-variable.js';
import { type ReplayedDaemon, withReplay } from './replayed.js';

const DATAGRAMS = 200_000;
/** between two looks whether it still answers; small enough for the daemon's receive buffer */
const BURST = 200;
const MEGABYTE = 1 << 20;

/** Sends the datagrams in bursts; answers how often the daemon answered a plain question in between. */
async function pelt(port: number, count: number, seed: number): Promise<number> {
  const sender = new DatagramSender(port);
  const next = mutatedDatagrams(seed);
  const socket = createSocket('udp4');
  let answered = 0;
  try {
    for (let sent = 0; sent < count; ) {
      for (let i = 0; i < BURST; i += 1, sent += 1) sender.send(next());
      sender.drain();
      if ((await exchange(socket, port)) !== undefined) answered += 1;
    }
  } finally {
    socket.close();
    sender.close();
  }
  return answered;
}

const tail = ({ daemon }: ReplayedDaemon) => daemon.output.split('\n').slice(-30).join('\n');

if (has('mutated datagrams and serial bytes at a running daemon', 'shared')) {
  test('bad datagrams and a bad line together: right time, right answers, no growth, a clean end', async () => {
    let badness = 0;
    const figures: Record<string, number> = {};
    const options = {
      name: 'u-blox-m8t-time',
      delaySeconds: 0.18,
      server: false,
      damage: badLine(1, () => badness),
    };
    const exit = await withReplay(options, async (replayed) => {
      const { daemon } = replayed;
      await replayed.untilPulses(60);
      // V8 makes its young generation as large as it will be.
      await pelt(daemon.port, 80_000, 1);
      const before = daemon.residentBytes();
      const received = await controlVariable(daemon.port, 'ss_received');
      badness = 20;
      const answered = await pelt(daemon.port, DATAGRAMS, 2);
      badness = 200;
      await sleep(12);
      badness = 0;
      figures['arrived'] = (await controlVariable(daemon.port, 'ss_received')) - received;
      figures['answeredShare'] = answered / (DATAGRAMS / BURST);
      figures['growthMegabytes'] = (daemon.residentBytes() - before) / MEGABYTE;
      await sleep(10);
      await replayed.untilPulses(10);
      figures['worstUs'] = replayed.worst() * 1e6;
      assert.ok(replayed.worst() < 0.4, `a wrong second: ${replayed.worst()}\n${tail(replayed)}`);
      assert.ok(answered > 0.95 * (DATAGRAMS / BURST), `${answered} answers\n${tail(replayed)}`);
      assert.is(daemon.logged('responder-failed') + daemon.logged('responder-ended'), 0, tail(replayed));
    });
    record('daemon bad-input', { ...figures, exitMs: exit.milliseconds });
    assert.ok((figures['arrived'] ?? 0) > 0.9 * DATAGRAMS, `${figures['arrived']} arrived`);
    assert.ok((figures['growthMegabytes'] ?? 99) < 24, `${figures['growthMegabytes']} MiB`);
    assert.equal([exit.code, exit.signal], [0, null]);
    assert.ok(exit.milliseconds < 500, `${exit.milliseconds} ms`);
  });
}

test.run();
