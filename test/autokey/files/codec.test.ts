import { createPrivateKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { KeyFileFault } from '../../../src/autokey/files/fault.js';
import {
  gqKeyFields,
  gqKeyOf,
  gqParameterFields,
  gqParametersOf,
  iffKeyFields,
  iffKeyOf,
  iffParameterFields,
  iffParametersOf,
  mvKeyFields,
  mvKeyOf,
  mvParameterFields,
  mvParametersOf,
} from '../../../src/autokey/files/layouts.js';
import { CIPHERS, type CipherName } from '../../../src/autokey/files/password.js';
import { filestampOf, readArmour, writeArmour } from '../../../src/autokey/files/pem.js';
import {
  type PrivateNumbers,
  type RsaNumbers,
  readPrivateKey,
  writePrivateKey,
} from '../../../src/autokey/files/private-key.js';
import { makeGqKey, makeIffKey } from '../../../src/autokey/keygen/identity-keys.js';
import { makeMvKeys } from '../../../src/autokey/keygen/mv-keys.js';
import { opensslSource } from '../../../src/autokey/keygen/openssl-source.js';
import { systemRandom } from '../../../src/daemon/system-random.js';
import { assert, test } from '../../support/suite.js';

const random = (length: number) => new Uint8Array(randomBytes(length));
const source = opensslSource(systemRandom);
const ciphers = Object.keys(CIPHERS).filter((name): name is CipherName => name in CIPHERS);
const parse = (text: string, password?: string): PrivateNumbers =>
  readPrivateKey(readArmour(text).blocks[0]!, password);

const fault = (work: () => unknown): KeyFileFault => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof KeyFileFault, String(error));
    assert.ok(error.remedy !== '' && error.code === 'ERR_KEYS');
    return error;
  }
  throw new Error('no fault');
};

/**
 * One key as OpenSSL's tool writes it, password 'common': genrsa -traditional; rsa -des; pkcs8 -v2 des3 -v2prf hmacWithSHA1;
 * pkcs8 -scrypt.
 */
