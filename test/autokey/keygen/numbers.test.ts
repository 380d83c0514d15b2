import { makeGqKey, makeIffKey } from '../../../src/autokey/keygen/identity-keys.js';
import { makeMvKeys } from '../../../src/autokey/keygen/mv-keys.js';
import { opensslSource } from '../../../src/autokey/keygen/openssl-source.js';
import { bitLength, power } from '../../../src/autokey/powers/integers.js';
import { drawInteger } from '../../../src/autokey/powers/random-number.js';
import { systemRandom } from '../../../src/daemon/system-random.js';
import { assert, record, test } from '../../support/suite.js';

const source = opensslSource(systemRandom);

test('GQ: u^b v = 1, and the textbook exchange verifies', async () => {
  for (const bits of [512, 1016]) {
    const { n, b, u, v } = await makeGqKey(source, bits);
    assert.is(bitLength(n), bits);
    assert.is(bitLength(b), bits - 1);
    assert.is((power(u, b, n) * v) % n, 1n);
    const [k, r] = [drawInteger(systemRandom, 2n, n - 2n), drawInteger(systemRandom, 2n, n - 2n)];
    const y = (k * power(u, r, n)) % n;
    assert.is((power(y, b, n) * power(v, r, n)) % n, power(k, b, n));
  }
});

test('IFF: q divides p-1, g and v have order q, and the exchange verifies, small and large', async () => {
  for (const [bits, qBits] of [
    [512, 160],
    [1024, 160],
    [2048, 256],
  ] as const) {
    const { p, q, g, b, v } = await makeIffKey(source, bits);
    assert.equal([bitLength(p), bitLength(q), (p - 1n) % q], [bits, qBits, 0n]);
    assert.equal([power(g, q, p), power(v, q, p), v], [1n, 1n, power(g, q - b, p)]);
    const [k, r] = [drawInteger(systemRandom, 1n, q - 1n), drawInteger(systemRandom, 1n, q - 1n)];
    const y = (k + b * r) % q;
    assert.is((power(g, y, p) * power(v, r, p)) % p, power(g, k, p));
  }
});

test('MV: every client key but the last decrypts what the server key encrypts', async () => {
  const started = performance.now();
  const { server, clients } = await makeMvKeys(source, 512, 4);
  record('autokey-mv-512', { seconds: (performance.now() - started) / 1000 });
  const { p, q, e, gbar, ghat } = server;
  assert.is(p, 2n * q + 1n);
  assert.ok(await source.isPrime(p));
  const [k, r] = [drawInteger(systemRandom, 2n, q - 1n), drawInteger(systemRandom, 2n, p - 2n)];
  const decrypted = clients.map(
    ({ xbar, xhat }) =>
      (power(power(gbar, k, p), xhat, p) * power(power(ghat, k, p), xbar, p) * r * power(e, k, p)) % p,
  );
  assert.equal(
    decrypted.map((value) => value === r),
    [true, true, true, false],
  );
});

test.run();
