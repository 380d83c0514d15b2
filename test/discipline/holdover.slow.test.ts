/** Holdovers in numbers: does the bound cover the true error, and can a thermometer that lies do harm? */
import { runDiscipline } from '../../src/sim/discipline-run.js';
import { oscillatorModel } from '../../src/sim/oscillator.js';
import { RandomStream } from '../../src/sim/random.js';
import { type Thermometer, thermometerA } from '../../src/sim/thermometer.js';
import { assert, record, test } from '../support/suite.js';

const HOUR = 3600;
const forever = (from: number) => [{ from, to: Number.POSITIVE_INFINITY }];

/** Holdovers of one and four hours after four hours with a pulse, seeds 1 to `seeds`. */
function coverage(oscillator: string, seeds: number) {
  const lost = 4 * HOUR;
  const of = { 1: { covered: 0, squares: 0, bounds: 0 }, 4: { covered: 0, squares: 0, bounds: 0 } };
  for (let seed = 1; seed <= seeds; seed += 1)
    runDiscipline({
      oscillator,
      noise: 'N1u',
      seed,
      seconds: lost + 4 * HOUR + 1,
      evaluateFrom: lost,
      outages: forever(lost),
      observe: (k, error, { boundSeconds }) => {
        const sum = k === lost + HOUR ? of[1] : k === lost + 4 * HOUR ? of[4] : undefined;
        if (sum === undefined) return;
        sum.covered += Math.abs(error) <= boundSeconds ? 1 : 0;
        sum.squares += error * error;
        sum.bounds += boundSeconds;
      },
    });
  return ([1, 4] as const).map((hours) => {
    const { covered, squares, bounds } = of[hours];
    const ratio = bounds / seeds / Math.sqrt(squares / seeds);
    record(`holdover-bound ${oscillator} ${hours}h`, { covered: covered / seeds, boundOverRms: ratio });
    return { covered: covered / seeds, ratio };
  });
}

for (const oscillator of ['W8', 'W9', 'W10'])
  test(`${oscillator}: the bound covers 95 % of 50 holdovers of 1 h and of 4 h, and is no more than 3 times their RMS`, () => {
    for (const { covered, ratio } of coverage(oscillator, 50)) {
      assert.ok(covered >= 0.95, `${covered}`);
      assert.ok(ratio <= 3, `${ratio}`);
    }
  });

for (const oscillator of ['T2h', 'T24h'])
  test(`${oscillator}: the bound knows of the temperature cycle and covers 95 % of 20 holdovers`, () => {
    for (const { covered } of coverage(oscillator, 20)) assert.ok(covered >= 0.95, `${covered}`);
  });

/** |error| four hours behind the loss, a day with a pulse before, s. */
function afterFourHours(thermometer: Thermometer | undefined): number {
  let last = Number.NaN;
  runDiscipline({
    oscillator: 'T24h',
    noise: 'N1u',
    seed: 1,
    seconds: 24 * HOUR + 4 * HOUR + 1,
    evaluateFrom: 24 * HOUR,
    outages: forever(24 * HOUR),
    ...(thermometer === undefined ? {} : { thermometer }),
    observe: (_k, error) => {
      last = Math.abs(error);
    },
  });
  return last;
}

test('a thermometer that lies makes no holdover worse than without; one that breaks at the loss hardly', () => {
  const without = afterFourHours(undefined);
  const truth = thermometerA(oscillatorModel('T24h'), 1);
  const random = new RandomStream(5, 99);
  const noise = () => 25 + 2 * random.normal();
  const other = (k: number) => 25 + 5 * Math.sin((2 * Math.PI * k) / 18_000);
  for (const lie of [noise, other, () => 25]) assert.is(afterFourHours(lie), without);
  const breaks = afterFourHours((k) => (truth(k) ?? 25) + (k < 24 * HOUR ? 0 : 10));
  record('holdover-thermometer lies', { withoutUs: without * 1e6, breaksUs: breaks * 1e6 });
  assert.ok(breaks < 1.1 * without, `${breaks} ${without}`);
});

test.run();
