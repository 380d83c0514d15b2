import fc from 'fast-check';
import { type Interval, intersect } from '../../src/source/intersection.js';
import { assert, test } from '../support/suite.js';

/** By the definition: count, at every end, how many intervals hold it. */
function oracle(intervals: readonly Interval[]): Interval | undefined {
  const holding = (x: number) => intervals.filter((i) => i.low <= x && x <= i.high).length;
  for (let f = 0; 2 * f < intervals.length; f += 1) {
    const wanted = intervals.length - f;
    const lows = intervals.map((i) => i.low).filter((x) => holding(x) >= wanted);
    const highs = intervals.map((i) => i.high).filter((x) => holding(x) >= wanted);
    const low = Math.min(...lows);
    const high = Math.max(...highs);
    if (lows.length > 0 && highs.length > 0 && high > low) return { low, high };
  }
  return undefined;
}

const interval = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 12 }))
  .map(([middle, half]) => ({ low: middle - half, high: middle + half }));

test('it agrees with counting by hand, whatever the intervals', () => {
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 9 }), (intervals) => {
      assert.equal(intersect(intervals), oracle(intervals));
    }),
    { numRuns: 3000 },
  );
});

test('the order of the sources does not matter', () => {
  fc.assert(
    fc.property(
      fc
        .array(interval, { minLength: 1, maxLength: 8 })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => assert.equal(intersect(shuffled), intersect(all)),
    ),
    { numRuns: 500 },
  );
});

test('while fewer than half lie, both ends of the result lie within honest intervals', () => {
  const honest = fc
    .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0.001, max: 1, noNaN: true }))
    .map(([error, margin]) => ({
      low: error - Math.abs(error) - margin,
      high: error + Math.abs(error) + margin,
    }));
  const lie = fc
    .tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.double({ min: 0.001, max: 5, noNaN: true }))
    .map(([middle, half]) => ({ low: middle - half, high: middle + half }));
  fc.assert(
    fc.property(
      fc
        .integer({ min: 0, max: 4 })
        .chain((liars) =>
          fc.tuple(
            fc.array(honest, { minLength: liars + 1, maxLength: liars + 5 }),
            fc.array(lie, { minLength: liars, maxLength: liars }),
          ),
        ),
      ([honestOnes, liars]) => {
        const found = intersect([...honestOnes, ...liars]);
        assert.ok(found !== undefined);
        for (const end of [found?.low ?? Number.NaN, found?.high ?? Number.NaN])
          assert.ok(
            honestOnes.some((i) => i.low <= end && end <= i.high),
            `${end}`,
          );
      },
    ),
    { numRuns: 2000 },
  );
});

test('two that disagree have no majority; three with one liar have', () => {
  assert.is(intersect([]), undefined);
  assert.is(
    intersect([
      { low: 0, high: 1 },
      { low: 2, high: 3 },
    ]),
    undefined,
  );
  assert.is(
    intersect([
      { low: 0, high: 1 },
      { low: 1, high: 2 },
    ]),
    undefined,
  );
  assert.equal(
    intersect([
      { low: 0, high: 2 },
      { low: 1, high: 3 },
      { low: 9, high: 10 },
    ]),
    { low: 1, high: 2 },
  );
});

test.run();
