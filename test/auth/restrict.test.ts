import fc from 'fast-check';
import {
  compileAccess,
  isAttached,
  NTPQ_RESTRICTIONS,
  RES,
  restrictionBits,
  restrictionsFor,
} from '../../src/auth/restrict.js';
import type { RestrictFlag, RestrictRule } from '../../src/config/types.js';
import { assert, test } from '../support/suite.js';

const origin = { file: 'test.conf', line: 1, column: 1 };
const rule = (text: string, ...flags: RestrictFlag[]): RestrictRule => {
  const [address = '', bits = ''] = text.split('/');
  const bytes = address.includes(':') ? v6(address) : Uint8Array.from(address.split('.'), Number);
  return { address: bytes, prefixLength: Number(bits), flags, origin };
};
/** Full form or with one "::". */
function v6(text: string): Uint8Array {
  const [left = '', right = ''] = text.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === '' ? [] : right.split(':');
  const words = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(
    words.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]),
  );
}
const of = (rules: RestrictRule[], address: string, port = 40_000): number => {
  const family = address.includes(':') ? 6 : 4;
  const bytes = family === 6 ? v6(address) : Uint8Array.from(address.split('.'), Number);
  return restrictionsFor(compileAccess({ rules }), family, bytes, port);
};

test('without rules everybody may have the time and only loopback may query', () => {
  assert.is(of([], '192.0.2.1'), RES.noquery);
  assert.is(of([], '127.0.0.1'), 0);
  assert.is(of([], '2001:db8::1'), RES.noquery);
  assert.is(of([], '::1'), 0);
});

test('a default of the user replaces ours, for its family alone', () => {
  const rules = [rule('0.0.0.0/0', 'nomodify')];
  assert.is(of(rules, '192.0.2.1'), RES.nomodify);
  assert.is(of(rules, '127.0.0.1'), RES.nomodify);
  assert.is(of(rules, '::1'), 0);
  assert.is(of(rules, '2001:db8::1'), RES.noquery);
});

test('the longest prefix wins whatever the order of the lines', () => {
  const rules = [
    rule('10.1.2.3/32'),
    rule('0.0.0.0/0', 'ignore'),
    rule('10.0.0.0/8', 'noserve'),
    rule('10.1.0.0/16', 'nopeer'),
  ];
  for (const order of [rules, [...rules].reverse()]) {
    assert.is(of(order, '9.255.255.255'), RES.ignore);
    assert.is(of(order, '10.0.0.0'), RES.noserve);
    assert.is(of(order, '10.1.2.2'), RES.nopeer);
    assert.is(of(order, '10.1.2.3'), 0);
    assert.is(of(order, '10.1.2.4'), RES.nopeer);
    assert.is(of(order, '10.255.255.255'), RES.noserve);
    assert.is(of(order, '11.0.0.0'), RES.ignore);
  }
});

test('flags of lines for the same prefix add up', () => {
  const rules = [rule('10.0.0.0/8', 'kod'), rule('10.9.9.9/8', 'limited')];
  assert.is(of(rules, '10.5.5.5'), RES.kod | RES.limited);
});

test('ntpport counts for port 123 only and beats the same prefix without it', () => {
  const rules = [
    rule('10.0.0.0/8', 'ntpport', 'ignore'),
    rule('10.0.0.0/8', 'noquery'),
    rule('10.1.0.0/16', 'nopeer'),
  ];
  assert.is(of(rules, '10.2.0.1', 123), RES.ignore);
  assert.is(of(rules, '10.2.0.1', 124), RES.noquery);
  assert.is(of(rules, '10.1.0.1', 123), RES.nopeer);
});

test('senders with a multicast address are ignored', () => {
  assert.is(of([rule('0.0.0.0/0')], '224.0.1.1'), RES.ignore);
  assert.is(of([rule('0.0.0.0/0')], '255.255.255.255'), RES.ignore);
  assert.is(of([rule('::/0')], 'ff02::101'), RES.ignore);
});

