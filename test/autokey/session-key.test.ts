import { randomBytes } from 'node:crypto';
import { SESSION_DIGESTS, sessionDigestNamed, sessionMacLength } from '../../src/autokey/digest.js';
import {
  appendSessionMac,
  MAX_LENGTH_BEFORE_MAC,
  nextKeyId,
  sessionKey,
  verifySessionMac,
} from '../../src/autokey/session-key.js';
import { assert, test } from '../support/suite.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const client = Uint8Array.of(10, 9, 0, 2);
const server = Uint8Array.of(10, 9, 0, 1);

test("ntpd 4.2.8p15's session key and the key ID that follows", () => {
  assert.is(hex(sessionKey('MD5', client, server, 0x681ef792, 0)), '323eff53aacdaa05e340f42c3427f0b2');
  assert.is(nextKeyId('MD5', client, server, 0x681ef792, 0), 0x323eff53);
});

test('a session key has the length of its digest, also beyond the 20 bytes of a MAC', () => {
  const lengths = SESSION_DIGESTS.map((digest) => sessionKey(digest, client, server, 70_000, 1).length);
  assert.equal(lengths, [16, 16, 20, 28, 32, 48, 64, 20, 32]);
});

test('a MAC takes 20 bytes with digests of 16 and 24 with longer ones', () => {
  assert.equal(SESSION_DIGESTS.map(sessionMacLength), [20, 20, 24, 24, 24, 24, 24, 24, 24]);
});

test('names of digests are case-sensitive and CMAC is none of them', () => {
  assert.is(sessionDigestNamed('SHA256'), 'SHA256');
  for (const name of ['sha256', 'md4', 'AES128CMAC', 'AES-128-CMAC', 'toString', ''])
    assert.is(sessionDigestNamed(name), undefined);
});

test('a MAC made is a MAC verified, with every digest, and any flipped bit refuses it', () => {
  for (const digest of SESSION_DIGESTS) {
    const key = sessionKey(digest, client, server, 0x12345678, 7);
    const packet = new Uint8Array(48 + 24);
    packet.set(randomBytes(48));
    const length = appendSessionMac(digest, key, 0x12345678, packet, 48) ?? 0;
    assert.is(length, 48 + sessionMacLength(digest));
    assert.is(new DataView(packet.buffer).getUint32(48), 0x12345678);
    assert.ok(verifySessionMac(digest, key, packet, 48, length - 48));
    for (const at of [0, 47, 52, length - 1]) {
      packet[at] = (packet[at] ?? 0) ^ 1;
      assert.not(verifySessionMac(digest, key, packet, 48, length - 48), `${digest} byte ${at}`);
      packet[at] = (packet[at] ?? 0) ^ 1;
    }
    assert.not(verifySessionMac(digest, key, packet, 48, 20 + 24 - (length - 48)), 'the other length');
    assert.not(verifySessionMac(digest, key, packet, 60, length - 48), 'beyond the packet');
  }
});

test('a packet without room for its MAC is not given one', () => {
  const key = sessionKey('SHA1', client, server, 70_000, 0);
  assert.is(appendSessionMac('SHA1', key, 70_000, new Uint8Array(71), 48), undefined);
  const large = new Uint8Array(4096);
  assert.is(appendSessionMac('SHA1', key, 70_000, large, MAX_LENGTH_BEFORE_MAC), 2120);
  assert.is(appendSessionMac('SHA1', key, 70_000, large, MAX_LENGTH_BEFORE_MAC + 4), undefined);
});

test.run();
