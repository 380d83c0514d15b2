/**
 * Multicast, broadcast and link-local addresses need an interface that is not loopback: this file runs itself again
 * in a network namespace of its own with a veth pair.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatIp, interfaceIndex, parseIp } from '../../../drivers/linux/addresses.js';
import { openEventfd } from '../../../drivers/linux/eventfd.js';
import { LinuxNetwork } from '../../../drivers/linux/network.js';
import { LinuxPacketBatch } from '../../../drivers/linux/packet-batch.js';
import { LinuxPoller } from '../../../drivers/linux/poller.js';
import {
  closeSocket,
  joinGroup,
  leaveGroup,
  openServerSocket,
  setMulticastSending,
} from '../../../drivers/linux/server-socket.js';
import { boundAddress } from '../../../drivers/linux/socket.js';
import { assert, has, test } from '../../support/suite.js';

const INSIDE = 'NOONMARK_TEST_NAMESPACE';

function tests(): void {
  const ip = (line: string) =>
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const line of [
    'link set lo up',
    'link add nm0 type veth peer name nm1',
    'addr add 198.51.100.1/24 broadcast 198.51.100.255 dev nm0',
    'addr add fd00:77::1/64 dev nm0 nodad',
    'addr add fe80::77/64 dev nm0 nodad',
    'link set nm1 up',
    'link set nm0 up',
  ]) {
    ip(line);
  }
  const poller = new LinuxPoller(openEventfd());
  const index = interfaceIndex('nm0');
  const network = new LinuxNetwork();
  const take = (batch: LinuxPacketBatch, socket: number, ms = 1000) => {
    poller.setSockets([socket]);
    poller.wait(ms);
    return batch.receive(socket);
  };

  for (const [family, group, own] of [
    [4, '224.0.1.1', '198.51.100.1'],
    [6, 'ff05::101', 'fd00:77::1'],
    [6, 'ff02::101', 'fe80::77'],
  ] as const) {
    test(`a member of ${group} hears it, and its answer leaves from an address of its own`, () => {
      const server = openServerSocket({ family, port: 0 });
      const { port } = boundAddress(server);
      const zone = own.startsWith('fe80') ? '%nm0' : '';
      const sender = openServerSocket({ family, address: own + zone, port: 0 });
      setMulticastSending(sender, family, { interfaceIndex: index, loop: true, ttl: 1 });
      const out = new LinuxPacketBatch(1);
      const batch = new LinuxPacketBatch(1);
      const call = () => {
        const address = parseIp(group).bytes;
        assert.ok(out.sendTo(sender, Uint8Array.of(5), 1, address, port, parseIp(own + zone).bytes, index));
      };
      call();
      assert.is(take(batch, server, 20), 0, 'not a member yet');
      joinGroup(server, group, index);
      call();
      assert.is(take(batch, server), 1);
      assert.is(formatIp(batch.destination(0)), group);
      assert.is(batch.interfaceIndex(0), index);
      batch.reply(0, 1);
      assert.is(batch.flush(), 0);
      assert.is(take(out, sender), 1);
      assert.not.equal(formatIp(out.source(0)), group);
      leaveGroup(server, group, index);
      call();
      assert.is(take(batch, server, 20), 0, 'no longer a member');
      closeSocket(server);
      closeSocket(sender);
    });
  }

  test('a broadcast is heard with its address, and answered from an address of its own', () => {
    const server = openServerSocket({ family: 4, port: 0 });
    const sender = openServerSocket({ family: 4, address: '198.51.100.1', port: 0, broadcast: true });
    const out = new LinuxPacketBatch(1);
    const batch = new LinuxPacketBatch(1);
    const everybody = parseIp('198.51.100.255').bytes;
    const { port } = boundAddress(server);
    assert.ok(out.sendTo(sender, Uint8Array.of(1), 1, everybody, port, undefined, 0));
    assert.is(take(batch, server), 1);
    assert.is(formatIp(batch.destination(0)), '198.51.100.255');
    batch.reply(0, 1);
    assert.is(batch.flush(), 0);
    assert.is(take(out, sender), 1);
    assert.is(formatIp(out.source(0)), '198.51.100.1');
    const quiet = openServerSocket({ family: 4, address: '198.51.100.1', port: 0 });
    assert.not.ok(
      out.sendTo(quiet, Uint8Array.of(1), 1, everybody, port, undefined, 0),
      'not allowed to broadcast',
    );
    for (const socket of [server, sender, quiet]) closeSocket(socket);
  });

  test('a client at a link-local address is answered on its link', () => {
    const server = openServerSocket({ family: 6, port: 0 });
    const batch = new LinuxPacketBatch(1);
    const client = network.connect('fe80::77%nm0', boundAddress(server).port);
    assert.ok(client.send(Uint8Array.of(1)));
    assert.is(take(batch, server), 1);
    assert.is(formatIp(batch.destination(0)), 'fe80::77');
    batch.reply(0, 1);
    assert.is(batch.flush(), 0);
    let reply = client.receive();
    for (let i = 0; i < 1000 && reply === undefined; i += 1) {
      poller.setSockets([]);
      poller.wait(1);
      reply = client.receive();
    }
    assert.is(reply?.bytes.length, 1);
    client.close();
    closeSocket(server);
  });

  test.after(() => network.close());
  test.run();
}

if (process.env[INSIDE] !== undefined) tests();
else if (has('multicast, broadcast and link-local addresses', 'root')) {
  // Its counts go to the runner through our standard output.
  const script = fileURLToPath(import.meta.url);
  const run = spawnSync('unshare', ['--net', process.execPath, ...process.execArgv, script], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  process.exitCode = run.status ?? 1;
}
