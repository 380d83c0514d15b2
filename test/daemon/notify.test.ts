import { join } from 'node:path';
import { bindUnixDatagram } from '../../drivers/linux/unix.js';
import { DaemonProcess, temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

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