const OPENSSL = {
  plain: `-----BEGIN RSA PRIVATE KEY-----
MIIBOwIBAAJBAKSvyRsERsPOYKLHf/8ZeHhQZ8xz1Qe/bqQhFanQa8EkUkTU3iA+
r4T/Xh2VG63NBSP7QFiNeCkhrOHVxeqp1tsCAwEAAQJBAJkz6orWjJpFGAL2Qm1n
HXoXmqhJLWl6vYu0N3n1KPjPufqgq5nsD84bWJgV+i2j75Dc0MFZjHLHy9VCRmlV
mlkCIQDUFZqhhHSKXdIrpCwxpJdIX3uX+eVzdmyBK1Z5JVLWXQIhAMbJrA/lKx88
Zt4NO6O5ts8xj8vIioI4rPAqrtV4gJ6XAiAQem09R3FWntuJkIPuh39JnEGaGUx+
oCDmGFvrpb698QIgEvnNYvcNVr39U9UPjGF+AelJQLqz/hpK5+IrLlWCcaECIQCn
upt07oX9W7c2q+lO8LsVsaEhA1EaUtVS+aHgtmRNTQ==
-----END RSA PRIVATE KEY-----
`,
  des: `-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: DES-CBC,4A8EF7FF46CD86BD

SQEpkCYlt1e3TkY2zyeFrk41anb53ZpEdvtHFllWsDwgO93vtA1f0ta7j+dMIr8y
sJYQ0283D+6qHDDyLG+l967ry7WiaIPuSA3Oyps5Irmyr9q7aTFMBayJTFjSpYyl
ZYUQs+mxKBwg4Q/M33e9dw6YgH+oieAsRKhiAHRKzBx2Fggo/lYgq/hKHFD5tOcO
5/xf4FEBNYk2UA6w5N/BmqBNqVS/VRRWz73tRSJCrMfYRLhAwf0ALI+h/hBDXHkx
4mh78brjiRwsjk/E2rCyVcx7Eal9lUPLy75iFvv9ZCi/JfNOZ6Hanqzw+Yn+0VGB
p6OO6Q13KYHd23f9oY/0fRjfklxQm9hzfcDLagwbz3PLbLb1s81jc9ac4uUY/32b
FoBBkp0qrDZSGbGiO9cONf51Ua5z9IP1gHJusRUKR3k=
-----END RSA PRIVATE KEY-----
`,
  sha1: `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIBpjBABgkqhkiG9w0BBQ0wMzAbBgkqhkiG9w0BBQwwDgQIWR/KoxXXT4ACAggA
MBQGCCqGSIb3DQMHBAih2f+kJ3uDxwSCAWBzQOpxBHgYyJ6/5lVu0LwJdG8ibC5n
BK3gMUdCX8wXaMVSAh0JEnk4irp+nN8Cpe3iHdFkdgBc3yGdv+jLL96+mMoNeU6I
0rDBBbtpcDyWN2SwMdz9xEmdFIhum1HTw0q8jJOjA+pC6Jtif2jnx4poFlH/0zO0
JgppyCUzBYzIWpEdZ1xiykKLBsSKxTFiNGf+RzOCxumNlWzd9H0l3OhmtQ82hEqX
gFSkEK0l80DTcdWHQyE+LqZ+ht3BGPjPVk2ZWOhRRhcjMFNiyV2D54pNsYrk79R8
j9KzH6BL3ZseH3YZWqWrDiy9nWT1+geYMatGov1VgxSzpxwWXEH3hjN27CpU200d
jovGD4d7kdbZSbk4x/Tjwt+rgPynjT34XFrwH1DNhIVG0m5LA2OwiBoWHdU2kSXB
RArjoxXaGcj6y30S5o68myy0id/8a5NW75CnHxpiBES9G9t63Vw2GP5H
-----END ENCRYPTED PRIVATE KEY-----
`,
  scrypt: `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIBtTBPBgkqhkiG9w0BBQ0wQjAhBgkrBgEEAdpHBAswFAQIkWTgJ/wrtgQCAkAA
AgEIAgEBMB0GCWCGSAFlAwQBKgQQoG9BQBxwcmCTkkikMUQmMwSCAWCgoKRDgCsb
7SpnZHEULIZHBkU3LeTcbSNPXPNGr3eH65Okf9agJAv+i0gsxoIOnGcnJTGB60Ft
HRAQ6DpqN8yqmg+8uKgeM9sj/U9dKA+hwmzBOEERg520aJvK8GkRO0Z8D2L1Ejvn
foC8jNlgLueQgUUy4R6MZT1SaHZQO4IwQMxnGFAo7P0MJUpSroVfjsTxH6VIesUq
Nwk/eImsB4LKgOO7fFrQ3Lw3kdiltOlc80gDZ3C1oufJv3p5W+V/nkORVOfzYJck
bvHs6+GJsY4EjcNq9UlMt38KMPcYEGdP5KkIMBGnUCWMilLdPrU2up27RKIuO43R
rnDfdRU4fH8OrubmFVoqhQw9+h3MesvGEkbF37FlQ9w+Ds6/uNX8TE+NV398alXS
S0i8kYNpVPFDuH+PWhIIXZYYoCSVjYa4d/09sJk1XuxMLPI3G1ctMR3RZKMFpOt4
//tZYdLNUY63
-----END ENCRYPTED PRIVATE KEY-----
`,
};

