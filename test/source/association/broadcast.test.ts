import type { GroupPort, ServedTransmission } from '../../../src/source/association/context.js';
import { createNetworkSource } from '../../../src/source/association/create.js';
import { decodeHeader } from '../../../src/wire/header.js';
import { assert, test } from '../../support/suite.js';
import { line, Rig } from '../rig.js';

const way = { socket: 5, localAddress: Uint8Array.of(192, 0, 2, 1), interfaceIndex: 2 };

function stage(host: string, hasWay = true) {
  const rig = new Rig();
  const sent: { at: number; packet: ServedTransmission }[] = [];
  const port: GroupPort = {
    send: (packet) => {
      sent.push({ at: rig.world.now(), packet });
      return true;
    },
    localAddressFor: () => undefined,
    groupWay: () => (hasWay ? way : undefined),
  };
  const config = line(host, { kind: 'broadcast', iburst: false, minpoll: 4, maxpoll: 6, ttl: 3, key: 9 });
  const source = createNetworkSource(config, rig.context, rig, undefined, {
    ...{ port, settings: { hops: [], authRequired: true } },
    ...{ add: () => {}, delete: () => {} },
  });
  rig.add(source);
  return { rig, sent, source };
}

test('nothing is broadcast before this clock is synchronised, then a packet each poll interval and a little', async () => {
  const { rig, sent } = stage('192.0.2.255');
  await rig.run(60);
  assert.is(sent.length, 0);
  rig.server('198.51.100.1', { stratum: 1 });
  rig.mobilise(line('198.51.100.1'));
  await rig.run(400);
  assert.ok(sent.length > 15, `${sent.length}`);
  for (const [i, { at, packet }] of sent.entries()) {
    const { bytes } = packet;
    const header = decodeHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length);
    assert.ok(header.ok);
    assert.equal([header.value.mode, header.value.poll, header.value.stratum], [5, 4, 2]);
    assert.equal([header.value.originTime, header.value.receiveTime], [0n, 0n]);
    assert.equal([packet.address, packet.port, packet.keyId, packet.hops], ['192.0.2.255', 123, 9, 3]);
    assert.equal(packet.way, way);
    assert.ok(packet.stamped !== undefined, 'the port stamps it');
    const gap = at - (sent[i - 1]?.at ?? at - 16.5);
    // ntpd drops what comes early.
    assert.ok(gap > 16.3 && gap < 17.2, `${gap}`);
  }
});

test('it is shown, says what it does, and is never selected', async () => {
  const { rig, source } = stage('239.1.2.3');
  rig.server('198.51.100.1', { stratum: 1 });
  rig.mobilise(line('198.51.100.1'));
  await rig.run(100);
  const view = source.view();
  assert.equal([view.hostMode, view.kind, view.unfit, view.ttl], [5, 'broadcast', 'no-samples', 3]);
  assert.is(source.candidate().unfit, 'no-samples');
  assert.is(view.localAddress, '192.0.2.1');
});

test('without an interface that leads there it says so', async () => {
  const { rig, source, sent } = stage('239.1.2.3', false);
  rig.server('198.51.100.1', { stratum: 1 });
  rig.mobilise(line('198.51.100.1'));
  await rig.run(100);
  assert.is(sent.length, 0);
  assert.match(source.view().remark, 'no interface');
});

test.run();
