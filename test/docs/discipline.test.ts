/**
 * What docs/discipline.md says of the estimator, against the estimator.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KalmanModel } from '../../src/discipline/kalman.js';
import type { ModelParameters } from '../../src/discipline/model.js';
import { scenarioOf } from '../../src/scenario/catalogue.js';
import { assert, projectRoot, test } from '../support/suite.js';

const folder = join(projectRoot, 'docs');
const page = readFileSync(join(folder, 'discipline.md'), 'utf8');
const sources = join(projectRoot, 'src', 'discipline');
const code = readdirSync(sources)
  .map((name) => readFileSync(join(sources, name), 'utf8'))
  .join('\n');

/** Cells of the tables whose rows begin as told. */
const rows = (begin: RegExp): readonly (readonly string[])[] =>
  page
    .split('\n')
    .filter((line) => begin.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const NOISE = 1;
const KEEP = 1;

test('each constant that the page names has that value in the code', () => {
  const constants = rows(/^\| `[A-Z_]+` \|/);
  assert.ok(constants.length >= 10);
  for (const [name = '', value = ''] of constants) {
    const bare = name.replaceAll('`', '');
    const [, found] = code.match(new RegExp(`const ${bare} = (.*?)(?: as const)?;`)) ?? [];
    assert.is(found, value, bare);
  }
});

test('the table of what is possible is the steady state of the filter', () => {
  const bounds = rows(/^\| 1e-\d+ \|/);
  assert.is(bounds.length, 5);
  for (const [wander = '', noise = '', lambda = '', phase = '', frequency = ''] of bounds) {
    const sigma = noise === '1 µs' ? 1e-6 : 2e-7;
    assert.ok(Math.abs(Number(wander) / sigma / Number(lambda) - 1) < 1e-9);
    const model = new KalmanModel({ lambda: Number(lambda), lambdaDrift: 0 });
    model.reset(0, 1, 0, 1);
    for (let k = 0; k < 5000; k += 1) {
      model.propagate(1);
      if (k < 4999) model.update(0, NOISE, KEEP);
    }
    const near = (value: number, text: string) =>
      assert.ok(Math.abs(value / Number.parseFloat(text) - 1) < 0.005, `${value} is not ${text}`);
    near(Math.sqrt(model.phaseVariance(0)) * sigma * 1e9, phase);
    near(Math.sqrt(model.frequencyVariance()) * sigma * 1e9, frequency);
  }
});

test('covariances move as F P F′ + Q of the page says', () => {
  const parameters: ModelParameters = { lambda: 0.03, lambdaDrift: 0.002 };
  const model = new KalmanModel(parameters);
  model.reset(0, 2, 0, 0.5);
  // The drift's own first variance is the model's business: it is read off the first step.
  for (const dt of [1, 1, 3]) {
    model.propagate(dt);
    model.update(0, NOISE, KEEP);
  }
  const s = parameters.lambda ** 2;
  const r = parameters.lambdaDrift ** 2;
  // Phase variance t ahead is a polynomial in t with P and Q as coefficients, without any step being made.
  const p = (t: number) => model.phaseVariance(t);
  const [dt, t] = [2, 5];
  const expected = p(dt + t);
  model.propagate(dt);
  assert.ok(Math.abs(model.phaseVariance(t) / expected - 1) < 1e-9);
  const fresh = new KalmanModel({ lambda: 0.03, lambdaDrift: 0 });
  fresh.reset(0, 2, 0, 0.5);
  fresh.propagate(dt);
  assert.ok(Math.abs(fresh.phaseVariance(0) - (2 + 0.5 * dt ** 2 + (s * dt ** 3) / 3)) < 1e-12);
  assert.ok(Math.abs(fresh.frequencyVariance() - (0.5 + s * dt)) < 1e-12);
  const drifting = new KalmanModel({ lambda: 0, lambdaDrift: 0.002 });
  drifting.reset(0, 0, 0, 0);
  drifting.propagate(dt);
  assert.ok(Math.abs(drifting.phaseVariance(0) - (r * dt ** 5) / 20) < 1e-15);
  assert.ok(Math.abs(drifting.frequencyVariance() - (r * dt ** 3) / 3) < 1e-15);
});

test('the second pulse tells the frequency to 1.4 ppm, the tenth to 0.1 ppm', () => {
  const model = new KalmanModel({ lambda: 1e-3, lambdaDrift: 0 });
  model.reset(0, 1, 0, (1e-4 / 1e-6) ** 2);
  const told: number[] = [];
  for (let k = 2; k <= 10; k += 1) {
    model.propagate(1);
    model.update(0, NOISE, KEEP);
    told.push(Math.sqrt(model.frequencyVariance()));
  }
  assert.ok(Math.abs((told[0] ?? 0) - 1.4) < 0.05);
  assert.ok(Math.abs((told.at(-1) ?? 0) - 0.1) < 0.02);
});

test('without a source the bound grows as the page has it', () => {
  const model = new KalmanModel({ lambda: 1e-3, lambdaDrift: 0 });
  model.reset(0, 0, 0, 0);
  const after = (hours: number) => Math.sqrt(model.coastingVariance(hours * 3600)) * 1e-6 * 1e6;
  assert.is(Math.round(after(1)), 125);
  assert.is(Math.round(after(4)), 998);
  model.reset(0, 2, 0, 0.5);
  assert.ok(Math.abs(model.coastingVariance(10) - (2 + 0.5 * 100 + (1e-6 * 1000) / 3)) < 1e-12);
});

test('each picture is there, and each command names a scenario that there is', () => {
  const pictures = [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file]) => file ?? '');
  assert.ok(pictures.length >= 3);
  for (const file of pictures) {
    assert.ok(existsSync(join(folder, file)), file);
    assert.match(page, new RegExp(`noonmark sim \\S+ .*--svg docs/${file}`));
  }
  const commands = [...page.matchAll(/noonmark sim ([\w/-]+) --/g)].map(([, id]) => id ?? '');
  assert.ok(commands.length >= pictures.length);
  for (const id of commands) assert.ok(scenarioOf(id) !== undefined, id);
});

test.run();