test('every form and cipher of an RSA key is read as it was written, and by OpenSSL', async () => {
  const key = await source.rsa(512);
  for (const form of ['pkcs8', 'traditional'] as const)
    for (const password of [undefined, 'common', 'süß und lang '.repeat(5)])
      for (const cipher of ciphers) {
        const pem = writePrivateKey(key, { form, password, cipher }, random);
        assert.equal(parse(pem, password), key);
        const openssl = createPrivateKey({
          key: pem,
          ...(password === undefined ? {} : { passphrase: password }),
        });
        assert.is(openssl.asymmetricKeyDetails?.modulusLength, 512);
        if (password !== undefined) fault(() => parse(pem, `${password}x`));
        if (password !== undefined) assert.match(fault(() => parse(pem)).message, /no password/);
      }
});

test('identity keys come back from every form that can hold them', async () => {
  const gq = await makeGqKey(source, 512);
  const iff = await makeIffKey(source, 512);
  const mv = await makeMvKeys(source, 512, 3);
  const through = (numbers: PrivateNumbers, form: 'pkcs8' | 'traditional') =>
    parse(writePrivateKey(numbers, { form, password: 'x', cipher: 'aes-128-cbc' }, random), 'x');
  for (const form of ['pkcs8', 'traditional'] as const) {
    for (const isForP15 of [false, true])
      assert.equal(gqKeyOf(through(gqKeyFields(gq, isForP15), form)), {
        ...gq,
        layout: isForP15 ? 'p15' : 'stock',
      });
    const { n, b } = gq;
    assert.equal(gqParametersOf(through(gqParameterFields(gq), form)), { n, b, layout: 'both' });
    assert.equal(iffKeyOf(through(iffKeyFields(iff), form)), iff);
  }
  const { p, q, g, v } = iff;
  assert.equal(iffParametersOf(through(iffParameterFields(iff), 'traditional')), { p, q, g, v });
  assert.equal(mvKeyOf(through(mvKeyFields(mv.server), 'traditional')), mv.server);
  for (const client of mv.clients)
    assert.equal(mvParametersOf(through(mvParameterFields(client), 'traditional')), client);
  // PKCS#8 holds no public number: that is said, not guessed.
  assert.match(
    fault(() => iffParametersOf(through(iffParameterFields(iff), 'pkcs8'))).message,
    /v is missing/,
  );
  assert.match(fault(() => mvKeyOf(through(mvKeyFields(mv.server), 'pkcs8'))).message, /ghat is missing/);
});

test('a server key used as parameters gives the parameters; parameters are no server key', async () => {
  const gq = await makeGqKey(source, 512);
  const iff = await makeIffKey(source, 512);
  assert.is(gqParametersOf(gqKeyFields(gq, true)).b, gq.b);
  assert.is(iffParametersOf(iffKeyFields(iff)).v, iff.v);
  assert.match(fault(() => gqKeyOf(gqParameterFields(gq))).remedy, /group export --server/);
  assert.match(fault(() => iffKeyOf(iffParameterFields(iff))).remedy, /group export --server/);
});

test('numbers that do not fit, or that would prove nothing, are refused', async () => {
  const gq = await makeGqKey(source, 512);
  const rsa = gqKeyFields(gq, false);
  const bad: Partial<RsaNumbers>[] = [
    ...[{ q: 1n }, { q: gq.n - 1n }, { q: gq.v + 1n }, { p: gq.n }, { e: 1n, d: 1n }, { e: 0n, d: 0n }],
    ...[{ n: gq.n + 1n }, { n: 15n }, { n: (1n << 8000n) + 1n }, { e: gq.n + 2n }],
  ];
  for (const change of bad) fault(() => gqKeyOf({ ...rsa, ...change }, 7));
  const parameters = gqParameterFields(gq);
  for (const b of [0n, 1n, gq.n]) fault(() => gqParametersOf({ ...parameters, e: b, d: b }));
  const iff = iffKeyFields(await makeIffKey(source, 512));
  for (const change of [{ x: iff.q }, { x: 0n }, { g: 1n }, { g: iff.g + 1n }, { q: 3n }, { y: 5n }])
    fault(() => iffKeyOf({ ...iff, ...change }));
});

