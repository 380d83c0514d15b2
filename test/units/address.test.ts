import fc from 'fast-check';
import { hostProblem } from '../../src/config/values.js';
import {
  formatAddress,
  maskAddress,
  maskLength,
  parseAddress,
  parseIpv4,
  parseIpv6,
  refclockAddress,
} from '../../src/units/address.js';
import { assert, test } from '../support/suite.js';

test('every IPv4 address survives a round trip', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      assert.equal([...parseIpv4(formatAddress(bytes))!], [...bytes]);
    }),
    { numRuns: 200 },
  );
});

test('every IPv6 address survives a round trip', () => {
  const sparse = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(sparse, (bytes) => {
      assert.equal([...parseIpv6(formatAddress(Uint8Array.from(bytes)))!], bytes);
    }),
    { numRuns: 400 },
  );
});

test('RFC 5952 forms are written', () => {
  const written = (text: string) => formatAddress(parseIpv6(text)!);
  assert.is(written('2001:0DB8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.is(written('0:0:0:0:0:0:0:0'), '::');
  assert.is(written('fe80:0:0:0:0:0:0:1'), 'fe80::1');
  assert.is(written('1:0:3:4:5:6:7:8'), '1:0:3:4:5:6:7:8');
  assert.is(written('::ffff:192.0.2.1'), '::ffff:c000:201');
});

test('what is no address is refused', () => {
  const wrong = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '::1::',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1.2.3.4::',
  ];
  for (const text of [
    ...wrong,
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '::1%',
    '1::2:3:4:5:6:7:8',
    '::1.2.3.4:5',
  ])
    assert.is(parseAddress(text), undefined, text);
});

test('a zone belongs to an IPv6 address', () => {
  assert.is(parseAddress('fe80::1%eth0')?.zone, 'eth0');
  assert.is(parseAddress('192.0.2.1%eth0'), undefined);
});

test('a mask is a row of ones and then zeros, or no mask', () => {
  assert.is(maskLength(parseIpv4('255.255.255.0')!), 24);
  assert.is(maskLength(parseIpv4('0.0.0.0')!), 0);
  assert.is(maskLength(parseIpv6('ffff:fffe::')!), 31);
  assert.is(maskLength(parseIpv4('255.0.255.0')!), undefined);
  for (let length = 0; length <= 32; length += 1)
    assert.is(maskLength(maskAddress(new Uint8Array(4).fill(255), length)), length);
});

test('reference clocks are 127.127.t.u and nothing else', () => {
  assert.equal(refclockAddress('127.127.20.3'), { type: 20, unit: 3 });
  assert.is(refclockAddress('127.0.0.1'), undefined);
  assert.is(refclockAddress('clock.example'), undefined);
});

test('host names are letters, digits, hyphens and dots, at most 253', () => {
  for (const name of [
    'a',
    'ntp-1.example.net',
    'ntp.example.net.',
    '_ntp._udp.example',
    '3com.example',
    'xn--bcher-kva',
  ])
    assert.is(hostProblem(name), undefined, name);
  for (const name of ['-a', 'a-', 'a..b', 'a b', '', 'a/b', 'ä', `${'a'.repeat(64)}`, 'a.'.repeat(127)])
    assert.ok(hostProblem(name) !== undefined, name);
});

test.run();
