/**
 * Design rule 3: an address in a struct does not keep its memory alive. A million packets over loopback with a forced
 * collection every thousand, through the batch, the poller and a client socket; a driver that lost its memory goes
 * deaf or answers nonsense here.
 */
import { closeEventfd, openEventfd, signalEventfd } from '../../../drivers/linux/eventfd.js';
import { LinuxNetwork } from '../../../drivers/linux/network.js';
import { LinuxPacketBatch } from '../../../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../../../drivers/linux/poller.js';
import { closeSocket, openServerSocket } from '../../../drivers/linux/server-socket.js';
import { boundAddress } from '../../../drivers/linux/socket.js';
import { assert, record, test } from '../../support/suite.js';

const PACKETS = 1_000_000;
const BETWEEN_COLLECTIONS = 1000;
const BATCH = 25;

const collect = globalThis.gc;

/** Leaves garbage of several sizes behind, so that a collection has something to move and to reuse. */
const litter = (n: number): number => {
  let total = 0;
  for (let i = 0; i < 20; i += 1) total += new Uint8Array(64 + ((n + i) % 7) * 500).length;
  return total;
};

test('a million packets are answered with a forced collection every thousand, without growth in memory', () => {
  assert.ok(collect, 'run node with --expose-gc (the runner does)');
  const eventfd = openEventfd();
  const poller = new LinuxPoller(eventfd);
  const server = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const client = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  poller.setSockets([server, client]);
  const { port } = boundAddress(server);
  const network = new LinuxNetwork();
  const other = network.connect('127.0.0.1', port);
  let answering = new LinuxPacketBatch(BATCH);
  const asking = new LinuxPacketBatch(BATCH);
  const to = Uint8Array.of(127, 0, 0, 1);
  const request = new Uint8Array(48);
  const requestView = new DataView(request.buffer);
  let next = 0;
  let answered = 0;
  let unstamped = 0;
  let settled = 0;
  const start = process.hrtime.bigint();
  while (answered < PACKETS) {
    for (let i = 0; i < BATCH; i += 1) {
      requestView.setUint32(40, next);
      next += 1;
      assert.ok(asking.sendTo(client, request, 48, to, port, undefined, 0));
    }
    for (let waiting = BATCH; waiting > 0; ) {
      poller.wait(1000);
      assert.ok(poller.readable(server) || poller.readable(client), `deaf after ${answered} packets`);
      const count = poller.readable(server) ? answering.receive(server) : 0;
      for (let slot = 0; slot < count; slot += 1) {
        assert.is(answering.length(slot), 48);
        if (answering.stampSeconds(slot) === 0) unstamped += 1;
        answering.output(slot).setUint32(24, answering.input(slot).getUint32(40));
        answering.output(slot).setUint32(28, answering.sourcePort(slot));
        answering.reply(slot, 48);
      }
      assert.is(count > 0 ? answering.flush() : 0, 0);
      const replies = poller.readable(client) ? asking.receive(client) : 0;
      for (let slot = 0; slot < replies; slot += 1) {
        assert.is(asking.input(slot).getUint32(24), answered, 'the reply to the oldest request');
        answered += 1;
      }
      waiting -= replies;
    }
    litter(next);
    if (answered % BETWEEN_COLLECTIONS === 0) collect();
    if (answered % (PACKETS / 20) === 0) {
      // The other drivers live through the same collections.
      signalEventfd(eventfd);
      other.send(request);
      poller.wait(1000);
      assert.ok(poller.woken);
      while (!poller.readable(server)) poller.wait(1000);
      // A batch that is given up and made anew in the middle of it.
      answering = new LinuxPacketBatch(BATCH);
      assert.is(answering.receive(server), 1);
      answering.reply(0, 48);
      answering.flush();
      let packet = other.receive();
      for (let i = 0; i < 100_000 && packet === undefined; i += 1) packet = other.receive();
      assert.is(packet?.bytes.length, 48);
      if (settled === 0) settled = process.memoryUsage().rss;
    }
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const grown = process.memoryUsage().rss - settled;
  assert.ok(unstamped < 100, `${unstamped} packets without a kernel stamp`);
  assert.ok(grown < 40e6, `${grown} bytes more than at the start`);
  record('linux-udp-collector', { packets: answered, seconds, unstamped, grown_bytes: Math.max(0, grown) });
  other.close();
  network.close();
  for (const socket of [server, client]) closeSocket(socket);
  closeEventfd(eventfd);
});

test.run();