test('a 16-kbit modulus is refused before any arithmetic', () => {
  const huge = (1n << 16_383n) + 1n;
  const one = { dmp1: 1n, dmq1: 1n, iqmp: 1n };
  const key: RsaNumbers = { type: 'rsa', n: huge, e: huge - 2n, d: 1n, p: huge - 4n, q: huge - 6n, ...one };
  const pem = writePrivateKey(key, { form: 'pkcs8', password: undefined, cipher: 'aes-256-cbc' }, random);
  const started = performance.now();
  assert.match(fault(() => parse(pem)).message, /more than 8192 bits/);
  assert.ok(performance.now() - started < 100);
});

test('keys of 2006 (traditional, single DES) and of OpenSSL 1.0 (PBKDF2 with HMAC-SHA-1) open', () => {
  const wanted = parse(OPENSSL.plain);
  for (const text of [OPENSSL.des, OPENSSL.sha1]) {
    assert.equal(parse(text, 'common'), wanted);
    assert.match(fault(() => parse(text, 'other')).message, /password/);
  }
});

test('a way of encryption that is not known names a remedy', () => {
  const found = fault(() => parse(OPENSSL.scrypt, 'common'));
  assert.match(found.message, /not known here/);
  assert.match(found.remedy, /openssl pkcs8 -topk8/);
});

test('the file stamp is the digits after the last dot of line 1', () => {
  assert.is(filestampOf('# ntpkey_RSAhost_a.example.org.4004380625'), 4_004_380_625);
  assert.is(filestampOf('# ntpkey_RSAhost_peer1.4004380625 \r'), 4_004_380_625);
  for (const text of ['# none', '# x.', '# x.12y', '# x.99999999999', '# x.4294967296', '# x.0'])
    assert.is(filestampOf(text), undefined, text);
  const text = writeArmour('ntpkey_GQkey_g.4004380625', 4_004_380_625, [
    '-----BEGIN X-----\nAAAA\n-----END X-----\n',
  ]);
  assert.is(text.split('\n', 3).join('|'), '# ntpkey_GQkey_g.4004380625|# Sun Nov 22 23:57:05 2026|');
  const { name, filestamp, blocks } = readArmour(text);
  assert.equal([name, filestamp, blocks[0]!.line], ['ntpkey_GQkey_g.4004380625', 4_004_380_625, 4]);
});

test('cut, flipped and invented files give faults with a line, never another error', async () => {
  const iff = iffKeyFields(await makeIffKey(source, 512));
  const gq = gqKeyFields(await makeGqKey(source, 512), false);
  const form = { password: 'x', cipher: 'aes-128-cbc' } as const;
  const blocks = [
    ...[iff, gq].map((key) => writePrivateKey(key, { ...form, form: 'pkcs8' }, random)),
    writePrivateKey(iff, { ...form, form: 'traditional' }, random),
    writePrivateKey(gq, { ...form, form: 'traditional', password: undefined }, random),
  ];
  const texts = blocks.map((block) => writeArmour('ntpkey_x_y.4004380625', 4_004_380_625, [block]));
  const attempt = (text: string): void => {
    try {
      const numbers = parse(text, 'x');
      if (numbers.type === 'rsa') gqKeyOf(numbers);
      else iffKeyOf(numbers);
    } catch (error) {
      assert.ok(error instanceof KeyFileFault, String(error));
      assert.ok(error.line >= 1);
    }
  };
  for (const text of texts) for (let end = 0; end < text.length; end += 7) attempt(text.slice(0, end));
  fc.assert(
    fc.property(fc.nat(3), fc.nat(2000), fc.integer({ min: 33, max: 126 }), (which, at, code) => {
      const text = texts[which]!;
      const place = at % text.length;
      attempt(text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom('PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'DSA PRIVATE KEY'),
      (der, label) => {
        attempt(`-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`);
      },
    ),
    { numRuns: 300 },
  );
  fc.assert(fc.property(fc.string({ maxLength: 300 }), attempt), { numRuns: 200 });
});

test.run();
