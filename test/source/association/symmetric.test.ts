import { appendMac, type KeyMaterial, symmetricKey } from '../../../src/auth/mac.js';
import { VirtualWorld } from '../../../src/sim/virtual-world.js';
import type { ServedPort } from '../../../src/source/association/context.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { unixNsToNtp } from '../../../src/units/time.js';
import { assert, record, test } from '../../support/suite.js';
import { line, Rig, type RigOptions, START } from '../rig.js';

const A = '192.0.2.1';
const B = '192.0.2.2';

interface Wire {
  /** may drop (undefined) or change what is on its way */
  tamper: (bytes: Uint8Array, to: string) => Uint8Array | undefined;
  readonly sent: { readonly bytes: Uint8Array; readonly to: string; readonly port: number }[];
}

/** Two hosts whose served ports are joined by a path of 1 ms each way. */
function pair(options: { a?: RigOptions; b?: RigOptions } = {}): {
  a: Rig;
  b: Rig;
  wire: Wire;
  world: VirtualWorld;
} {
  const world = new VirtualWorld({ startUnixSecond: START });
  const wire: Wire = { tamper: (bytes) => bytes, sent: [] };
  const hosts = new Map<string, Rig>();
  // As the responder's thread: stamps and authenticates half a millisecond after it was asked to.
  const portOf = (from: string): ServedPort => ({
    localAddressFor: () => from,
    send({ bytes, address: to, port, keyId, stamped }) {
      world.at(world.now() + 0.0005, () => {
        const sender = hosts.get(from);
        const out = new Uint8Array(48 + 68);
        out.set(bytes);
        let length = bytes.length;
        if (sender === undefined) return;
        if (stamped !== undefined) {
          const kernelNs = sender.clock.kernelStamp(world.now());
          const transmitTime = unixNsToNtp(sender.clock.toServed(kernelNs));
          new DataView(out.buffer).setBigUint64(40, transmitTime);
          stamped({ transmitTime, kernelNs });
        }
        const key = sender.keys.get(keyId);
        if (key !== undefined) length = appendMac(key, out, length);
        carry(from, to, port, out.slice(0, length));
      });
      return true;
    },
  });
  const carry = (from: string, to: string, port: number, bytes: Uint8Array) => {
    wire.sent.push({ bytes, to, port });
    const changed = wire.tamper(bytes.slice(), to);
    if (changed === undefined) return;
    const at = world.now() + 0.001;
    world.at(at, () => {
      const rig = hosts.get(to);
      const kernelNs = rig?.clock.kernelStamp(at) ?? 0n;
      rig?.router.receive({ bytes: changed, kernelNs, address: from, port: 123, localAddress: to });
    });
  };
  const a = new Rig({ ...options.a, world, seed: 1, ownAddresses: [A], servedPort: portOf(A) });
  const b = new Rig({ ...options.b, world, seed: 2, ownAddresses: [B], servedPort: portOf(B) });
  hosts.set(A, a);
  hosts.set(B, b);
  return { a, b, wire, world };
}
const peerLine = (host: string, more: Parameters<typeof line>[1] = {}) =>
  line(host, { kind: 'peer', iburst: false, minpoll: 4, maxpoll: 6, ...more });
const key: KeyMaterial = { id: 7, algorithm: 'SHA1', secret: new Uint8Array(20).fill(3), ranges: [] };

test('two peers, one with a server: the other follows it through the peer, and not the other way round', async () => {
  const { a, b, world } = pair({ b: { startErrorSeconds: -0.3 } });
  a.server('198.51.100.1', { stratum: 1 });
  a.mobilise(line('198.51.100.1'));
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(3600);
  assert.equal([a.system.stratum, b.system.stratum], [2, 3]);
  assert.equal([...b.system.refid], [192, 0, 2, 1]);
  const [, bSeenByA] = a.views();
  assert.is(bSeenByA?.unfit, 'loop');
  const worst = Math.abs(b.clock.errorSeconds());
  record('network-symmetric', { errorSeconds: worst });
  assert.ok(worst < 1e-3, `${worst}`);
  assert.equal([bSeenByA?.hostMode, bSeenByA?.peerMode, bSeenByA?.localPort], [1, 1, 123]);
});

test('with a key both are authentic; with different keys neither listens', async () => {
  const same = pair({ a: { keys: [key] }, b: { keys: [key] } });
  const wrong = pair({ a: { keys: [key] }, b: { keys: [{ ...key, secret: new Uint8Array(20) }] } });
  for (const { a, b, world } of [same, wrong]) {
    a.server('198.51.100.1');
    a.mobilise(line('198.51.100.1'));
    a.mobilise(peerLine(B, { key: 7 }));
    b.mobilise(peerLine(A, { key: 7 }));
    await world.runSettling(900);
  }
  assert.equal([same.b.views()[0]!.authentic, same.b.system.stratum], [true, 3]);
  assert.equal([wrong.b.views()[0]!.authentic, wrong.b.system.stratum], [false, 16]);
  assert.is(wrong.b.views()[0]!.unfit, 'authentication');
});

