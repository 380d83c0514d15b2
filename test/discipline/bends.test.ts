import { Bends } from '../../src/discipline/bends.js';
import { assert, test } from '../support/suite.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const air = (t: number) => 25 + 5 * Math.sin((2 * Math.PI * t) / DAY);

/** Locked until `lostAt`; when a bend was called strange first, s after the loss. */
function strangeAfter(lostAt: number, seconds: number, sensor: (t: number) => number): number | undefined {
  const bends = new Bends();
  let integral = 0;
  for (let t = 0; t < lostAt + seconds; t += 16) {
    if (bends.isStrange(t, integral, Math.min(t, lostAt))) return t - lostAt;
    integral += 16 * sensor(t);
  }
  return undefined;
}
const coarse = (sensor: (t: number) => number) => (t: number) => Math.round(sensor(t) * 4) / 4;
const turned = (t: number) => (t < DAY ? air(t) : 50 - air(t));

for (const [name, seen] of [
  ['a fine thermometer', (sensor: (t: number) => number) => sensor],
  ['one with steps of a quarter degree', coarse],
] as const)
  test(`${name}: a temperature that goes on as before is never strange, one that turns about is within an hour and a half`, () => {
    assert.is(strangeAfter(DAY, DAY, seen(air)), undefined);
    const after = strangeAfter(DAY, DAY, seen(turned));
    assert.ok(after !== undefined && after <= 1.5 * HOUR, `${after}`);
  });

test('bends like those that were seen while locked are not strange', () => {
  const weather = (t: number) => 25 + 5 * Math.sin((2 * Math.PI * t) / (2 * HOUR));
  assert.is(
    strangeAfter(DAY, DAY, (t) => (t < DAY ? weather(t) : 50 - weather(t))),
    undefined,
  );
});

test('after an hour with a source nothing is strange yet', () => {
  assert.is(
    strangeAfter(HOUR, DAY, (t) => (t < HOUR ? air(t) : 50 - air(t))),
    undefined,
  );
});

test('a hole in the readings is no bend', () => {
  const bends = new Bends();
  let integral = 0;
  let t = 0;
  for (; t < DAY; t += 16) {
    bends.isStrange(t, integral, t);
    integral += 16 * air(t);
  }
  const hole = 5 * HOUR;
  integral += hole * 27;
  for (t += hole; t < 2 * DAY; t += 16) {
    assert.not.ok(bends.isStrange(t, integral, DAY));
    integral += 16 * air(t);
  }
});

test.run();
