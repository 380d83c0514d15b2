/** Holdovers in numbers: does the bound cover the true error, and can a thermometer that lies do harm? */
import { runDiscipline } from '../../src/sim/discipline-run.js';
import { type OscillatorModel, oscillatorModel } from '../../src/sim/oscillator.js';
import { RandomStream } from '../../src/sim/random.js';
import { airCelsius, type Thermometer, thermometerA } from '../../src/sim/thermometer.js';
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

/** The largest |error| in the four hours behind the loss, a day or so with a pulse before, s. */
function afterFourHours(
  thermometer: Thermometer | undefined,
  oscillator: OscillatorModel = oscillatorModel('T24h'),
  lost = 24 * HOUR,
): number {
  let most = 0;
  runDiscipline({
    oscillator,
    noise: 'N1u',
    seed: 1,
    seconds: lost + 4 * HOUR + 1,
    evaluateFrom: lost,
    outages: forever(lost),
    ...(thermometer === undefined ? {} : { thermometer }),
    observe: (k, error) => {
      if (k > lost) most = Math.max(most, Math.abs(error));
    },
  });
  return most;
}

test('a thermometer that lies from the start makes no holdover worse than without', () => {
  const without = afterFourHours(undefined);
  const random = new RandomStream(5, 99);
  let walk = 25;
  const lies: Readonly<Record<string, Thermometer>> = {
    noise: () => 25 + 2 * random.normal(),
    otherCycle: (k) => 25 + 5 * Math.sin((2 * Math.PI * k) / 18_000),
    stuck: () => 25,
    randomWalk: () => {
      walk += 0.02 * random.normal();
      return walk;
    },
  };
  for (const [name, lie] of Object.entries(lies)) assert.is(afterFourHours(lie), without, name);
});

test('a thermometer that begins to lie at the loss makes no holdover worse than without', () => {
  const without = afterFourHours(undefined);
  const truth = thermometerA(oscillatorModel('T24h'), 1);
  const breaks: Readonly<Record<string, (celsius: number) => number | undefined>> = {
    jumps: (celsius) => celsius + 10,
    jumpsABit: (celsius) => celsius + 1.6,
    otherUnit: (celsius) => 77 - celsius,
    isStuck: () => 25,
    fallsSilent: () => undefined,
    isMirrored: (celsius) => 50 - celsius,
  };
  for (const [name, broken] of Object.entries(breaks)) {
    const after = afterFourHours((k) => (k < 24 * HOUR ? truth(k) : broken(truth(k) ?? 25)));
    record(`holdover-thermometer ${name}`, { withoutUs: without * 1e6, brokenUs: after * 1e6 });
    assert.ok(after <= without + 1e-9, `${name}: ${after} ${without}`);
  }
});

test('mirrored at the moment when the temperature turns anyway, a thermometer cannot be found out: the harm in numbers', () => {
  const model = oscillatorModel('T24h');
  const warmest = 30 * HOUR;
  const truth = thermometerA(model, 1);
  const without = afterFourHours(undefined, model, warmest);
  const lie: Thermometer = (k) => {
    const celsius = truth(k);
    return celsius === undefined || k < warmest ? celsius : 2 * airCelsius(model, warmest) - celsius;
  };
  const after = afterFourHours(lie, model, warmest);
  record('holdover-thermometer mirroredAtTurn', { withoutUs: without * 1e6, brokenUs: after * 1e6 });
  assert.ok(after < 1.6 * without, `${after} ${without}`);
});

test('a thermometer that lags ten times as far is used where it helps, and never harms', () => {
  for (const periodSeconds of [86_400, 7200]) {
    const model = { ...oscillatorModel('T24h'), periodSeconds };
    let felt = 25;
    const slow: Thermometer = (k) => {
      felt += (25 + 5 * Math.sin((2 * Math.PI * k) / periodSeconds) - felt) / 600;
      return k % 64 === 0 ? Math.round(felt * 4) / 4 : undefined;
    };
    const [without, lagging] = [afterFourHours(undefined, model), afterFourHours(slow, model)];
    record(`holdover-thermometer lag ${periodSeconds}`, {
      withoutUs: without * 1e6,
      laggingUs: lagging * 1e6,
    });
    assert.ok(lagging <= without, `${periodSeconds}: ${lagging} ${without}`);
  }
});

test.run();
