/**
 * Ten thousand clients at once, from as many addresses of 127.0.0.0/8: the real daemon's table of clients stays within
 * the bound it was given, and whoever asks afterwards is served.
 */
import { DaemonProcess, sleep } from '../support/daemon-process.js';
import { DatagramSender, loopbackAddress } from '../support/datagram-sender.js';
import { askBest, clientRequest } from '../support/ntp-client.js';
import { assert, record, test } from '../support/suite.js';
import { controlVariable } from './control-variable.js';

const ADDRESSES = 10_000;
const BURST = 250;
const MEGABYTE = 1 << 20;

for (const [name, capacity, lines] of [
  ['a table of 2000', 2000, ['mru maxdepth 2000']],
  ['the table as it is by default', undefined, []],
] as const)
  test(`${ADDRESSES} addresses, ${name}: within its bound, and a normal client is served afterwards`, async () => {
    const daemon = await DaemonProcess.start({
      lines: ['clock none', 'restrict default limited kod', ...lines],
    });
    try {
      await daemon.until('it serves', 30, () => daemon.logged('socket-open') > 0);
      // The first question must find an answer: asking again at once would be asking too often.
      await sleep(1);
      await daemon.until('an answer', 10, async () => (await daemon.ask(1)) !== undefined);
      const before = daemon.residentBytes();
      const sender = new DatagramSender(daemon.port);
      let answered = 0;
      for (let n = 0; n < ADDRESSES; ) {
        for (let i = 0; i < BURST; i += 1, n += 1) sender.send(clientRequest(BigInt(n)), loopbackAddress(n));
        await daemon.ask(1);
        answered += sender.drain();
      }
      sender.close();
      const entries = await controlVariable(daemon.port, 'mru_depth');
      const most = await controlVariable(daemon.port, 'mru_maxdepth');
      const growthMegabytes = (daemon.residentBytes() - before) / MEGABYTE;
      record('daemon burst', { addresses: ADDRESSES, answered, entries, most, growthMegabytes });
      assert.ok(entries > 1000 && entries <= most, `${entries} of ${most}`);
      if (capacity !== undefined) assert.is(most, capacity);
      assert.ok(growthMegabytes < 16, `${growthMegabytes} MiB`);
      assert.ok(answered > 0.95 * ADDRESSES, `${answered} of ${ADDRESSES} answered`);
      const normal = await askBest(daemon.port, 1, '127.0.0.1', '127.200.0.1');
      assert.is(normal?.stratum, 16, 'a normal client is served');
    } finally {
      const exit = await daemon.stop();
      assert.is(exit.code, 0, daemon.output);
    }
  });

test.run();
