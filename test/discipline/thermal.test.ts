import { Rehearsals } from '../../src/discipline/rehearsal.js';
import { ThermalModel } from '../../src/discipline/thermal.js';
import { RandomStream } from '../../src/sim/random.js';
import { assert, test } from '../support/suite.js';

const DAY = 86_400;
/** A crystal of -0.1 ppm/°C and -0.034 ppm/°C² about 25 °C, in a daily cycle of 5 °C; 4 s steps. */
const air = (t: number) => 25 + 5 * Math.sin((2 * Math.PI * t) / DAY);
const crystal = (celsius: number) => 2e-5 - 1e-7 * (celsius - 25) - 3.4e-8 * (celsius - 25) ** 2;

function live(seconds: number, sensor: (t: number) => number) {
  const thermal = new ThermalModel();
  const rehearsals = new Rehearsals();
  const random = new RandomStream(3, 99);
  let phase = 0;
  for (let t = 0; t < seconds; t += 4) {
    thermal.feel(sensor(t), t);
    const noisy = phase + 1e-7 * random.normal();
    thermal.learn(t, noisy, 1e-7);
    rehearsals.take(t, () => ({
      phase: noisy,
      frequency: crystal(air(t)),
      frequencyVariance: 1e-18,
      varianceAt: (ahead) => 1e-14 + 1e-18 * ahead ** 2,
      thermalGain: thermal.gain(t),
    }));
    phase += 4 * crystal(air(t));
  }
  return { thermal, rehearsals };
}

test('a crystal’s linear and quadratic dependence are learned in a day, also through steps of a quarter degree', () => {
  for (const sensor of [air, (t: number) => Math.round(air(t) * 4) / 4]) {
    const { thermal, rehearsals } = live(DAY, sensor);
    const state = thermal.state();
    assert.ok(Math.abs((state?.perDegree ?? 0) + 1e-7) < 5e-9, `${state?.perDegree}`);
    assert.ok(Math.abs((state?.perDegree2 ?? 0) + 3.4e-8) < 2e-9, `${state?.perDegree2}`);
    assert.is(rehearsals.thermometer(), 'helps');
    const [beside, without] = [rehearsals.excess(14_400, true), rehearsals.excess(14_400, false)];
    assert.ok(Math.sqrt(beside) < 0.25 * Math.sqrt(without), `${Math.sqrt(beside)} ${Math.sqrt(without)}`);
  }
});

test('a thermometer that says something else, or always the same, is not trusted', () => {
  const random = new RandomStream(4, 99);
  let walk = 25;
  for (const sensor of [
    () => 25 + 2 * random.normal(),
    () => 25,
    () => {
      walk += 0.02 * random.normal();
      return walk;
    },
    (t: number) => 25 + 5 * Math.sin((2 * Math.PI * t) / 7000),
  ])
    assert.is(live(DAY, sensor).rehearsals.thermometer(), 'useless');
});

test('a thermometer that jumps is not listened to until the coast is over', () => {
  const { thermal } = live(DAY, air);
  const before = thermal.frequency();
  thermal.feel(80, DAY);
  thermal.feel(81, DAY + 1);
  assert.is(thermal.frequency(), before);
  thermal.feel(Number.NaN, DAY + 2);
  assert.is(thermal.frequency(), before);
  thermal.recover();
  thermal.feel(25, DAY + 3);
  assert.ok(Math.abs((thermal.frequency() ?? 0) - crystal(25)) < 3e-8);
});

test('a leap is judged by how far the readings moved before: one of 2 °C is none of a quiet sensor', () => {
  const { thermal } = live(DAY, air);
  const before = thermal.frequency();
  thermal.feel(27, DAY);
  assert.ok(thermal.broken);
  assert.is(thermal.frequency(), before);
  const random = new RandomStream(6, 99);
  const { thermal: loud } = live(DAY, (t) => air(t) + 0.5 * random.normal());
  loud.feel(27, DAY);
  assert.is(loud.broken, false);
});

test('a temperature that turns about in a coast is doubted from before it did, until the coast is over', () => {
  const { thermal } = live(DAY, air);
  let t = DAY;
  for (; !thermal.broken && t < 2 * DAY; t += 4) thermal.feel(50 - air(t), t);
  assert.ok(t < DAY + 5400, `${t - DAY}`);
  assert.ok(thermal.doubtfulSince <= DAY, `${thermal.doubtfulSince - DAY}`);
  thermal.recover();
  thermal.feel(26, t);
  assert.is(thermal.celsius, 26);
});

test('while there is a source a jump costs a lesson, and the new temperature is learned', () => {
  const { thermal } = live(DAY, (t) => air(t) + (t > DAY / 2 ? 8 : 0));
  assert.ok(!thermal.broken);
  assert.ok(Math.abs((thermal.celsius ?? 0) - air(DAY) - 8) < 0.1);
});

test('beyond the temperatures that were learned the frequency stands still', () => {
  const { thermal } = live(DAY, air);
  for (let celsius = 25; celsius < 60; celsius += 1) thermal.feel(celsius, DAY + celsius);
  const hot = thermal.frequency() ?? 0;
  assert.ok(Math.abs(hot - crystal(31)) < 1e-8, `${hot} ${crystal(31)}`);
});

test('what is saved is a start: the coefficients are there at the first lesson', () => {
  const saved = live(DAY, air).thermal.state();
  assert.ok(saved);
  const thermal = new ThermalModel(saved);
  let phase = 0;
  for (let t = 0; t < 5000; t += 4) {
    thermal.feel(air(t), t);
    thermal.learn(t, phase, 1e-7);
    phase += 4 * crystal(air(t));
  }
  assert.ok(Math.abs((thermal.state()?.perDegree ?? 0) + 1e-7) < 1e-8);
});

test.run();
