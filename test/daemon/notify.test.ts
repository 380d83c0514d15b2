import { createConnection } from 'node:net';
import { join } from 'node:path';
import { bindUnixDatagram } from '../../drivers/linux/unix.js';
import { DaemonProcess, sleep, temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

/** Half of them ask all the time and read nothing, the others ask by halves. */
async function slowClients(path: string, meanwhile: () => Promise<void>): Promise<void> {
  const clients = Array.from({ length: 12 }, () => createConnection(path).pause());
  for (const client of clients) client.on('error', () => undefined);
  const asking = setInterval(() => {
    for (const [index, client] of clients.entries())
      if (index % 2 === 0) client.write('{"ask":"status"}\n'.repeat(50));
      else client.write('{');
  }, 100);
  try {
    await meanwhile();
  } finally {
    clearInterval(asking);
    for (const client of clients) client.destroy();
  }
}

test('noonmarkd tells systemd READY when requests are answered, its state in words, life, and the end', async () => {
  const path = join(temporaryFolder(), 'notify');
  const systemd = bindUnixDatagram(path);
  process.env['NOTIFY_SOCKET'] = path;
  process.env['WATCHDOG_USEC'] = '20000000';
  const lines: string[] = [];
  const hear = () => {
    for (let next = systemd.receive(); next !== undefined; next = systemd.receive())
      lines.push(...new TextDecoder().decode(next).split('\n'));
    return lines;
  };
  const daemon = await DaemonProcess.start({
    lines: [
      'board simulated',
      'clock simulated',
      'refclock gps device simulated baud 38400',
      'refclock pps device simulated',
    ],
  });
  try {
    await daemon.until('READY', 30, () => hear().includes('READY=1'));
    assert.ok(await daemon.ask(1), 'a request is answered at once');
    await daemon.until('the state in words', 60, () =>
      hear().some((line) =>
        /^STATUS=stratum 1, PPS (acquiring|locked), ±[\d.]+ (ms|µs|ns), 1 client$/.test(line),
      ),
    );
    assert.ok(lines.some((line) => line.startsWith('STATUS=not synchronised: ')));
    await daemon.until('a sign of life', 10, () => hear().includes('WATCHDOG=1'));
    await slowClients(join(daemon.folder, 'control.sock'), async () => {
      const before = hear().length;
      await sleep(10);
      const beats = hear()
        .slice(before)
        .filter((line) => line === 'WATCHDOG=1').length;
      assert.ok(beats >= 4, `${beats} signs of life in 10 s with clients that do not read`);
      assert.ok(await daemon.ask(1), 'requests are answered all the same');
    });
    daemon.signal('SIGTERM');
    await daemon.stop();
    assert.ok(hear().includes('STOPPING=1'));
    assert.is(lines.filter((line) => line === 'READY=1').length, 1);
  } finally {
    await daemon.stop();
    systemd.close();
  }
});

test.run();
