import type { InterfaceRule } from '../../src/config/types.js';
import { attachedNetworks, type InterfaceSnapshot, planSockets } from '../../src/responder/addresses.js';
import { assert, test } from '../support/suite.js';

const origin = { file: 'test.conf', line: 1, column: 1 };
const rule = (action: InterfaceRule['action'], match: InterfaceRule['match']): InterfaceRule => ({
  action,
  match,
  origin,
});
const four = (address: string) =>
  ({ address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null }) as const;
const six = (address: string, scopeid = 0) =>
  ({ address, family: 'IPv6', netmask: '', mac: '', internal: false, cidr: null, scopeid }) as const;
const MACHINE: InterfaceSnapshot = {
  lo: [four('127.0.0.1'), six('::1')],
  eth0: [four('192.168.1.5'), six('2001:db8::5'), six('fe80::5', 2)],
  wlan0: [four('10.0.0.5'), six('fe80::6', 3)],
};
const planned = (...rules: InterfaceRule[]) =>
  planSockets(rules, MACHINE).map(
    ({ address, family, drop }) => `${address ?? (family === 4 ? '0.0.0.0' : '::')}${drop ? ' drop' : ''}`,
  );
const prefix = (bytes: readonly number[], prefixLength: number) =>
  ({ type: 'prefix', address: Uint8Array.from(bytes), prefixLength }) as const;

test('without rules: one wildcard socket for each family', () => {
  assert.equal(planned(), ['0.0.0.0', '::']);
});

test('a rule for a whole family needs no single addresses', () => {
  assert.equal(planned(rule('ignore', { type: 'ipv6' }), rule('listen', { type: 'all' })), ['0.0.0.0']);
  assert.equal(planned(rule('listen', { type: 'all' })), ['0.0.0.0', '::']);
  assert.equal(planned(rule('drop', { type: 'ipv6' }), rule('listen', { type: 'ipv4' })), [
    '0.0.0.0',
    ':: drop',
  ]);
});

test('one named interface: its addresses and loopback, link-local ones with their zone', () => {
  const expected = ['127.0.0.1', '192.168.1.5', '::1', '2001:db8::5', 'fe80::5%eth0'];
  assert.equal(planned(rule('listen', { type: 'name', name: 'eth0' })), expected);
  assert.equal(planned(rule('listen', { type: 'name', name: 'ETH*' })), expected);
});

test('the usual ignore wildcard, listen ADDRESS: that address and loopback', () => {
  assert.equal(planned(rule('ignore', { type: 'wildcard' }), rule('listen', prefix([192, 168, 1, 5], 32))), [
    '127.0.0.1',
    '192.168.1.5',
    '::1',
  ]);
});

test('the first match decides, and loopback can be ignored by name', () => {
  assert.equal(
    planned(
      rule('ignore', { type: 'name', name: 'lo' }),
      rule('drop', prefix([10, 0, 0, 0], 8)),
      rule('listen', { type: 'ipv4' }),
    ),
    ['192.168.1.5', '10.0.0.5 drop'],
  );
});

test('listen wildcard serves everything', () => {
  assert.equal(
    planned(rule('ignore', { type: 'name', name: 'eth0' }), rule('listen', { type: 'wildcard' })),
    ['0.0.0.0', '::'],
  );
});

test('an address on two interfaces is one socket, and no interfaces are no sockets', () => {
  const twice = { a: [four('10.1.1.1')], b: [four('10.1.1.1')] };
  assert.is(planSockets([rule('listen', prefix([10, 0, 0, 0], 8))], twice).length, 1);
  assert.equal(planSockets([rule('listen', { type: 'name', name: 'eth9' })], {}), []);
});

test('our own networks are what the netmasks say, each once; a mask with holes makes a host of it', () => {
  const with4 = (cidr: string | null) => ({ ...four('192.168.1.77'), cidr });
  const networks = attachedNetworks({
    lo: [{ ...four('127.0.0.1'), cidr: '127.0.0.1/8' }],
    eth0: [
      with4('192.168.1.77/23'),
      with4('192.168.1.77/23'),
      { ...six('2001:db8::5'), cidr: '2001:db8::5/60' },
    ],
    eth1: [with4(null)],
  });
  assert.equal(
    networks.map(({ address, prefixLength }) => `${Buffer.from(address).toString('hex')}/${prefixLength}`),
    ['7f000000/8', 'c0a80000/23', '20010db8000000000000000000000000/60', 'c0a8014d/32'],
  );
});

test.run();
