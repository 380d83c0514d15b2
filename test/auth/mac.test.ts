import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { DIGESTS, type DigestName, isDigestAvailable } from '../../src/auth/digest.js';
import {
  appendMac,
  isKeyUsableFrom,
  type KeyAlgorithm,
  keyTable,
  symmetricKey,
  verifyMac,
} from '../../src/auth/mac.js';
import { newTail, scanTail } from '../../src/wire/mac-trailer.js';
import { assert, skip, test } from '../support/suite.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const secret = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

/** A version 4 client request. */
function request(version = 4): Uint8Array {
  const packet = new Uint8Array(48 + 68);
  packet[0] = (version << 3) | 3;
  for (let i = 1; i < 48; i += 1) packet[i] = (i * 7) & 0xff;
  return packet;
}

const algorithms: readonly KeyAlgorithm[] = [
  ...(Object.keys(DIGESTS) as DigestName[]).filter((name) => {
    if (isDigestAvailable(name)) return true;
    skip(`MAC with ${name}`, 'this OpenSSL lacks it', 'a Node with its own OpenSSL');
    return false;
  }),
  'AES-128-CMAC',
  'AES-192-CMAC',
  'AES-256-CMAC',
];

test('a digest MAC is the digest of secret and packet, cut to 20 bytes', () => {
  for (const algorithm of ['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512'] as const) {
    const key = symmetricKey({ id: 5, algorithm, secret, ranges: [] });
    const packet = request();
    const length = appendMac(key, packet, 48);
    const digest = createHash(algorithm.toLowerCase()).update(secret).update(packet.subarray(0, 48)).digest();
    assert.is(length, 52 + Math.min(20, digest.length));
    assert.is(hex(packet.subarray(48, length)), `00000005${hex(digest.subarray(0, 20))}`);
  }
});

test('a MAC in full is appended and accepted as well', () => {
  const key = symmetricKey({ id: 5, algorithm: 'SHA512', secret, ranges: [] });
  const packet = request(3);
  assert.is(appendMac(key, packet, 48, 68), 116);
  assert.ok(verifyMac(key, packet, 48, 68));
  assert.not(verifyMac(key, packet, 48, 36));
});

test('every MAC that is appended is found by the tail scan and verifies; any bit flipped does not', () => {
  for (const algorithm of algorithms) {
    const key = symmetricKey({ id: 40_000, algorithm, secret, ranges: [] });
    const packet = request();
    const length = appendMac(key, packet, 48);
    const tail = newTail();
    assert.is(scanTail(new DataView(packet.buffer), length, tail), undefined, algorithm);
    assert.is(tail.keyId, 40_000);
    assert.is(tail.macLength, key.macLength + 4);
    assert.ok(verifyMac(key, packet, tail.macAt, tail.macLength), algorithm);
    for (let bit = 0; bit < length * 8; bit += 1) {
      // The key ID is not under the MAC: it chooses the key.
      if (bit >= 48 * 8 && bit < 52 * 8) continue;
      packet[bit >> 3] = (packet[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.not(verifyMac(key, packet, tail.macAt, tail.macLength), `${algorithm} bit ${bit}`);
      packet[bit >> 3] = (packet[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
  }
});

test('a MAC of another length than the key makes is refused', () => {
  for (const algorithm of algorithms) {
    const key = symmetricKey({ id: 1, algorithm, secret, ranges: [] });
    const packet = request();
    for (let macLength = 0; macLength <= 72; macLength += 1) {
      if (macLength - 4 === key.macLength || macLength - 4 === key.digestLength) continue;
      packet.fill(0, 48);
      if (macLength >= 4) key.computeMac(packet, 48, packet, 52, Math.min(key.digestLength, macLength - 4));
      assert.not(verifyMac(key, packet, 48, macLength), `${algorithm} ${macLength}`);
    }
  }
});

test('a MAC that would reach beyond the bytes is refused', () => {
  const key = symmetricKey({ id: 1, algorithm: 'MD5', secret, ranges: [] });
  assert.not(verifyMac(key, new Uint8Array(60), 48, 20));
});

test('keys in turns, over packets of all lengths, do not disturb one another', () => {
  const keys = algorithms.map((algorithm, i) => symmetricKey({ id: i + 1, algorithm, secret, ranges: [] }));
  const fresh = (algorithm: KeyAlgorithm) => symmetricKey({ id: 9, algorithm, secret, ranges: [] });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(keys.length - 1), fc.uint8Array({ maxLength: 300 })), { maxLength: 10 }),
      (turns) => {
        for (const [which, bytes] of turns) {
          const key = keys[which];
          if (key === undefined) continue;
          const a = new Uint8Array(64);
          const b = new Uint8Array(64);
          assert.is(key.computeMac(bytes, bytes.length, a, 0), key.macLength);
          fresh(key.algorithm).computeMac(bytes, bytes.length, b, 0);
          assert.equal(a, b);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a cipher key too short is filled with zeros, one too long is cut, as ntpd does', () => {
  const mac = (bytes: Uint8Array): string => {
    const out = new Uint8Array(16);
    symmetricKey({ id: 1, algorithm: 'AES-128-CMAC', secret: bytes, ranges: [] }).computeMac(
      secret,
      16,
      out,
      0,
    );
    return hex(out);
  };
  const padded = new Uint8Array(16);
  padded.set(secret.subarray(0, 5));
  assert.is(mac(secret.subarray(0, 5)), mac(padded));
  assert.is(mac(Uint8Array.from([...secret, 1, 2, 3])), mac(secret));
});

test('a key with an address list is usable from there alone', () => {
  const key = symmetricKey({
    id: 1,
    algorithm: 'MD5',
    secret,
    ranges: [
      { address: Uint8Array.from([10, 9, 0, 0]), prefixLength: 20 },
      { address: Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0xfd : 0)), prefixLength: 8 },
    ],
  });
  assert.ok(isKeyUsableFrom(key, Uint8Array.from([10, 9, 15, 255])));
  assert.not(isKeyUsableFrom(key, Uint8Array.from([10, 9, 16, 0])));
  assert.ok(
    isKeyUsableFrom(
      key,
      Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0xfd : 9)),
    ),
  );
  assert.not(isKeyUsableFrom(key, new Uint8Array(16)));
  const open = symmetricKey({ id: 1, algorithm: 'MD5', secret, ranges: [] });
  assert.ok(isKeyUsableFrom(open, new Uint8Array(16)));
});

test('key material crosses to another thread as data', () => {
  const material = { id: 3, algorithm: 'SHA256', secret, ranges: [] } as const;
  const key = keyTable([structuredClone(material)]).get(3);
  const a = new Uint8Array(20);
  const b = new Uint8Array(20);
  key?.computeMac(secret, 16, a, 0);
  symmetricKey(material).computeMac(secret, 16, b, 0);
  assert.equal(a, b);
});

test.run();
