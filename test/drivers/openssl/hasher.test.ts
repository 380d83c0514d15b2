import { createHmac, hash, randomBytes } from 'node:crypto';
import { openSslHasher } from '../../../drivers/openssl/hasher.js';
import { DIGESTS, type DigestName, isDigestAvailable } from '../../../src/auth/digest.js';
import { digestInto, hmacSha256Into, useHasher } from '../../../src/auth/hashing.js';
import { assert, skip, test } from '../../support/suite.js';

const names = (Object.keys(DIGESTS) as DigestName[]).filter(isDigestAvailable);

/** The contract: the same bytes as node:crypto's, whoever makes them. */
function claimContract(what: string): void {
  test(`${what}: digests of every name and of many lengths`, () => {
    for (const name of names) {
      const { openssl, length } = DIGESTS[name];
      for (const size of [0, 1, 16, 40, 55, 64, 68, 119, 500]) {
        const bytes = randomBytes(600);
        const out = new Uint8Array(length);
        digestInto(openssl, bytes, size, out);
        assert.equal(Buffer.from(out), hash(openssl, bytes.subarray(0, size), 'buffer'), `${name} ${size}`);
      }
    }
  });

  test(`${what}: HMAC-SHA-256`, () => {
    for (const size of [0, 8, 32, 200]) {
      const [secret, bytes, out] = [randomBytes(32), randomBytes(200), new Uint8Array(32)];
      hmacSha256Into(secret, bytes, size, out);
      const expected = createHmac('sha256', secret).update(bytes.subarray(0, size)).digest();
      assert.equal(Buffer.from(out), expected);
    }
  });
}

claimContract('node:crypto');
const hasher = openSslHasher();
if (hasher === undefined)
  skip('digests by OpenSSL', 'the node binary exports none', 'a node binary that exports libcrypto');
else {
  test('from here on: OpenSSL', () => useHasher(hasher));
  claimContract('OpenSSL');

  test('a digest it lacks, and one of no fixed length, are left to node:crypto', () => {
    const out = new Uint8Array(16);
    assert.is(hasher.digest('nonsense', new Uint8Array(4), 4, out), false);
    assert.is(hasher.digest('shake128', new Uint8Array(4), 4, out), false);
    assert.equal(out, new Uint8Array(16));
  });

  test('never reads beyond the bytes it was given', () => {
    assert.throws(() => hasher.digest('md5', new Uint8Array(4), 5, new Uint8Array(16)), /more bytes/);
    assert.throws(() => hasher.hmacSha256(new Uint8Array(32), new Uint8Array(4), 5, new Uint8Array(32)));
  });
}

test.run();
