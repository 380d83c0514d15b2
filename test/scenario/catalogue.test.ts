import { SCENARIOS, scenarioOf } from '../../src/scenario/catalogue.js';
import { type Point, type RunFigures, summary } from '../../src/scenario/scenario.js';
import { Tally } from '../../src/scenario/tally.js';
import { assert, test } from '../support/suite.js';

test('each scenario has a name of its own and a goal that its figures answer', () => {
  assert.is(new Set(SCENARIOS.map(({ id }) => id)).size, SCENARIOS.length);
  for (const scenario of SCENARIOS) {
    const figures = scenario.run(1, { seconds: 60 });
    assert.ok(scenario.goals.length > 0, scenario.id);
    for (const { figure } of scenario.goals) assert.ok(figure in figures, `${scenario.id}: ${figure}`);
  }
});

test('a run shows every second once, and the same seed repeats it to the last digit', () => {
  for (const id of ['W9/N1u', 'LAN/W9']) {
    const look = () => {
      const points: Point[] = [];
      scenarioOf(id)?.run(2, { seconds: 120, observe: (point) => points.push(point) });
      return points;
    };
    const points = look();
    assert.equal(
      points.map(({ second }) => second),
      Array.from({ length: 120 }, (_, k) => k),
    );
    assert.equal(look(), points);
    const last = points.at(-1);
    assert.ok(Math.abs(last?.errorSeconds ?? 1) < 1e-3);
    assert.ok(Math.abs((last?.estimateSeconds ?? 1) - (last?.errorSeconds ?? 0)) < 1e-3);
  }
});

const point = (second: number, errorSeconds: number): Point => ({
  second,
  errorSeconds,
  estimateSeconds: 0,
  boundSeconds: 1,
  frequencyError: 1e-9,
  phase: 'locked',
  celsius: undefined,
});

test('a bound is reached when the error stays within it for 600 s', () => {
  const tally = new Tally(0);
  for (let k = 0; k < 2000; k += 1) tally.add(point(k, k === 300 ? 2e-6 : 5e-7));
  assert.is(tally.secondsTo(1e-6), 301);
  assert.is(tally.secondsTo(1e-7), Number.POSITIVE_INFINITY);
  assert.is(tally.secondsTo(1e-6, 1000), 0);
  assert.is(Math.round(tally.figures().maxNs), 2000);
});

test('over the seeds: the median, or the root mean square where a goal says so', () => {
  const holdover = scenarioOf('holdover/W9');
  assert.ok(holdover);
  const run = (after4hNs: number): RunFigures => ({ rmsNs: after4hNs, maxNs: 0, freqRmsPpb: 0, after4hNs });
  const { rmsNs, after4hNs } = summary(holdover, [run(0), run(0), run(3)]);
  assert.is(rmsNs, 0);
  assert.is(after4hNs, Math.sqrt(3));
});

test.run();
