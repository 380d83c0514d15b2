import { networkInterfaces } from 'node:os';
import { AF, MSG, SOCK } from '../../../drivers/linux/abi.js';
import { formatIp, parseIp, writeSockaddr } from '../../../drivers/linux/addresses.js';
import { realtimeStampClock } from '../../../drivers/linux/clock.js';
import { closeEventfd, openEventfd, signalEventfd } from '../../../drivers/linux/eventfd.js';
import { libc } from '../../../drivers/linux/libc.js';
import { LinuxNetwork } from '../../../drivers/linux/network.js';
import { LinuxPacketBatch } from '../../../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../../../drivers/linux/poller.js';
import { closeSocket, openServerSocket } from '../../../drivers/linux/server-socket.js';
import { boundAddress, openSocket } from '../../../drivers/linux/socket.js';
import type { ClientSocket } from '../../../src/ports/network.js';
import { assert, skip, test } from '../../support/suite.js';

const network = new LinuxNetwork();

const eventfd = openEventfd();
const poller = new LinuxPoller(eventfd);

/** Waits for something (loopback is late when the machine is busy), then takes it. */
function take(batch: LinuxPacketBatch, socket: number): number {
  poller.setSockets([socket]);
  poller.wait(1000);
  return batch.receive(socket);
}

/** Waits (in poll, not asleep) until the client has something, a second at most. */
function answer(client: ClientSocket) {
  for (let i = 0; i < 1000; i += 1) {
    const packet = client.receive();
    if (packet !== undefined) return packet;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return undefined;
}

/** The kernel begins to stamp a while after the first socket asks for it, and goes on while there is one. */
const stamped = openServerSocket({ family: 4, port: 0 });
test.before(() => {
  const batch = new LinuxPacketBatch(4);
  const client = network.connect('127.0.0.1', boundAddress(stamped).port);
  for (let i = 0; i < 1000; i += 1) {
    client.send(Uint8Array.of(i & 255));
    if (take(batch, stamped) > 0 && batch.stampSeconds(0) !== 0) break;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  client.close();
});
test.after(() => closeSocket(stamped));

const sixHere = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === '::1'));
if (!sixHere) skip('UDP over IPv6', '::1 is not configured', 'enable IPv6 on loopback');

for (const family of sixHere ? ([4, 6] as const) : ([4] as const)) {
  const loopback = family === 4 ? '127.0.0.1' : '::1';

  test(`IPv${family}: a datagram arrives with its bytes, sender, destination and kernel stamp, and its reply goes back`, () => {
    const server = openServerSocket({ family, port: 0 });
    const { port } = boundAddress(server);
    const batch = new LinuxPacketBatch(4);
    const client = network.connect(loopback, port);
    const sent = client.send(Uint8Array.of(1, 2, 3, 4, 5));
    assert.is(take(batch, server), 1);
    assert.is(batch.length(0), 5);
    assert.equal([...new Uint8Array(batch.input(0).buffer, batch.input(0).byteOffset, 5)], [1, 2, 3, 4, 5]);
    assert.is(batch.family(0), family);
    assert.is(formatIp(batch.source(0)), loopback);
    assert.is(batch.sourcePort(0), client.localPort);
    assert.is(formatIp(batch.destination(0)), loopback);
    assert.is(batch.interfaceIndex(0), 1);
    const clock = realtimeStampClock();
    clock.read();
    const stamp = BigInt(batch.stampSeconds(0)) * 1_000_000_000n + BigInt(batch.stampNanoseconds(0));
    const now = BigInt(clock.seconds) * 1_000_000_000n + BigInt(clock.nanoseconds);
    assert.ok(sent !== undefined && sent <= stamp && stamp <= now, `${sent} ${stamp} ${now}`);
    batch.output(0).setUint32(0, 0xdeadbeef);
    batch.reply(0, 4);
    assert.is(batch.flush(), 0);
    const reply = answer(client);
    assert.equal([...(reply?.bytes ?? [])], [0xde, 0xad, 0xbe, 0xef]);
    assert.ok(reply !== undefined && reply.kernelNs >= stamp);
    client.close();
    closeSocket(server);
  });
}

test('a reply leaves from the address that was asked, though the socket is bound to the wildcard', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  const { port } = boundAddress(server);
  const batch = new LinuxPacketBatch(4);
  // A connected socket takes nothing from any other address than 127.0.0.77.
  const client = network.connect('127.0.0.77', port);
  client.send(Uint8Array.of(1));
  assert.is(take(batch, server), 1);
  assert.is(formatIp(batch.destination(0)), '127.0.0.77');
  batch.reply(0, 1);
  assert.is(batch.flush(), 0);
  assert.ok(answer(client));
  client.close();
  closeSocket(server);
});

test('only the marked slots are answered, each with its own bytes', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  const { port } = boundAddress(server);
  const batch = new LinuxPacketBatch(8);
  const clients = Array.from({ length: 6 }, () => network.connect('127.0.0.1', port));
  for (const [i, client] of clients.entries()) client.send(Uint8Array.of(i, i, i));
  assert.is(take(batch, server), 6);
  for (const slot of [1, 4, 5]) {
    batch.output(slot).setUint8(0, 100 + batch.input(slot).getUint8(0));
    batch.reply(slot, 1);
  }
  assert.is(batch.flush(), 0);
  for (const [i, client] of clients.entries()) {
    const expected = [1, 4, 5].includes(i) ? [100 + i] : undefined;
    const packet = expected === undefined ? client.receive() : answer(client);
    assert.equal(packet === undefined ? undefined : [...packet.bytes], expected);
    client.close();
  }
  closeSocket(server);
});

