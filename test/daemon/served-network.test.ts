import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServedNetwork } from '../../src/daemon/served-network.js';
import type { SocketPlan } from '../../src/responder/addresses.js';
import type { ForwardedPacket, Transmission } from '../../src/responder/ring-records.js';
import { DaemonProcess, sleep } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

const plan = (family: 4 | 6, address: string | undefined, drop = false): SocketPlan => ({
  key: `${address} ${drop}`,
  family,
  address,
  device: undefined,
  drop,
});

function setUp(sockets: readonly { plan: SocketPlan; handle: number }[], route: Record<string, string> = {}) {
  const sent: Transmission[] = [];
  const forwarded: ForwardedPacket[] = [];
  const danced: ForwardedPacket[] = [];
  const network = createServedNetwork({
    responder: () => ({
      sockets,
      send: (transmission) => {
        sent.push(transmission);
        return true;
      },
    }),
    symmetric: (packet) => forwarded.push(packet),
    control: () => [],
    groups: () => {},
    interfaces: () => ({}),
    interfaceIndex: () => 2,
    dance: (packet) => danced.push(packet),
    monotonic: () => 0n,
    localAddressFor: (address) => route[address],
  });
  return { network, sent, forwarded, danced };
}

const bytes = new Uint8Array(48);

test('an answer to a symmetric packet leaves by the socket, from the address and by the interface that were asked', () => {
  const { network, sent } = setUp([
    { plan: plan(4, '127.0.0.1'), handle: 5 },
    { plan: plan(4, '192.0.2.9'), handle: 6 },
  ]);
  const way = { socket: 6, localAddress: Uint8Array.of(192, 0, 2, 9), interfaceIndex: 3 };
  assert.ok(network.port.send({ bytes, address: '192.0.2.1', port: 123, keyId: 0, way }));
  assert.is(sent[0]?.socket, 6);
  assert.equal(sent[0]?.localAddress, way.localAddress);
  assert.is(sent[0]?.interfaceIndex, 3);
});

test('a session key goes with the packet to the responder', () => {
  const { network, sent } = setUp([{ plan: plan(4, undefined), handle: 5 }]);
  const session = { digest: 'MD5', keyId: 65_536, key: new Uint8Array(16) } as const;
  const stamped = () => {};
  assert.ok(network.port.send({ bytes, address: '192.0.2.1', port: 123, keyId: 0, session, stamped }));
  assert.equal(sent[0]?.session, session);
  assert.is(sent[0]?.stampAt, 40);
});

test('a symmetric packet leaves by the socket of the address that the route to the peer chooses', () => {
  const { network, sent } = setUp(
    [
      { plan: plan(4, '127.0.0.1'), handle: 5 },
      { plan: plan(4, '192.0.2.8', true), handle: 6 },
      { plan: plan(4, '192.0.2.9'), handle: 7 },
      { plan: plan(4, '198.51.100.9'), handle: 8 },
      { plan: plan(6, undefined), handle: 9 },
    ],
    { '198.51.100.1': '198.51.100.9', '2001:db8::1': '2001:db8::9' },
  );
  assert.ok(network.port.send({ bytes, address: '198.51.100.1', port: 123, keyId: 0 }));
  assert.is(sent[0]?.socket, 8);
  assert.ok(network.port.send({ bytes, address: '2001:db8::1', port: 123, keyId: 0 }));
  assert.is(sent[1]?.socket, 9, 'a wildcard will do for every address');
  assert.not(network.port.send({ bytes, address: '203.0.113.1', port: 123, keyId: 0 }), 'no route, not sent');
});

test('a server of several addresses answers a stranger of mode 1 from the address that was asked', async () => {
  const daemon = await DaemonProcess.start({
    lines: ['interface listen wildcard', 'board auto', 'clock none', 'server 127.127.1.0'],
  });
  const client = createSocket('udp4');
  try {
    await daemon.untilStratum(6, 10);
    const from = new Promise<RemoteInfo>((resolve) => client.once('message', (_, info) => resolve(info)));
    const request = Buffer.alloc(48);
    request[0] = 0x21;
    request.writeUInt32BE(0xdeadbeef, 40);
    client.send(request, daemon.port, '127.0.0.9');
    const late = sleep(1).then(() => undefined);
    assert.is((await Promise.race([from, late]))?.address, '127.0.0.9');
  } finally {
    client.close();
    await daemon.stop();
  }
});

test.run();
