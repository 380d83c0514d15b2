import { constants } from 'node:os';
import { IP, IPV6, SO, SOL } from '../../../drivers/linux/abi.js';
import { formatIp } from '../../../drivers/linux/addresses.js';
import {
  bindError,
  closeSocket,
  joinGroup,
  openServerSocket,
  setMulticastSending,
  setUnicastTtl,
} from '../../../drivers/linux/server-socket.js';
import { boundAddress, intOption } from '../../../drivers/linux/socket.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const refused = (action: () => unknown, code: string, remedy: RegExp) =>
  assert.throws(
    action,
    (error: unknown) => error instanceof NoonmarkError && error.code === code && remedy.test(error.remedy),
  );

test('IPv4 and IPv6 have the same port side by side', () => {
  const four = openServerSocket({ family: 4, port: 0 });
  const { port } = boundAddress(four);
  const six = openServerSocket({ family: 6, port });
  assert.is(boundAddress(six).port, port);
  assert.is(formatIp(boundAddress(six).address.bytes), '::');
  assert.is(intOption(six, SOL.ipv6, IPV6.v6only), 1);
  closeSocket(four);
  closeSocket(six);
});

test('a port that another program has is refused with who to look for', () => {
  const first = openServerSocket({ family: 4, address: '127.0.0.1', port: 0 });
  const { port } = boundAddress(first);
  refused(
    () => openServerSocket({ family: 4, address: '127.0.0.1', port }),
    'ERR_ADDRESS',
    /chronyd.*timesyncd/,
  );
  refused(() => openServerSocket({ family: 4, port }), 'ERR_ADDRESS', new RegExp(`:${port}`));
  closeSocket(first);
});

test('wildcard and single addresses are bound beside each other, and a second daemon is still refused', () => {
  const wildcard = openServerSocket({ family: 4, port: 0, shareAddress: true });
  const { port } = boundAddress(wildcard);
  assert.is(intOption(wildcard, SOL.socket, SO.reuseAddress), 0);
  refused(() => openServerSocket({ family: 4, port, shareAddress: true }), 'ERR_ADDRESS', /another program/);
  closeSocket(wildcard);
});

test('an address that this machine has not, or of the other family, is refused', () => {
  refused(() => openServerSocket({ family: 4, address: '192.0.2.1', port: 0 }), 'ERR_ADDRESS', /ip address/);
  refused(() => openServerSocket({ family: 4, address: '::1', port: 0 }), 'ERR_ADDRESS', /report/);
  refused(() => openServerSocket({ family: 4, port: 0, device: 'no-such-one' }), 'ERR_ADDRESS', /ip link/);
});

test('code point, time to live and multicast sending are set', () => {
  const four = openServerSocket({ family: 4, port: 0, dscp: 46, broadcast: true, receiveBuffer: 100_000 });
  assert.is(intOption(four, SOL.ip, IP.tos), 46 << 2);
  assert.is(intOption(four, SOL.socket, SO.broadcast), 1);
  setUnicastTtl(four, 4, 255);
  assert.is(intOption(four, SOL.ip, IP.ttl), 255);
  setMulticastSending(four, 4, { ttl: 5, loop: false, interfaceIndex: 1 });
  assert.is(intOption(four, SOL.ip, IP.multicastTtl), 5);
  assert.is(intOption(four, SOL.ip, IP.multicastLoop), 0);
  const six = openServerSocket({ family: 6, port: 0, dscp: 46 });
  setMulticastSending(six, 6, { ttl: 3, loop: true, interfaceIndex: 1 });
  setUnicastTtl(six, 6, 64);
  assert.is(intOption(six, SOL.ipv6, IPV6.trafficClass), 46 << 2);
  assert.is(intOption(six, SOL.ipv6, IPV6.multicastHops), 3);
  assert.is(intOption(six, SOL.ipv6, IPV6.multicastIf), 1);
  assert.is(intOption(six, SOL.ipv6, IPV6.unicastHops), 64);
  closeSocket(four);
  closeSocket(six);
});

test('a group cannot be joined on an interface that is not there', () => {
  const server = openServerSocket({ family: 4, port: 0 });
  refused(() => joinGroup(server, '224.0.1.1', 987_654), 'ERR_ADDRESS', /interface/);
  refused(() => joinGroup(server, '192.0.2.1', 1), 'ERR_ADDRESS', /interface/);
  closeSocket(server);
});

test('without CAP_NET_BIND_SERVICE the error names it', () => {
  const error = bindError('0.0.0.0', 123, constants.errno.EACCES);
  assert.is(error.code, 'ERR_PERMISSION');
  assert.match(error.remedy, /CAP_NET_BIND_SERVICE/);
});

test.run();