test('a datagram longer than a slot is reported with its length on the wire', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  const batch = new LinuxPacketBatch(2);
  const client = network.connect('127.0.0.1', boundAddress(server).port);
  client.send(new Uint8Array(3000).fill(7));
  client.send(new Uint8Array(0));
  assert.is(take(batch, server), 2);
  assert.is(batch.length(0), 3000);
  assert.is(batch.length(1), 0);
  client.close();
  closeSocket(server);
});

test('sendTo reaches an address that is no slot, from the local address given, beside replies not yet flushed', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  const other = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const batch = new LinuxPacketBatch(2);
  const client = network.connect('127.0.0.1', boundAddress(server).port);
  client.send(Uint8Array.of(9));
  assert.is(take(batch, server), 1);
  batch.output(0).setUint8(0, 42);
  batch.reply(0, 1);
  const to = parseIp('127.0.0.1').bytes;
  const from = parseIp('127.0.0.99').bytes;
  assert.ok(batch.sendTo(server, Uint8Array.of(5, 6, 7, 8), 3, to, boundAddress(other).port, from, 0));
  assert.is(batch.flush(), 0);
  assert.equal([...(answer(client)?.bytes ?? [])], [42]);
  const second = new LinuxPacketBatch(2);
  assert.is(take(second, other), 1);
  assert.is(formatIp(second.source(0)), '127.0.0.99');
  assert.is(second.length(0), 3);
  client.close();
  closeSocket(server);
  closeSocket(other);
});

test('what the kernel refuses is counted, and the other replies are sent', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  const batch = new LinuxPacketBatch(4);
  const clients = [0, 1, 2].map(() => network.connect('127.0.0.1', boundAddress(server).port));
  for (const client of clients) client.send(Uint8Array.of(1));
  assert.is(take(batch, server), 3);
  for (const slot of [0, 1, 2]) batch.reply(slot, 1);
  // Port 0 is no port: the kernel refuses the message in the middle.
  batch.source(1).fill(0);
  new DataView(batch.source(1).buffer, batch.source(1).byteOffset - 2, 2).setUint16(0, 0);
  assert.is(batch.flush(), 1);
  assert.ok(answer(clients[0] as ClientSocket));
  assert.ok(answer(clients[2] as ClientSocket));
  for (const client of clients) client.close();
  closeSocket(server);
});

test('poll sees which socket has something, is woken by the eventfd, and ends when the time is over', () => {
  const eventfd = openEventfd();
  const poller = new LinuxPoller(eventfd);
  const quiet = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const busy = openServerSocket({ family: 4, address: '127.0.0.2', port: 0 });
  poller.setSockets([quiet, busy]);
  poller.wait(0);
  assert.not.ok(poller.readable(quiet) || poller.readable(busy) || poller.woken);
  const client = network.connect('127.0.0.2', boundAddress(busy).port);
  client.send(Uint8Array.of(1));
  poller.wait(1000);
  assert.ok(poller.readable(busy));
  assert.not.ok(poller.readable(quiet));
  new LinuxPacketBatch(1).receive(busy);
  signalEventfd(eventfd);
  signalEventfd(eventfd);
  poller.wait(1000);
  assert.ok(poller.woken);
  assert.not.ok(poller.readable(busy));
  poller.wait(1);
  assert.not.ok(poller.woken, 'the signals were drained');
  client.close();
  for (const socket of [quiet, busy]) closeSocket(socket);
  closeEventfd(eventfd);
});

test('a closed socket in the set does not make poll spin', () => {
  const eventfd = openEventfd();
  const poller = new LinuxPoller(eventfd);
  const gone = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  poller.setSockets([gone]);
  closeSocket(gone);
  poller.wait(1000);
  const start = process.hrtime.bigint();
  poller.wait(30);
  assert.ok(process.hrtime.bigint() - start >= 29_000_000n);
  closeEventfd(eventfd);
});

test('a pending ICMP error is taken by poll, which then waits again', () => {
  const gone = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const address = new Uint8Array(16);
  const length = writeSockaddr(
    new DataView(address.buffer),
    parseIp('127.0.0.1').bytes,
    boundAddress(gone).port,
    0,
  );
  closeSocket(gone);
  const socket = openSocket(AF.inet, SOCK.dgram, 'test');
  assert.is(libc().connect(socket, address, length), 0);
  poller.setSockets([socket]);
  libc().send(socket, Uint8Array.of(1), 1, MSG.dontwait);
  poller.wait(1000);
  poller.wait(0);
  assert.not.ok(poller.readable(socket));
  const start = process.hrtime.bigint();
  poller.wait(30);
  assert.ok(process.hrtime.bigint() - start >= 29_000_000n);
  closeSocket(socket);
});

test('nobody at the other end: send and receive are quiet, and the next send is tried', () => {
  const server = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const { port } = boundAddress(server);
  const client = network.connect('127.0.0.1', port);
  closeSocket(server);
  assert.is(typeof client.send(Uint8Array.of(1)), 'bigint');
  assert.is(client.receive(), undefined);
  assert.is(typeof client.send(Uint8Array.of(2)), 'bigint');
  client.close();
  assert.is(client.send(Uint8Array.of(3)), undefined);
});

test('client sockets have random ports and the right local address', () => {
  const clients = Array.from({ length: 5 }, () => network.connect('127.0.0.5', 9));
  assert.is(new Set(clients.map((client) => client.localPort)).size, 5);
  for (const client of clients) {
    assert.is(client.localAddress, '127.0.0.1');
    client.close();
  }
});

test.after(() => network.close());
test.run();
