import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AF, MSG, SOCK } from '../../../drivers/linux/abi.js';
import { libc } from '../../../drivers/linux/libc.js';
import { sdNotifier } from '../../../drivers/linux/sd-notify.js';
import { closeSocket, openSocket } from '../../../drivers/linux/socket.js';
import {
  bindUnixDatagram,
  connection,
  connectSeqpacket,
  writeUnixAddress,
} from '../../../drivers/linux/unix.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-unix-'));
const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);
const code = (action: () => unknown, wanted: string) =>
  assert.throws(action, (error: unknown) => error instanceof NoonmarkError && error.code === wanted);

function sendTo(path: string, bytes: Uint8Array): boolean {
  const address = new Uint8Array(128);
  const length = writeUnixAddress(new DataView(address.buffer), path);
  const fd = openSocket(AF.unix, SOCK.dgram, 'test');
  const sent = libc().sendto(fd, bytes, bytes.length, MSG.dontwait, address, length);
  closeSocket(fd);
  return sent === bytes.length;
}

for (const path of [join(folder, 'chrony.ttyS0.sock'), `@noonmark-test-${process.pid}`]) {
  const kind = path.startsWith('@') ? 'the abstract namespace' : 'a folder';
  test(`datagrams sent to a path in ${kind} arrive one by one, each whole`, () => {
    const receiver = bindUnixDatagram(path);
    assert.is(receiver.receive(), undefined);
    assert.ok(sendTo(path, Uint8Array.of(1, 2, 3)));
    assert.ok(sendTo(path, new Uint8Array(40).fill(7)));
    assert.equal([...(receiver.receive() ?? [])], [1, 2, 3]);
    assert.is(receiver.receive()?.length, 40);
    assert.is(receiver.receive(), undefined);
    receiver.close();
    receiver.close();
    assert.not.ok(sendTo(path, Uint8Array.of(1)));
    assert.is(receiver.receive(), undefined);
  });
}

test('the path has the rights asked for, a stale socket is replaced, and it is removed at the end', () => {
  const path = join(folder, 'stale');
  const first = bindUnixDatagram(path);
  const second = bindUnixDatagram(path, 0o660);
  assert.is(statSync(path).mode & 0o777, 0o660);
  assert.ok(sendTo(path, Uint8Array.of(1)));
  assert.is(second.receive()?.length, 1);
  second.close();
  assert.not.ok(existsSync(path));
  first.close();
});

test('a file that is no socket is not replaced, and a missing folder or a long path is said', () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'precious');
  code(() => bindUnixDatagram(path), 'ERR_DEVICE');
  assert.ok(existsSync(path));
  code(() => bindUnixDatagram(join(folder, 'none', 'x')), 'ERR_DEVICE');
  code(() => bindUnixDatagram(`/${'x'.repeat(110)}`), 'ERR_ADDRESS');
});

test('a seqpacket connection keeps the bounds of packets and waits no longer than it is told', () => {
  const pair = new Uint8Array(8);
  assert.is(libc().socketpair(AF.unix, SOCK.seqpacket | SOCK.nonblock | SOCK.cloexec, 0, pair), 0);
  const view = new DataView(pair.buffer);
  const left = connection(view.getInt32(0, true));
  const right = connection(view.getInt32(4, true));
  assert.is(right.receive(1), undefined);
  assert.ok(left.send(Uint8Array.of(1, 2)));
  assert.ok(left.send(Uint8Array.of(3)));
  assert.equal([...(right.receive(1000) ?? [])], [1, 2]);
  assert.equal([...(right.receive() ?? [])], [3]);
  assert.is(right.receive(1), undefined);
  assert.not.ok(right.closed, 'nothing waits, and the other end is there');
  left.close();
  assert.ok(left.closed);
  assert.is(right.receive(1), undefined);
  assert.ok(right.closed);
  assert.not.ok(right.send(Uint8Array.of(1)));
  right.close();
  code(() => connectSeqpacket(join(folder, 'nobody')), 'ERR_DEVICE');
});

test('systemd is told over the socket it named, in a folder or abstract', () => {
  for (const path of [join(folder, 'notify'), `@noonmark-notify-${process.pid}`]) {
    const systemd = bindUnixDatagram(path);
    const notifier = sdNotifier({
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '10000000',
      WATCHDOG_PID: String(process.pid),
    });
    assert.is(notifier.watchdogSeconds, 10);
    assert.ok(notifier.notify('READY=1', 'STATUS=locked'));
    assert.is(text(systemd.receive()), 'READY=1\nSTATUS=locked');
    systemd.close();
    assert.not.ok(notifier.notify('WATCHDOG=1'));
  }
});

test('without systemd, or with the watchdog of another process, nothing is told', () => {
  const alone = sdNotifier({});
  assert.not.ok(alone.notify('READY=1'));
  assert.is(alone.watchdogSeconds, undefined);
  assert.is(
    sdNotifier({ NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }).watchdogSeconds,
    undefined,
  );
});

test.after(() => rmSync(folder, { recursive: true, force: true }));
test.run();
