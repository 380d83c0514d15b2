import { generationAt, isCurrent } from '../../../src/status/statistics/generation.js';
import { assert, test } from '../../support/suite.js';

const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;
const suffix = (type: Parameters<typeof generationAt>[0], iso: string, uptime = 0): string =>
  generationAt(type, at(iso), 4711, uptime).suffix;

test('each kind of generation is named as ntpd names it', () => {
  const when = '2026-11-23T05:00:00Z';
  assert.equal(
    (['none', 'pid', 'day', 'week', 'month', 'year'] as const).map((type) => suffix(type, when)),
    ['', '.#4711', '.20261123', '.2026w48', '.202611', '.2026'],
  );
  assert.is(suffix('age', when, 3 * 86_400 + 5), '.a00259200');
});

test('a week belongs to the year of its Thursday', () => {
  assert.is(suffix('week', '2027-01-03T23:59:59Z'), '.2026w53');
  assert.is(suffix('week', '2027-01-04T00:00:00Z'), '.2027w01');
  assert.is(suffix('week', '2024-12-30T00:00:00Z'), '.2025w01');
  assert.is(suffix('week', '2023-01-01T12:00:00Z'), '.2022w52');
});

test('a generation holds from its first instant to the last before the next one', () => {
  for (const [type, first, next] of [
    ['day', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'],
    ['week', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['month', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['year', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ] as const) {
    const generation = generationAt(type, at(first), 1, 0);
    assert.ok(isCurrent(generation, at(first)), type);
    assert.ok(isCurrent(generation, at(next) - 1n), type);
    assert.not(isCurrent(generation, at(next)), type);
    assert.not(isCurrent(generation, at(first) - 1n), type);
    assert.equal(generationAt(type, at(next) - 1n, 1, 0), generation);
  }
  assert.ok(isCurrent(generationAt('none', 0n, 1, 0), at('2200-01-01T00:00:00Z')));
});

test.run();
