import fc from 'fast-check';
import { Recent } from '../../src/discipline/recent.js';
import { RandomStream } from '../../src/sim/random.js';
import { assert, test } from '../support/suite.js';

const lineOf = (phases: readonly number[], step = 1) => {
  const recent = new Recent();
  for (const [k, phase] of phases.entries()) recent.take({ at: 1000 + k * step, phase });
  return recent.line();
};

test('a line is found whatever a quarter of the measurements are', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
      fc.uniqueArray(fc.nat(47), { maxLength: 5 }),
      fc.double({ min: -10, max: 10, noNaN: true }),
      (phase, slope, spoilt, by) => {
        const line = lineOf(
          Array.from({ length: 48 }, (_, k) => phase + slope * k + (spoilt.includes(k) ? by : 0)),
        );
        assert.ok(line !== undefined);
        assert.ok(Math.abs(line.slope - slope) < 1e-9, `${line.slope}, not ${slope}`);
        assert.ok(Math.abs(line.phase - phase) < 1e-9, `${line.phase}, not ${phase}`);
        assert.ok(line.spread < 1e-9, `${line.spread}`);
      },
    ),
  );
});

test('the spread is the standard deviation of what is normal', () => {
  const random = new RandomStream(1, 99);
  let sum = 0;
  for (let run = 0; run < 200; run += 1)
    sum += lineOf(Array.from({ length: 48 }, () => 1e-3 * random.normal()))?.spread ?? Number.NaN;
  assert.ok(Math.abs(sum / 200 - 1e-3) < 1.5e-4, `${sum / 200}`);
});

test('too few, too old or forgotten ones say nothing; a step shifts them', () => {
  assert.is(lineOf(new Array(47).fill(0)), undefined);
  assert.is(lineOf(new Array(48).fill(0), 3), undefined);
  const recent = new Recent();
  for (let k = 0; k < 48; k += 1) recent.take({ at: k, phase: 0 });
  recent.shift(0.5);
  assert.is(recent.line()?.phase, 0.5);
  recent.clear();
  assert.is(recent.line(), undefined);
});

test.run();