test('restrict source makes a rule for each association, but not over one for that host', () => {
  const rules = [rule('0.0.0.0/0', 'ignore'), rule('192.0.2.9/32', 'nopeer')];
  const sources = [Uint8Array.of(192, 0, 2, 8), Uint8Array.of(192, 0, 2, 9)];
  const tables = compileAccess({ rules, source: ['noquery'], sources });
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(192, 0, 2, 8), 123), RES.noquery);
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(192, 0, 2, 9), 123), RES.nopeer);
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(192, 0, 2, 10), 123), RES.ignore);
});

test('tables survive a structured clone', () => {
  const tables = structuredClone(compileAccess({ rules: [rule('10.0.0.0/8', 'ignore')] }));
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(10, 0, 0, 1), 5), RES.ignore);
});

test('the bits are ntpd’s', () => {
  assert.is(restrictionBits(['kod', 'nomodify', 'notrap', 'nopeer', 'noquery', 'limited']), 0x0bd0);
  assert.is(restrictionBits(['ntpport', 'epeer', 'noepeer']), 0);
});

test('ten thousand rules answer like a search through all of them', () => {
  const flags: RestrictFlag[] = ['ignore', 'noserve', 'kod', 'nopeer', 'noquery'];
  const near = fc.integer({ min: 0, max: 3 });
  const prefix = fc.record({
    address: fc.tuple(near, near, near, near).map((bytes) => Uint8Array.from(bytes)),
    prefixLength: fc.integer({ min: 0, max: 32 }),
    flags: fc.subarray([...flags, 'ntpport'] as RestrictFlag[]),
    origin: fc.constant(origin),
  });
  const masked = (a: Uint8Array, bits: number): string =>
    [...a]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, bits);
  const slow = (rules: readonly RestrictRule[], address: Uint8Array, port: number): number => {
    for (let bits = 32; bits >= 0; bits -= 1)
      for (const ntpPort of [true, false]) {
        const hits = rules.filter(
          (r) =>
            r.prefixLength === bits &&
            r.flags.includes('ntpport') === ntpPort &&
            masked(r.address, bits) === masked(address, bits),
        );
        if (hits.length > 0 && (!ntpPort || port === 123))
          return hits.reduce((all, r) => all | restrictionBits(r.flags), 0);
      }
    return RES.noquery;
  };
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 30 }), fc.array(prefix, { maxLength: 10 }), (rules, asked) => {
      const tables = compileAccess({ rules });
      for (const { address } of asked)
        for (const port of [123, 124])
          assert.is(restrictionsFor(tables, 4, address, port), slow(rules, address, port));
    }),
    { numRuns: 300 },
  );
  const many = Array.from({ length: 10_000 }, (_, i) =>
    rule(`10.${(i >> 8) & 255}.${i & 255}.7/32`, 'ignore'),
  );
  const tables = compileAccess({ rules: many });
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(10, 20, 9, 7), 5), RES.ignore);
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(10, 20, 9, 8), 5), RES.noquery);
});

test('autokey is a flag beyond those that ntpq knows, and crosses to another thread', () => {
  const rules = [rule('10.0.0.0/8', 'autokey', 'serverresponse'), rule('10.1.0.0/16', 'kod')];
  assert.is(of(rules, '10.0.0.1'), RES.autokey | RES.serverresponse);
  assert.is(of(rules, '10.0.0.1') & NTPQ_RESTRICTIONS, 0x8000);
  assert.is(of(rules, '10.1.0.1'), RES.kod);
  const tables = structuredClone(compileAccess({ rules }));
  assert.is(restrictionsFor(tables, 4, Uint8Array.of(10, 0, 0, 1), 9), RES.autokey | RES.serverresponse);
});

test("a sender is attached when one of this machine's networks holds it", () => {
  const attached = [
    { address: Uint8Array.of(192, 168, 0, 0), prefixLength: 23 },
    { address: v6('fd09::'), prefixLength: 64 },
  ];
  const tables = structuredClone(compileAccess({ rules: [], attached }));
  const is = (address: Uint8Array) => isAttached(tables, address);
  assert.ok(is(Uint8Array.of(192, 168, 1, 255)));
  assert.not(is(Uint8Array.of(192, 168, 2, 0)));
  assert.ok(is(v6('fd09::1')));
  assert.not(is(v6('fd09:0:0:1::1')));
  assert.not(isAttached(compileAccess({ rules: [] }), Uint8Array.of(127, 0, 0, 1)));
});

test.run();
