/** Whole dances in memory: every identity scheme, IPv4 and IPv6, several digests, chains of servers. */

import type { SessionDigest } from '../../../src/autokey/digest.js';
import { FULL_DANCE } from '../../../src/autokey/flags.js';
import type { IdentityKey, IdentityParameters } from '../../../src/autokey/identity/scheme.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { type DanceEnd, freshEnd } from '../../support/autokey-dance.js';
import { Link } from '../../support/autokey-exchange.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';
import { gqKey, iffKey, mvKeys } from '../identity/keys.js';

const OID_PRIVATE = '1.3.6.1.4';
const stamped = <T>(value: T) => ({ value, filestamp: TEST_TIME });
const gq = gqKey(1024);
const iff = iffKey();
const mv = mvKeys();
const keys: Record<string, { key: IdentityKey; parameters: IdentityParameters }> = {
  gq: { key: { scheme: 'gq', key: gq }, parameters: { scheme: 'gq', parameters: { n: gq.n, b: gq.b } } },
  iff: { key: { scheme: 'iff', key: iff }, parameters: { scheme: 'iff', parameters: iff } },
  mv: { key: { scheme: 'mv', key: mv.server }, parameters: { scheme: 'mv', parameters: mv.client } },
};

function serverOf(scheme: string, digest: SessionDigest = 'MD5', name = 'peer1'): DanceEnd {
  const held = keys[scheme];
  return freshEnd({
    ...{ name, trusted: true, digest },
    ...(held === undefined ? {} : { identityKeys: new Map([[held.key.scheme, stamped(held.key)]]) }),
    ...(scheme === 'gq' ? { gqValue: toFixedBytes(gq.v, 128) } : {}),
  });
}
const clientOf = (scheme: string, digest: SessionDigest = 'MD5', name = 'peer2'): DanceEnd => {
  const held = keys[scheme];
  return freshEnd({
    ...{ name, digest },
    ...(held === undefined ? {} : { parameters: new Map([[`${scheme} peer1`, stamped(held.parameters)]]) }),
  });
};
const V6 = {
  own: Uint8Array.of(0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
  server: Uint8Array.of(0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
};

/** Low bytes of the schemes; RSA-SHA256 is 0x29c. */
for (const [scheme, low] of [
  ['tc', '03'],
  ['gq', '43'],
  ['iff', '23'],
  ['mv', '83'],
] as const)
  for (const [family, addresses] of [
    ['IPv4', {}],
    ['IPv6', V6],
  ] as const)
    test(`${scheme} over ${family}: the whole dance, with the reference's flags on its way`, () => {
      const link = new Link(clientOf(scheme), serverOf(scheme), {
        ...addresses,
        ...(scheme === 'tc' ? {} : { ident: 'peer1' }),
      });
      assert.is(link.dance().kind, 'time', 'unsynchronised: time after the cookie');
      const steps = scheme === 'tc' ? ['10', '13', '1f'] : ['10', '11', '13', '1f'];
      assert.equal(
        link.progress,
        steps.map((step) => `0x29c${step}${low}`),
      );
      assert.is(link.packets, steps.length + 1);
      link.synchronise();
      assert.is(link.dance().kind, 'time');
      assert.equal(link.progress.slice(-2), [`0x29c3f${low}`, `0x29c7f${low}`]);
      assert.is(link.client.flags & FULL_DANCE, FULL_DANCE);
      assert.is(link.lines.length, steps.length + 2);
      assert.match(link.lines[0] ?? '', /^assoc 4711 4711 host peer1 sha256WithRSAEncryption$/);
      assert.match(
        link.lines.at(-2) ?? '',
        /^sign peer2 peer1 0x4 sha256WithRSAEncryption \(668\) fs 4004380900$/,
      );
      assert.equal(link.reports, []);
    });

test('a server not yet announcing leap values: the flags go 0x5041, 0x5141, 0x5341, 0x5f41, 0x7f41', () => {
  const link = new Link(clientOf('gq'), serverOf('gq'), { ident: 'peer1' });
  link.server.values.update(0);
  link.step();
  link.server.values.update(link.serverTime.now);
  link.dance();
  link.synchronise();
  link.dance();
  assert.equal(
    link.progress,
    ['50', '51', '53', '5f', '7f'].map((step) => `0x29c${step}41`),
  );
});

test('pc: the shared private certificate alone, in two questions', () => {
  const host = { name: 'peer1', usages: [OID_PRIVATE] };
  const link = new Link(freshEnd(host), freshEnd(host));
  assert.is(link.dance().kind, 'time');
  assert.equal(link.progress, ['0x29c3313', '0x29c3f13']);
  link.synchronise();
  link.dance();
  assert.is(link.progress.at(-1), '0x29c7f13');
});

for (const digest of ['SHA1', 'SHA256', 'SHA512', 'RIPEMD160'] as const)
  test(`session keys of ${digest}`, () => {
    const link = new Link(clientOf('tc', digest), serverOf('tc', digest));
    assert.is(link.dance().kind, 'time');
  });

test('a chain: a server signed by a trusted one serves its own certificate and the root to a third', () => {
  const [a, b, c] = [serverOf('tc'), clientOf('tc'), clientOf('tc', 'MD5', 'peer3')];
  const first = new Link(b, a);
  const second = new Link(c, b);
  second.serverTime = { ...second.serverTime, isSynchronised: false };
  assert.is(second.dance().kind, 'waiting', 'it has no certificate that leads anywhere yet');
  assert.is(second.client.flags & FULL_DANCE, 0x1000);
  first.dance();
  first.synchronise();
  first.dance();
  second.serverTime = { ...second.serverTime, isSynchronised: true };
  assert.is(second.dance().kind, 'time');
  assert.equal(
    second.client.partner.trail?.certificates.map(({ subject, issuer }) => `${subject} ${issuer}`),
    ['peer2 peer1', 'peer1 peer1'],
  );
  second.synchronise();
  second.dance();
  assert.is(second.client.flags & FULL_DANCE, FULL_DANCE);
  assert.equal(
    c.certificates.all.map(({ value }) => `${value.subject} ${value.issuer}`),
    ['peer3 peer2', 'peer1 peer1', 'peer2 peer1', 'peer3 peer3'],
  );
});

test.run();
