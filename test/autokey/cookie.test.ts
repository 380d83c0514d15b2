import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  decryptCookie,
  encryptCookie,
  makeCookie,
  mayRotateByItself,
  newCookieSecrets,
  OLD_SECRET_LIFE,
  oldCookie,
  referenceCookie,
  rotateCookieSecret,
  symmetricCookie,
} from '../../src/autokey/cookie.js';
import { hostKey } from '../../src/autokey/host-key.js';
import { assert, test } from '../support/suite.js';

const client = Uint8Array.of(10, 9, 0, 2);
const server = Uint8Array.of(10, 9, 0, 1);
const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);

const privateKey = (bits: number) =>
  createPrivateKey(
    generateKeyPairSync('rsa', {
      modulusLength: bits,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey,
  );

test("our cookie is HMAC-SHA-256 of client and server address under the server's secret", () => {
  const mac = createHmac('sha256', first)
    .update(Uint8Array.of(10, 9, 0, 2, 10, 9, 0, 1))
    .digest();
  assert.is(makeCookie(newCookieSecrets(first, 1000), client, server), mac.readUInt32BE(0));
});

test('a cookie is for one client at one server', () => {
  const secrets = newCookieSecrets(first, 1000);
  assert.is.not(makeCookie(secrets, client, server), makeCookie(secrets, server, client));
  assert.is.not(makeCookie(secrets, client, server), makeCookie(secrets, Uint8Array.of(10, 9, 0, 3), server));
});

test("the reference's cookie, by its formula with a seed of zero", () => {
  const cookies = (['MD5', 'SHA1', 'SHA256', 'SHA512', 'RIPEMD160'] as const).map((digest) =>
    referenceCookie(digest, client, server, 0).toString(16),
  );
  assert.equal(cookies, ['e1ff7867', 'bb504e66', 'e7c27710', 'beb39b0f', 'e47932fe']);
});

test('after a rotation the old cookie is honoured for 2^20 s and no longer, across 2036 too', () => {
  const start = 0xffffff00;
  const before = newCookieSecrets(first, start - 1000);
  const old = makeCookie(before, client, server);
  assert.is(oldCookie(before, client, server, start), undefined);
  const after = rotateCookieSecret(before, second, start);
  assert.is.not(makeCookie(after, client, server), old);
  assert.is(oldCookie(after, client, server, start), old);
  assert.is(oldCookie(after, client, server, (start + OLD_SECRET_LIFE - 1) >>> 0), old);
  assert.is(oldCookie(after, client, server, (start + OLD_SECRET_LIFE) >>> 0), undefined);
  assert.is(oldCookie(after, client, server, start - 86_400), old, 'a clock set back');
});

test('a secret is not rotated by itself within a year', () => {
  const secrets = newCookieSecrets(first, 4_000_000_000);
  assert.not(mayRotateByItself(secrets, 4_000_000_000 + 364 * 86_400));
  assert.ok(mayRotateByItself(secrets, 4_000_000_000 + 365 * 86_400));
});

test('secrets have 32 bytes', () => {
  assert.throws(() => newCookieSecrets(new Uint8Array(31), 0));
});

test('a symmetric cookie is the XOR of both halves, unsigned (a capture of the older daemon)', () => {
  assert.is(symmetricCookie(0xc3ea5dfb, 0x42af9189), 0x8145cc72);
});

test('a cookie comes through OAEP, with keys of 512 bits too; another host cannot read it', () => {
  for (const bits of [512, 1024]) {
    const key = privateKey(bits);
    const encrypted = encryptCookie(createPublicKey(key), 0xe1ff7867) ?? new Uint8Array(0);
    assert.is(encrypted.length, bits / 8);
    assert.is(decryptCookie(hostKey(key), encrypted), 0xe1ff7867);
    assert.is(decryptCookie(hostKey(privateKey(bits)), encrypted), undefined);
    assert.is(decryptCookie(hostKey(key), encrypted.subarray(1)), undefined);
    assert.is(decryptCookie(hostKey(key), new Uint8Array(bits / 8).fill(255)), undefined);
  }
});

test.run();