test('a packet seen twice, or sent again later, is used once', async () => {
  const { a, b, wire, world } = pair();
  a.server('198.51.100.1');
  a.mobilise(line('198.51.100.1'));
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(600);
  const valid = b.raw.length;
  const last = wire.sent.filter((p) => p.to === B).at(-1);
  assert.ok(last !== undefined && valid > 5);
  for (let i = 0; i < 20; i += 1) {
    const before = b.raw.length;
    b.router.receive({
      bytes: (last?.bytes ?? new Uint8Array(0)).slice(),
      kernelNs: b.clock.kernelStamp(world.now()),
      address: A,
      port: 123,
      localAddress: B,
    });
    assert.is(b.raw.length, before);
    await world.runSettling(600 + i * 0.1);
  }
  assert.ok(b.views()[0]!.flash & FLASH.duplicate);
});

test('without a key a forger who cannot see our packets does not stop an association that works', async () => {
  const { a, b, world } = pair();
  a.server('198.51.100.1');
  a.mobilise(line('198.51.100.1'));
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(600);
  const before = b.raw.length;
  for (let t = 600; t < 1800; t += 1) {
    await world.runSettling(t);
    const bytes = new Uint8Array(48).fill(t & 0xff);
    bytes[0] = 0x21;
    bytes[1] = 1;
    b.router.receive({ bytes, kernelNs: b.clock.kernelStamp(t), address: A, port: 123, localAddress: B });
  }
  assert.ok(b.raw.length - before > 12, `${b.raw.length - before}`);
  assert.is(b.system.stratum, 3);
});

test('after an outage the two find each other again', async () => {
  const { a, b, wire, world } = pair();
  a.server('198.51.100.1');
  a.mobilise(line('198.51.100.1'));
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(600);
  wire.tamper = () => undefined;
  await world.runSettling(2400);
  assert.is(b.views()[0]!.reach, 0);
  wire.tamper = (bytes) => bytes;
  await world.runSettling(4000);
  assert.ok(b.views()[0]!.reach > 0);
  assert.is(b.selection.systemPeer, 1);
});

test('a stranger gets one answer of mode 2, authentic if he was, a crypto-NAK if not, never longer than he sent', async () => {
  const { a, wire, world } = pair({ a: { keys: [key] } });
  a.server('198.51.100.1');
  a.mobilise(line('198.51.100.1'));
  await world.runSettling(60);
  const plain = new Uint8Array(48);
  plain[0] = 0x21;
  plain.fill(5, 40);
  const authentic = new Uint8Array(72);
  authentic.set(plain);
  appendMac(symmetricKey(key), authentic, 48);
  const forged = authentic.slice();
  forged[71] = (forged[71] ?? 0) ^ 1;
  const server = plain.slice();
  server[0] = 0x22;
  const answers = [plain, authentic, forged, server, new Uint8Array(5)].map((bytes) => {
    const before = wire.sent.length;
    a.router.receive({
      bytes,
      kernelNs: a.clock.kernelStamp(world.now()),
      address: '203.0.113.9',
      port: 4123,
      localAddress: A,
    });
    world.runUntil(world.now() + 0.01);
    return wire.sent.slice(before);
  });
  assert.equal(
    answers.map((sent) => sent.map((p) => p.bytes.length)),
    [[48], [72], [52], [], []],
  );
  const [reply] = answers[0]!;
  assert.equal([reply?.to, reply?.port, (reply?.bytes[0] ?? 0) & 7], ['203.0.113.9', 4123, 2]);
  assert.equal([...(reply?.bytes.subarray(24, 32) ?? [])], new Array(8).fill(5));
  assert.is(reply?.bytes[1], 2);
});

test('random datagrams on the served port: no throw, nothing believed', async () => {
  const { a, b, world } = pair();
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(30);
  let state = 12345;
  for (let i = 0; i < 20_000; i += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const bytes = new Uint8Array(state % 120);
    for (let j = 0; j < bytes.length; j += 1) bytes[j] = (state >>> (j % 24)) ^ (j * 37 + i);
    if (bytes.length > 0 && i % 2 === 0) bytes[0] = 0x21;
    b.router.receive({ bytes, kernelNs: b.clock.kernelStamp(30), address: A, port: 123, localAddress: B });
  }
  assert.is(b.samples.length, 0);
});

test('an island without a clock: one host leads, the others follow it, at any number of hosts', async () => {
  const orphan = { orphan: 5, orphanwait: 60 };
  const { a, b, world } = pair({ a: { tos: orphan }, b: { tos: orphan, startErrorSeconds: -0.2 } });
  a.mobilise(peerLine(B));
  b.mobilise(peerLine(A));
  await world.runSettling(3600);
  assert.equal([a.system.state, a.system.stratum, b.system.stratum], ['orphan', 5, 6]);
  assert.equal([...b.system.refid], [192, 0, 2, 1]);
  assert.ok(Math.abs(a.clock.errorSeconds() - b.clock.errorSeconds()) < 0.005);
});

test.run();
