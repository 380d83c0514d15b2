import {
  nearestSecond,
  ntpDifferenceSeconds,
  ntpEra,
  ntpToUnixNs,
  secondsToNs,
  secondsToShort,
  shortToSeconds,
  unixNsToNtp,
} from '../../src/units/time.js';
import { assert, test } from '../support/suite.js';

const s = 1_000_000_000n;

test('the Unix epoch is 2208988800 s after the NTP epoch', () => {
  assert.is(unixNsToNtp(0n), 2208988800n << 32n);
});

test('era 1 begins at 2036-02-07T06:28:16Z', () => {
  const start = BigInt(Date.UTC(2036, 1, 7, 6, 28, 16)) * 1_000_000n;
  assert.is(unixNsToNtp(start), 0n);
  assert.is(ntpEra(start), 1);
  assert.is(ntpEra(start - 1n), 0);
  assert.is(ntpToUnixNs(0n, start - 60n * s), start);
  assert.is(ntpToUnixNs(unixNsToNtp(start - s), start + 60n * s), start - s);
});

test('a round trip is exact to 1 ns', () => {
  for (const ns of [1n, 123_456_789n, 1_790_000_000_987_654_321n, -5n, 4_000_000_000_000_000_001n]) {
    assert.is(ntpToUnixNs(unixNsToNtp(ns), ns + 40n * 365n * 86400n * s), ns);
  }
});

test('differences are signed across the era change', () => {
  assert.is(ntpDifferenceSeconds(1n << 32n, 0xffffffff00000000n), 2);
  assert.is(ntpDifferenceSeconds(0xffffffff00000000n, 1n << 32n), -2);
});

test('a short is rounded up, so that a bound never shrinks', () => {
  assert.is(secondsToShort(0), 0);
  assert.is(secondsToShort(1e-9), 1);
  assert.is(secondsToShort(1), 65536);
  assert.is(secondsToShort(1e9), 0xffffffff);
  assert.is(secondsToShort(Number.NaN), 0);
  assert.is(shortToSeconds(32768), 0.5);
});

test('seconds to nanoseconds keeps nine digits of large differences', () => {
  assert.is(secondsToNs(1e6 + 0.000000001), 1_000_000_000_000_001n);
  assert.is(secondsToNs(-0.25), -250_000_000n);
  assert.is(nearestSecond(-600_000_000n), -1n);
  assert.is(nearestSecond(1_499_999_999n), 1n);
});

test.run();
