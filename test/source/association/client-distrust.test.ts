/** What a client does not use, believe or obey, and whom it obeys. */
import type { ReceivedPacket } from '../../../src/ports/network.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { assert, test } from '../../support/suite.js';
import { line, Rig } from '../rig.js';

const first = (rig: Rig) => rig.views()[0]!;
const copy = (packet: ReceivedPacket, change: (view: DataView) => void): ReceivedPacket => {
  const bytes = packet.bytes.slice();
  change(new DataView(bytes.buffer));
  return { ...packet, bytes };
};

test('a reply with another origin, without one, or one that was replayed is not used', async () => {
  for (const [flash, origin] of [
    [FLASH.bogus, 0x0123456789abcdefn],
    [FLASH.unsynchronised, 0n],
  ] as const) {
    const rig = new Rig();
    rig.server('192.0.2.10', { errorSeconds: 5 });
    rig.mobilise(line('192.0.2.10'));
    rig.network.tamper = (honest) => honest.map((p) => copy(p, (view) => view.setBigUint64(24, origin)));
    await rig.run(100);
    assert.is(rig.samples.length, 0);
    assert.is(first(rig).flash & flash, flash);
    assert.is(first(rig).unfit, 'unreachable');
  }
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  let old: ReceivedPacket | undefined;
  rig.network.tamper = (honest) => {
    old ??= honest[0];
    return old === undefined ? honest : [old];
  };
  await rig.run(60);
  assert.is(rig.raw.length, 1, 'the first time it was the answer; never after');
});

test('forged packets in front of the honest one do not spoil it', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  rig.network.tamper = (honest) =>
    honest.flatMap((p) => [
      { ...p, bytes: new Uint8Array(3) },
      copy(p, (view) => view.setBigUint64(24, 77n)),
      copy(p, (view) => view.setUint8(0, 0x23)),
      copy(p, (view) => view.setUint8(0, 0x3c)),
      { ...p, bytes: Uint8Array.from([...p.bytes, 0, 0, 0, 1, ...new Array(16).fill(7)]) },
      p,
      p,
    ]);
  await rig.run(60);
  assert.is(rig.raw.length, 8);
  assert.is(first(rig).flash, 0);
  assert.is(rig.selection.systemPeer, 1);
});

test('a flood of forgeries does not keep the association from its timers', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  const forged = { bytes: new Uint8Array(48).fill(0x24), kernelNs: 0n };
  let seen = 0;
  rig.network.tamper = () => {
    seen += 1;
    return new Array<ReceivedPacket>(100_000).fill(forged);
  };
  await rig.run(20);
  assert.ok(seen > 0);
  assert.is(rig.network.ports.length, 8);
});

test('an unsynchronised server is shown as such and never selected', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10', { behaviour: 'unsynchronised' });
  rig.mobilise(line('192.0.2.10'));
  await rig.run(100);
  const view = first(rig);
  assert.equal([view.leap, view.stratum, view.reach], [3, 16, 0]);
  assert.is(view.flash & FLASH.packetStratum, FLASH.packetStratum);
  assert.match(view.remark, /not synchronised/);
  assert.is(rig.selection.systemPeer, undefined);
  assert.is(rig.system.leap, 3);
});

test('impossible headers are refused: root distance of 16 s, a reference time after the transmit time', async () => {
  for (const change of [
    (view: DataView) => view.setUint32(8, 16 << 16),
    (view: DataView) => view.setBigUint64(16, view.getBigUint64(40) + (5n << 32n)),
    (view: DataView) => view.setBigUint64(32, view.getBigUint64(40) + (5n << 32n)),
  ]) {
    const rig = new Rig();
    rig.server('192.0.2.10');
    rig.mobilise(line('192.0.2.10'));
    rig.network.tamper = (honest) => honest.map((p) => copy(p, change));
    await rig.run(60);
    assert.is(rig.samples.length, 0);
    assert.is(first(rig).flash & FLASH.header, FLASH.header);
  }
});

test('a server that counts more time than passed is not believed', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  // Transmit time 50 ms after the receive time within a round trip of 0.2 ms.
  rig.network.tamper = (honest) =>
    honest.map((p) => copy(p, (view) => view.setBigUint64(40, view.getBigUint64(32) + (1n << 32n) / 20n)));
  await rig.run(60);
  assert.is(rig.samples.length, 0);
  assert.match(first(rig).remark, /contradict/);
});

test('DENY and RSTR end the asking', async () => {
  for (const kiss of ['DENY', 'RSTR'] as const) {
    const rig = new Rig();
    const server = rig.server('192.0.2.10', { behaviour: (t) => (t < 100 ? 'serve' : kiss) });
    rig.mobilise(line('192.0.2.10'));
    await rig.run(200);
    const asked = server.requests;
    await rig.run(20_000);
    assert.is(server.requests, asked);
    assert.is(first(rig).unfit, 'denied');
    assert.is(rig.selection.systemPeer, undefined);
    assert.ok(rig.log.some((entry) => entry.startsWith('source-denied')));
  }
});

test('RATE slows down, ends the burst, and is never taken back', async () => {
  const rig = new Rig();
  const server = rig.server('192.0.2.10', { minimumSpacing: 30 });
  rig.mobilise(line('192.0.2.10'));
  await rig.run(3);
  assert.is(server.requests, 2);
  assert.is(first(rig).hostPoll, 7);
  await rig.run(20_000);
  assert.ok(server.requests < 2 + 20_000 / 120, `${server.requests}`);
  assert.ok(rig.samples.length > 3, 'time is had all the same');
  assert.is(rig.selection.systemPeer, 1);
});

test('a kiss that does not carry our origin time is not obeyed', async () => {
  const rig = new Rig();
  rig.server('192.0.2.10');
  rig.mobilise(line('192.0.2.10'));
  rig.network.tamper = (honest) =>
    honest.flatMap((p) => [
      copy(p, (view) => {
        view.setUint8(0, 0xe4);
        view.setUint8(1, 0);
        view.setUint32(12, 0x44454e59);
        view.setBigUint64(24, 99n);
      }),
      p,
    ]);
  await rig.run(60);
  assert.is(first(rig).unfit, undefined);
  assert.is(rig.selection.systemPeer, 1);
});

test.run();
