import fc from 'fast-check';
import { ntpToUnixNs, unixNsToNtp } from '../../src/units/time.js';
import {
  nsOfNtpFraction,
  ntp32ToUnixNs,
  ntpFractionOfNs,
  ntpSecondsOfUnix,
  ptp64ToTaiNs,
  taiNsToPtp64,
  unixNsToNtp32,
} from '../../src/wire/timestamp.js';
import { assert, test } from '../support/suite.js';

const s = 1_000_000_000n;

function agrees(seconds: number, ns: number): void {
  const whole = unixNsToNtp(BigInt(seconds) * s + BigInt(ns));
  assert.is(BigInt(ntpSecondsOfUnix(seconds)), whole >> 32n);
  assert.is(BigInt(ntpFractionOfNs(ns)), whole & 0xffffffffn);
}

test('two halves without bigint are those of the bigint conversion, across the eras', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5e9, max: 2e10 }), fc.integer({ min: 0, max: 999_999_999 }), agrees),
    { numRuns: 2000 },
  );
  agrees(0, 0);
  agrees(2_085_978_495, 999_999_999);
  agrees(2_085_978_496, 0);
});

test('the fraction is right where its exact value lies nearest to a half', () => {
  // ns · 2^23 mod 5^9 next to 5^9 / 2: the inverse of 2^23 modulo 5^9 gives the two residues of ns.
  const modulus = 5 ** 9;
  let inverse = 1n;
  for (let i = 0; i < 23; i += 1) inverse = (inverse * BigInt((modulus + 1) / 2)) % BigInt(modulus);
  for (const target of [(modulus - 1) / 2, (modulus + 1) / 2]) {
    const residue = Number((BigInt(target) * inverse) % BigInt(modulus));
    for (let ns = residue; ns < 1e9; ns += modulus) agrees(1_700_000_000, ns);
  }
});

test('nanoseconds come back from a fraction as units/time gives them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (fraction) => {
      assert.is(
        BigInt(nsOfNtpFraction(fraction)),
        ntpToUnixNs((2_208_988_800n << 32n) | BigInt(fraction), 0n),
      );
    }),
    { numRuns: 2000 },
  );
});

test('an NTP 32-bit timestamp comes back within its grain, anywhere within 9 hours of the pivot', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
      fc.bigInt({ min: -32_000n * s, max: 32_000n * s }),
      (now, away) => {
        const back = ntp32ToUnixNs(unixNsToNtp32(now), now + away);
        const error = back - now;
        assert.ok(error >= -7630n && error <= 7630n, `${error}`);
      },
    ),
  );
});

test('a PTP truncated timestamp comes back exactly within 68 years of the pivot, and wraps in 2106', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
      fc.bigInt({ min: -2_147_000_000n * s, max: 2_147_000_000n * s }),
      (now, away) => {
        assert.equal(ptp64ToTaiNs(taiNsToPtp64(now), now + away), { ok: true, value: now });
      },
    ),
  );
  assert.is(taiNsToPtp64(4_294_967_296n * s + 5n), 5n);
  assert.equal(ptp64ToTaiNs(1_000_000_000n, 0n), { ok: false, reason: 'bad-field' });
});

test.run();
