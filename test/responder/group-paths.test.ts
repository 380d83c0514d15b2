import { NoonmarkError } from '../../src/errors.js';
import { type InterfaceSnapshot, planSockets } from '../../src/responder/addresses.js';
import { GroupMembers } from '../../src/responder/group-members.js';
import { groupSockets, memberships, sendingPath } from '../../src/responder/group-paths.js';
import { formatAddress } from '../../src/units/address.js';
import { assert, test } from '../support/suite.js';

const info = (address: string, netmask: string, internal = false) => {
  const base = { address, netmask, internal, mac: '00:00:00:00:00:00', cidr: null };
  return address.includes(':')
    ? ({ ...base, family: 'IPv6', scopeid: 0 } as const)
    : ({ ...base, family: 'IPv4' } as const);
};
const HOST: InterfaceSnapshot = {
  lo: [info('127.0.0.1', '255.0.0.0', true), info('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true)],
  eth0: [
    info('192.0.2.5', '255.255.255.0'),
    info('fe80::5', 'ffff:ffff:ffff:ffff::'),
    info('2001:db8::5', 'ffff:ffff:ffff:ffff::'),
  ],
  wlan0: [info('198.51.100.9', '255.255.255.128'), info('fe80::9', 'ffff:ffff:ffff:ffff::')],
};
const path = (address: string, routed?: string) => {
  const found = sendingPath(address, HOST, routed);
  return found && [found.device, formatAddress(found.localAddress)];
};

test('a broadcast leaves by the interface whose subnet it is', () => {
  assert.equal(path('192.0.2.255'), ['eth0', '192.0.2.5']);
  assert.equal(path('198.51.100.127'), ['wlan0', '198.51.100.9']);
  assert.is(path('203.0.113.255'), undefined);
  assert.equal(
    path('203.0.113.255', '198.51.100.9'),
    ['wlan0', '198.51.100.9'],
    'of a network behind a router',
  );
});

test('a multicast leaves by its zone, by the route, or by the first interface, from an address that means something there', () => {
  assert.equal(path('239.1.2.3'), ['eth0', '192.0.2.5']);
  assert.equal(path('239.1.2.3', '198.51.100.9'), ['wlan0', '198.51.100.9']);
  assert.equal(path('ff02::101%wlan0'), ['wlan0', 'fe80::9']);
  assert.equal(path('ff05::101'), ['eth0', '2001:db8::5']);
  assert.equal(path('ff05::101%wlan0'), ['wlan0', 'fe80::9'], 'it has no other');
  assert.is(path('ff02::101%eth7'), undefined);
});

test('groups are joined on every interface of the family, or on that of the zone', () => {
  const wishes = { groups: ['239.1.2.3', 'ff02::101%wlan0'], broadcasts: false };
  assert.equal(memberships(wishes, HOST), [
    { group: '239.1.2.3', device: 'eth0' },
    { group: '239.1.2.3', device: 'wlan0' },
    { group: 'ff02::101', device: 'wlan0' },
  ]);
});

test('wildcard sockets hear everything; beside single addresses groups and broadcasts have sockets of their own', () => {
  const wishes = { groups: ['239.1.2.3', 'ff05::101'], broadcasts: true };
  assert.equal(groupSockets(wishes, planSockets([], HOST), HOST), []);
  const origin = { file: '', line: 1, column: 1 };
  const rules = [{ action: 'listen', match: { type: 'name', name: 'eth0' }, origin }] as const;
  const more = groupSockets(wishes, planSockets(rules, HOST), HOST);
  assert.equal(
    more.map(({ address }) => address),
    ['239.1.2.3', '192.0.2.255', '255.255.255.255', 'ff05::101'],
  );
});

test('sockets join what they lack, leave what is not wanted any more, and a refusal is said once', () => {
  const calls: string[] = [];
  const said: string[] = [];
  let refuse = false;
  const members = new GroupMembers(
    {
      joinGroup: (handle, group, device) => {
        if (refuse) throw new NoonmarkError('ERR_ADDRESS', 'no', 'why');
        calls.push(`join ${handle} ${group} ${device}`);
      },
      leaveGroup: (handle, group, device) => void calls.push(`leave ${handle} ${group} ${device}`),
    },
    { write: (level, event) => void said.push(`${level} ${event}`) },
  );
  const socket = {
    handle: 3,
    plan: { key: '* 4 listen', family: 4, address: undefined, device: undefined, drop: false },
  } as const;
  const wanted = [{ group: '239.1.2.3', device: 'eth0' }];
  members.follow(wanted, [socket]);
  members.follow(wanted, [socket]);
  members.follow([], [socket]);
  assert.equal(calls.splice(0), ['join 3 239.1.2.3 eth0', 'leave 3 239.1.2.3 eth0']);
  refuse = true;
  members.follow(wanted, [socket]);
  members.follow(wanted, [socket]);
  refuse = false;
  members.follow(wanted, [socket]);
  assert.equal(calls.splice(0), ['join 3 239.1.2.3 eth0']);
  members.follow(wanted, []);
  assert.equal(calls, [], 'a socket that is closed has left by itself');
  assert.equal(said, ['info group-joined', 'error group-refused', 'info group-joined']);
});

test.run();
