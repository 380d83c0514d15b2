import { isIP } from 'node:net';
import * as fc from 'fast-check';
import {
  formatIp,
  isLinkLocal6,
  isMulticast,
  parseIp,
  readSockaddr,
  writeSockaddr,
} from '../../../drivers/linux/addresses.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

test('addresses are read and written as RFC 5952 says', () => {
  for (const [text, canonical] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::1%1', 'fe80::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:192.0.2.128', '::ffff:c000:280'],
    ['1::', '1::'],
  ] as const) {
    assert.is(formatIp(parseIp(text).bytes), canonical);
  }
  assert.is(parseIp('fe80::1%1').scopeId, 1);
  assert.is(parseIp('fe80::1%lo').scopeId, 1);
});

test('every address survives being written and read, and its sockaddr too', () => {
  const four = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const six = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.oneof(four, six), fc.integer({ min: 0, max: 65535 }), (bytes, port) => {
      const text = formatIp(bytes);
      assert.is(isIP(text), bytes.length === 4 ? 4 : 6);
      assert.equal([...parseIp(text).bytes], [...bytes]);
      const view = new DataView(new ArrayBuffer(32));
      assert.is(writeSockaddr(view, bytes, port, 5), bytes.length === 4 ? 16 : 28);
      const back = readSockaddr(view);
      assert.equal([...(back?.address.bytes ?? [])], [...bytes]);
      assert.is(back?.port, port);
      assert.is(back?.address.scopeId, bytes.length === 4 ? 0 : 5);
    }),
    { numRuns: 300 },
  );
});

test('what is no address, and an interface that is not there, are refused', () => {
  for (const text of ['', 'ntp.example.org', '1.2.3', '::1::', 'fe80::1%no-such-interface', '1.2.3.4%lo']) {
    assert.throws(
      () => parseIp(text),
      (error: unknown) => error instanceof NoonmarkError && error.code === 'ERR_ADDRESS',
    );
  }
});

test('link-local and multicast addresses are told from others', () => {
  assert.ok(isLinkLocal6(parseIp('fe80::1').bytes) && isLinkLocal6(parseIp('febf::1').bytes));
  assert.not.ok(isLinkLocal6(parseIp('fec0::1').bytes) || isLinkLocal6(parseIp('169.254.0.1').bytes));
  assert.ok(isMulticast(parseIp('224.0.1.1').bytes) && isMulticast(parseIp('ff05::101').bytes));
  assert.not.ok(isMulticast(parseIp('223.255.255.255').bytes) || isMulticast(parseIp('fe80::1').bytes));
});

test('a sockaddr of another family is nothing', () => {
  assert.is(readSockaddr(new DataView(new ArrayBuffer(32))), undefined);
});

test.run();
