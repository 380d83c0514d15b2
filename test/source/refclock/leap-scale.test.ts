import { LeapScale } from '../../../src/source/refclock/leap-scale.js';
import { assert, test } from '../../support/suite.js';

const NS = 1_000_000_000n;
const MIDNIGHT = 1_483_228_800n; // 2017-01-01T00:00:00Z, after the leap second of 2016

test('without leaps the scale is Unix time', () => {
  const scale = new LeapScale();
  assert.is(scale.continuous(MIDNIGHT * NS + 5n, false), MIDNIGHT * NS + 5n);
  assert.equal(scale.unix(MIDNIGHT), { second: MIDNIGHT, doubtful: false });
});

test('an inserted second counts: 59, 60 and 00 follow each other', () => {
  const scale = new LeapScale();
  scale.arm({ atNs: MIDNIGHT * NS, change: 1 }, (MIDNIGHT - 100n) * NS);
  assert.is(scale.continuous((MIDNIGHT - 1n) * NS, false), (MIDNIGHT - 1n) * NS);
  assert.is(scale.continuous(MIDNIGHT * NS, true), MIDNIGHT * NS);
  assert.is(scale.continuous(MIDNIGHT * NS, false), (MIDNIGHT + 1n) * NS);
  assert.is(scale.unix(MIDNIGHT + 10n).second, MIDNIGHT + 9n);
  assert.is(scale.unix(MIDNIGHT - 10n).second, MIDNIGHT - 10n);
});

test('a deleted second does not occur', () => {
  const scale = new LeapScale();
  scale.arm({ atNs: MIDNIGHT * NS, change: -1 }, (MIDNIGHT - 100n) * NS);
  assert.is(scale.continuous((MIDNIGHT - 2n) * NS, false), (MIDNIGHT - 2n) * NS);
  assert.is(scale.continuous(MIDNIGHT * NS, false), (MIDNIGHT - 1n) * NS);
  assert.is(scale.unix(MIDNIGHT - 1n).second, MIDNIGHT);
  assert.is(scale.unix(MIDNIGHT + 10n).second, MIDNIGHT + 11n);
});

test('the seconds around a leap are doubtful', () => {
  const scale = new LeapScale();
  scale.arm({ atNs: MIDNIGHT * NS, change: 1 }, (MIDNIGHT - 100n) * NS);
  const doubtful = [-3n, -2n, 0n, 3n, 4n].map((k) => scale.unix(MIDNIGHT + k).doubtful);
  assert.equal(doubtful, [false, true, true, true, false]);
});

test('a receiver that says :60 at midnight has announced the leap by that', () => {
  const scale = new LeapScale();
  assert.is(scale.continuous(MIDNIGHT * NS, true), MIDNIGHT * NS);
  assert.is(scale.continuous((MIDNIGHT + 1n) * NS, false), (MIDNIGHT + 2n) * NS);
});

test('a leap that is over when it is announced does not count', () => {
  const scale = new LeapScale();
  scale.arm({ atNs: MIDNIGHT * NS, change: 1 }, (MIDNIGHT + 100n) * NS);
  assert.is(scale.continuous((MIDNIGHT + 200n) * NS, false), (MIDNIGHT + 200n) * NS);
});

test('an announcement taken back does not count, unless its minute has come', () => {
  const scale = new LeapScale();
  scale.arm({ atNs: MIDNIGHT * NS, change: 1 }, (MIDNIGHT - 1000n) * NS);
  scale.disarm((MIDNIGHT - 5n) * NS);
  assert.is(scale.unix(MIDNIGHT + 10n).second, MIDNIGHT + 9n);
  scale.disarm((MIDNIGHT - 500n) * NS);
  assert.is(scale.unix(MIDNIGHT + 10n).second, MIDNIGHT + 10n);
});

test.run();
