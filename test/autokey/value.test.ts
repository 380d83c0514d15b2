import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { decodeLeapValues, encodeLeapValues } from '../../src/autokey/leap-values.js';
import { DEFAULT_KEY_POLICY, keyPolicy, weakestOf, weaknessOf } from '../../src/autokey/policy.js';
import { isBefore, secondsNear, stampDifference } from '../../src/autokey/seconds.js';
import {
  areStampsInOrder,
  checkValue,
  MAX_VALUE_LENGTH,
  signValue,
  unsignedValue,
  verifyValue,
} from '../../src/autokey/value.js';
import { TEST_TIME, testKey } from '../support/certificates.js';
import { assert, test } from '../support/suite.js';

const { key, privateKey } = testKey('signer', 512);
const signer = { publicKey: createPublicKey(privateKey), digest: 'SHA256' as const };
const value = Uint8Array.of(1, 2, 3, 4, 5);
const made = signValue(key, 'SHA256', TEST_TIME, TEST_TIME - 10, value);
const stamped = (timestamp: number, filestamp: number) => unsignedValue(timestamp, filestamp, value);

test('a signed value verifies; with any stamp, byte, key or digest changed it does not', () => {
  assert.is(verifyValue(signer, made), undefined);
  fc.assert(
    fc.property(fc.nat(4), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Uint8Array.from(value);
      changed[at] = (changed[at] ?? 0) ^ mask;
      return verifyValue(signer, { ...made, value: changed }) === 'signature';
    }),
    { numRuns: 30 },
  );
  assert.is(verifyValue(signer, { ...made, timestamp: TEST_TIME + 1 }), 'signature');
  assert.is(verifyValue(signer, { ...made, filestamp: TEST_TIME }), 'signature');
  assert.is(verifyValue({ ...signer, digest: 'SHA1' }, made), 'signature');
  const other = createPublicKey(testKey('thief', 512).privateKey);
  assert.is(verifyValue({ ...signer, publicKey: other }, made), 'signature');
  assert.is(verifyValue(signer, stamped(TEST_TIME, 0)), 'signature-length');
});

test('values without bytes, too long or without a timestamp are refused', () => {
  assert.is(checkValue(undefined, undefined), 'length');
  assert.is(checkValue({ ...made, value: new Uint8Array(0) }, undefined), 'length');
  assert.is(checkValue({ ...made, value: new Uint8Array(MAX_VALUE_LENGTH + 1) }, undefined), 'length');
  assert.is(checkValue(stamped(0, 0), undefined), 'timestamp');
  assert.is(checkValue(made, undefined), undefined);
});

test('a timestamp before its filestamp is refused: a clock set back by a year', () => {
  assert.is(checkValue(stamped(TEST_TIME - 365 * 86_400, TEST_TIME), undefined), 'filestamp');
  assert.is(checkValue(stamped(TEST_TIME, TEST_TIME), undefined), undefined);
  assert.is(checkValue(stamped(TEST_TIME, 0), undefined), undefined);
});

test('a value older than the last accepted one is refused, the same one again is not', () => {
  const last = { timestamp: TEST_TIME, filestamp: TEST_TIME - 100 };
  assert.is(checkValue(stamped(TEST_TIME - 1, TEST_TIME - 100), last), 'timestamp');
  assert.is(checkValue(stamped(TEST_TIME, TEST_TIME - 100), last), undefined);
  assert.is(checkValue(stamped(TEST_TIME + 1, TEST_TIME - 101), last), 'filestamp');
  assert.is(checkValue(stamped(TEST_TIME + 1, 0), last), 'filestamp');
  assert.is(checkValue(stamped(TEST_TIME + 1, TEST_TIME), last), undefined);
});

test('stamps keep their order over the era that begins in 2036', () => {
  const late = 2 ** 32 - 10;
  assert.is(stampDifference(5, late), 15);
  assert.ok(isBefore(late, 5) && !isBefore(5, late) && !isBefore(5, 5));
  assert.is(secondsNear(5, late), 2 ** 32 + 5);
  assert.is(secondsNear(late, 2 ** 32 + 5), late);
  assert.is(checkValue(stamped(5, late), { timestamp: late, filestamp: late }), undefined);
});

test('sign key, certificate, cookie and autokey are stamped in this order', () => {
  assert.ok(areStampsInOrder([10, 20, 20, 30]));
  assert.ok(areStampsInOrder([10, undefined, 0, 30]));
  assert.not(areStampsInOrder([10, 20, 19, 30]));
  assert.not(areStampsInOrder([20, undefined, 19]));
});

test('leap values are twelve bytes, and an offset beyond all sense is refused', () => {
  const leap = { taiOffset: 37, lastLeap: 3_692_217_600, expiry: 3_694_377_600 };
  assert.is(Buffer.from(encodeLeapValues(leap)).toString('hex'), '00000025dc12c500dc33ba80');
  const decoded = decodeLeapValues(encodeLeapValues(leap));
  assert.ok(decoded.ok);
  if (decoded.ok) assert.equal(decoded.value, leap);
  assert.not(decodeLeapValues(new Uint8Array(11)).ok);
  assert.not(decodeLeapValues(new Uint8Array(12).fill(255)).ok);
});

test('the default minimum is 1024 bits, SHA-1 and an exponent of 65537', () => {
  const weakness = (bits: number, digest: 'MD5' | 'SHA1' | 'SHA256', exponent = 65_537n) =>
    weaknessOf({ bits, digest, exponent }, DEFAULT_KEY_POLICY);
  assert.is(weakness(1024, 'SHA1'), undefined);
  assert.is(weakness(512, 'SHA256')?.allowedBy, 'crypto minimum 512 SHA1');
  assert.is(weakness(2048, 'MD5')?.allowedBy, 'crypto minimum 1024 MD5');
  assert.is(weakness(512, 'MD5')?.allowedBy, 'crypto minimum 512 MD5');
  assert.equal(
    [weakness(2048, 'SHA256', 3n)?.what, weakness(2048, 'SHA256', 3n)?.allowedBy],
    ['exponent', 'crypto minimum 512 SHA1'],
  );
  assert.is(weaknessOf({ bits: 512 }, DEFAULT_KEY_POLICY)?.what, 'modulus');
});

test('the words that would allow a key do allow it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 512, max: 4096 }),
      fc.constantFrom('MD4' as const, 'MD5' as const, 'SHA1' as const, 'SHA512' as const),
      fc.constantFrom(3n, 17n, 65_537n),
      fc.integer({ min: 512, max: 3000 }),
      fc.constantFrom('MD5' as const, 'SHA256' as const),
      (bits, digest, exponent, minimumBits, minimumDigest) => {
        const weakness = weaknessOf({ bits, digest, exponent }, keyPolicy(minimumBits, minimumDigest));
        if (weakness === undefined) return;
        const [, , allowedBits, allowedDigest] = weakness.allowedBy.split(' ');
        const name = (['MD4', 'MD5', 'SHA1', 'SHA256', 'SHA512'] as const).find(
          (known) => known === allowedDigest,
        );
        assert.ok(name !== undefined);
        if (name !== undefined)
          assert.is(weaknessOf({ bits, digest, exponent }, keyPolicy(Number(allowedBits), name)), undefined);
      },
    ),
    { numRuns: 200 },
  );
});

test('the weakest link is the fewest bits and the weakest digest', () => {
  assert.is(weakestOf([]), undefined);
  const links = [
    { bits: 2048, digest: 'MD5' as const },
    { bits: 1024, digest: 'SHA256' as const },
  ];
  assert.equal(weakestOf(links), { bits: 1024, digest: 'MD5' });
});

test.run();
