import type { DatagramInbox } from '../../../src/ports/datagram-inbox.js';
import { decodeSockSample, encodeSockSample } from '../../../src/source/refclock/sock-sample.js';
import { SockSource } from '../../../src/source/refclock/sock-source.js';
import { assert, test } from '../../support/suite.js';
import { refclock, World } from './scripted.js';

class Inbox implements DatagramInbox {
  readonly name = '/run/chrony.ttyS0.sock';
  readonly waiting: Uint8Array[] = [];
  open(): void {}
  receive(): Uint8Array | undefined {
    return this.waiting.shift();
  }
  close(): void {}
}

function build() {
  const world = new World({ disciplined: false });
  const inbox = new Inbox();
  const sock = new SockSource(4, refclock('sock'), world, inbox);
  sock.start();
  const send = (from: number, to: number, offsetSeconds: number, pulse: boolean) => {
    for (let k = from; k < to; k += 1)
      world.scheduler.at(k + 0.05, () =>
        inbox.waiting.push(encodeSockSample({ kernelNs: world.truth(k), offsetSeconds, pulse, leap: 0 })),
      );
  };
  return { world, inbox, sock, send };
}

test('the layout is that of struct sock_sample on a 64-bit machine', () => {
  const bytes = Buffer.from(
    '40420f0000000000' + // tv_sec 1000000
      '0500000000000000' + // tv_usec 5
      '000000000000d03f' + // offset 0.25
      '01000000' +
      '02000000' +
      '00000000' +
      '4b434f53',
    'hex',
  );
  assert.equal(decodeSockSample(bytes), {
    ok: true,
    value: { kernelNs: 1_000_000_000_005_000n, offsetSeconds: 0.25, pulse: true, leap: 2 },
  });
});

test('... and of 32 bytes on a 32-bit one', () => {
  const bytes = Buffer.from(
    '40420f0005000000000000000000d0bf00000000000000000000000 04b434f53'.replace(' ', ''),
    'hex',
  );
  assert.equal(decodeSockSample(bytes), {
    ok: true,
    value: { kernelNs: 1_000_000_000_005_000n, offsetSeconds: -0.25, pulse: false, leap: 0 },
  });
});

test('any other length, magic or value is refused with a reason', () => {
  const good = encodeSockSample({ kernelNs: 5_000_000_000n, offsetSeconds: 0, pulse: false, leap: 0 });
  for (let length = 0; length < 60; length += 1) {
    const bytes = new Uint8Array(length);
    bytes.set(good.subarray(0, Math.min(length, 40)));
    assert.is(decodeSockSample(bytes).ok, length === 40);
  }
  for (const [at, value] of [
    [36, 0],
    [7, 0x80],
    [23, 0x7f],
    [28, 3],
    [10, 0x77],
  ] as const) {
    const bytes = Uint8Array.from(good);
    bytes[at] = value;
    if (at === 23) bytes[22] = 0xf0;
    assert.is(decodeSockSample(bytes).ok, false, `byte ${at}`);
  }
});

test('full samples are handed on as they are', () => {
  const { world, sock, send } = build();
  send(1, 11, 3.5, false);
  world.run(12);
  assert.is(world.samples.length, 10);
  assert.ok(world.samples.every(({ sample }) => sample.offsetSeconds === 3.5));
  assert.is(sock.candidate().pulse, false);
  sock.stop();
});

test('pulses wait for another source, are then numbered by rounding, and coast without it for a minute', () => {
  const { world, sock, send } = build();
  send(1, 200, 0.1, true);
  world.scheduler.at(10, () => {
    assert.is(sock.view().unfit, 'numbering-ambiguous');
    world.referenceNow = { offsetSeconds: 2.08, uncertaintySeconds: 0.02, sources: 1, from: 'a server' };
  });
  world.scheduler.at(20, () => {
    world.referenceNow = { offsetSeconds: 0.08, uncertaintySeconds: 0.02, sources: 1, from: 'a server' };
  });
  world.scheduler.at(30, () => {
    world.referenceNow = undefined;
  });
  world.run(100);
  const offsets = world.samples.map(({ sample }) => Math.round(sample.offsetSeconds * 10));
  assert.is(offsets.filter((offset) => offset === 21).length, 8);
  assert.is(offsets.filter((offset) => offset === 1).length, offsets.length - 8);
  assert.ok(offsets.length > 80);
  sock.stop();
});

test('a pulse near half a second from the others has no number', () => {
  const { world, sock, send } = build();
  world.referenceNow = { offsetSeconds: 0.5, uncertaintySeconds: 0.02, sources: 1, from: 'a server' };
  send(1, 20, 0.02, true);
  world.run(21);
  assert.is(world.samples.length, 0);
  assert.match(sock.view().remark, 'too near half a second');
  sock.stop();
});

test('a flood of datagrams is taken in slices', () => {
  const { world, inbox, sock } = build();
  for (let i = 0; i < 1000; i += 1) inbox.waiting.push(new Uint8Array(8));
  world.run(0.15);
  assert.is(inbox.waiting.length, 1000 - 16);
  assert.is(sock.view().refclock?.badFormat, 16);
  sock.stop();
});

test.run();
