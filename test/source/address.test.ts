import { isIP } from 'node:net';
import fc from 'fast-check';
import { canonicalAddress, isOwnNetwork, parseAddress } from '../../src/source/address.js';
import { defersTo } from '../../src/source/orphan.js';
import { refidOfAddress, refidOfText, refidText, servedRefid } from '../../src/source/refid.js';
import { assert, test } from '../support/suite.js';

test('every address that node takes is taken, and nothing else', () => {
  const piece = fc.constantFrom('0', '1', 'ffff', '12345', 'g', '', '1.2.3.4', '256.1.1.1', 'a0');
  const text = fc
    .array(piece, { maxLength: 9 })
    .chain((parts) => fc.constantFrom(parts.join(':'), parts.join('.'), parts.join('::')));
  fc.assert(
    fc.property(fc.oneof(text, fc.ipV4(), fc.ipV6()), (address) => {
      const known = isIP(address) !== 0;
      const bytes = parseAddress(address);
      assert.is(bytes !== undefined, known, address);
      if (bytes !== undefined)
        assert.equal(
          parseAddress(canonicalAddress(address)),
          bytes.length === 4 || canonicalAddress(address).includes(':') ? bytes : bytes.slice(12),
        );
    }),
    { numRuns: 1500 },
  );
});

test('one address has one spelling', () => {
  assert.is(canonicalAddress('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.is(canonicalAddress('fe80::0:1%eth0'), 'fe80::1%eth0');
  assert.is(canonicalAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.is(canonicalAddress('1:0:0:2:0:0:0:3'), '1:0:0:2::3');
  assert.is(canonicalAddress('::'), '::');
});

test('the refid of an IPv6 address is the start of its MD5', () => {
  // md5 of 2001:db8::1 in network order, by Python's hashlib.
  assert.is(Buffer.from(refidOfAddress('2001:db8::1')).toString('hex'), '39ab9b37');
  assert.equal([...refidOfAddress('192.0.2.7')], [192, 0, 2, 7]);
});

test('names of clocks and kisses are four characters', () => {
  assert.equal([...refidOfText('GPS')], [0x47, 0x50, 0x53, 0]);
  assert.is(refidText(refidOfText('RATE')), 'RATE');
  assert.is(refidText(Uint8Array.of(10, 0, 0, 1)), undefined);
  const gps = { refid: refidOfText('GPS'), address: '127.127.20.0' };
  assert.is(refidText(servedRefid({ stratum: 0, ...gps })), 'GPS');
  assert.equal([...servedRefid({ stratum: 3, ...gps })], [127, 127, 20, 0]);
});

test('of two orphans exactly one defers to the other', () => {
  assert.is(defersTo('10.0.0.2', '10.0.0.1'), true);
  assert.is(defersTo('10.0.0.1', '10.0.0.2'), false);
  assert.is(defersTo('10.0.0.1', '10.0.0.1'), false);
});

test('addresses of one’s own network by their form', () => {
  for (const own of [
    '10.1.2.3',
    '127.0.0.1',
    '172.31.0.1',
    '192.168.123.1',
    '169.254.0.1',
    '::1',
    'fd00::1',
    'fe80::1%eth0',
  ])
    assert.ok(isOwnNetwork(own), own);
  for (const other of [
    '192.0.2.1',
    '172.32.0.1',
    '11.0.0.1',
    '8.8.8.8',
    '2001:db8::1',
    'ff02::101',
    '',
    'a.example',
  ])
    assert.not(isOwnNetwork(other), other);
  assert.ok(isOwnNetwork('::ffff:10.0.0.1'));
});

test.run();
