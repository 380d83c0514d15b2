import { ClockFilter } from '../../src/source/filter.js';
import type { Sample } from '../../src/source/types.js';
import { assert, test } from '../support/suite.js';

const s = 1_000_000_000n;
const sample = (
  at: number,
  offsetSeconds: number,
  delaySeconds: number,
  movedSeconds = 0,
  dispersionSeconds = 1e-5,
): Sample => ({
  offsetSeconds,
  delaySeconds,
  dispersionSeconds,
  monoNs: BigInt(Math.round(at * 1e9)),
  atNs: 1_800_000_000n * s + BigInt(Math.round(at * 1e9)),
  movedSeconds,
});
const near = (a: number | undefined, b: number, tolerance: number, why: string) =>
  assert.ok(a !== undefined && Math.abs(a - b) <= tolerance, `${why}: ${a} is not ${b}`);

test('the sample with the shortest round trip speaks', () => {
  const filter = new ClockFilter(1e-6);
  filter.add(sample(0, 0.001, 0.03), 0, 64);
  filter.add(sample(64, 0.0011, 0.01), 0, 64);
  assert.is(filter.add(sample(128, 0.0012, 0.04), 0, 64).type, 'old');
  assert.is(filter.estimate(130n * s, 0)?.offsetSeconds, 0.0011);
});

test('a sample is used once, and never one older than the last used', () => {
  const filter = new ClockFilter(1e-6);
  assert.is(filter.add(sample(0, 0, 0.01), 0, 64).type, 'fresh');
  for (let i = 1; i < 8; i += 1) assert.is(filter.add(sample(i * 64, 0, 0.02), 0, 64).type, 'old');
  // The eighth one pushes the best out of the register; the newest of the rest speaks.
  const verdict = filter.add(sample(8 * 64, 0, 0.02), 0, 64);
  assert.is(verdict.type, 'fresh');
  if (verdict.type === 'fresh') assert.is(verdict.sample.monoNs, 512n * s);
});

test('dispersion halves with each sample and is below 1.5 s after four', () => {
  const filter = new ClockFilter(1e-6);
  near(filter.dispersion(0n), 16, 0.07, 'empty');
  const seen: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    filter.add(sample(i * 2, 0, 0.01), 0, 64);
    seen.push(filter.dispersion(BigInt(i * 2) * s));
  }
  near(seen[0], 7.94, 0.01, 'one');
  near(seen[1], 3.94, 0.01, 'two');
  near(seen[3], 0.94, 0.01, 'four');
  assert.ok((seen[7] ?? 1) < 1e-3);
});

test('dispersion grows at 15 ppm while nothing comes', () => {
  const filter = new ClockFilter(1e-6);
  for (let i = 0; i < 8; i += 1) filter.add(sample(i * 2, 0, 0.01), 0, 64);
  const weight = 255 / 256;
  const grown = filter.dispersion(1014n * s) - filter.dispersion(14n * s);
  near(grown, weight * 15e-6 * 1000, 1e-9, 'growth');
});

test('a spike is not believed until it has lasted two polls', () => {
  const filter = new ClockFilter(1e-6);
  const wiggle = [0, 1e-5, -1e-5, 1e-5, 0, -1e-5, 1e-5, 0];
  for (const [i, w] of wiggle.entries()) filter.add(sample(i * 64, w, 0.01), 0, 64);
  const spike = filter.add(sample(512, 0.5, 0.0099), 0, 64);
  assert.is(spike.type, 'spike');
  near(filter.estimate(512n * s, 0)?.offsetSeconds, 0, 2e-5, 'the word before the spike');
  filter.add(sample(576, 0.5, 0.0099), 0, 64);
  filter.add(sample(640, 0.5, 0.0098), 0, 64);
  assert.is(filter.estimate(640n * s, 0)?.offsetSeconds, 0.5);
});

test('a step or a slew of the clock spoils no sample', () => {
  const filter = new ClockFilter(1e-6);
  for (let i = 0; i < 4; i += 1) filter.add(sample(i * 2, 0.2, 0.01), 0, 64);
  const before = filter.estimate(7n * s, 0);
  const after = filter.estimate(7n * s, 0.2);
  near(after?.offsetSeconds, 0, 1e-12, 'offset after a step of 200 ms');
  assert.is(after?.jitterSeconds, before?.jitterSeconds);
  filter.add(sample(8, 0, 0.01, 0.2), 0.2, 64);
  near(filter.estimate(8n * s, 0.2)?.jitterSeconds, 1e-6, 1e-12, 'jitter across the step');
  near(filter.stages(8n * s, 0.2)[4]?.offsetSeconds, 0, 1e-12, 'the register is re-expressed');
});

test('three unanswered polls move an empty stage in', () => {
  const filter = new ClockFilter(1e-6);
  for (let i = 0; i < 8; i += 1) filter.add(sample(i * 2, 0, 0.01), 0, 64);
  filter.addNothing();
  // The empty stage sorts last: it weighs 1/256 of 16 s.
  near(filter.dispersion(16n * s), 16 / 256, 1e-3, 'one empty stage');
  assert.is(filter.stages(16n * s, 0)[0]?.dispersionSeconds, 16);
  for (let i = 0; i < 7; i += 1) filter.addNothing();
  near(filter.dispersion(16n * s), 16, 0.07, 'all empty');
});

test('a sample beyond the Allan intercept yields to a fresh one of a longer path', () => {
  const filter = new ClockFilter(1e-6);
  filter.add(sample(0, 0, 0.01), 0, 1024);
  filter.add(sample(1024, 0, 0.02), 0, 1024);
  assert.is(filter.add(sample(2100, 0, 0.02), 0, 1024).type, 'fresh');
});

test('jitter is the rms about the best sample and never below the precision', () => {
  const filter = new ClockFilter(1e-6);
  filter.add(sample(0, 0.002, 0.02), 0, 1);
  filter.add(sample(64, 0.004, 0.02), 0, 1);
  filter.add(sample(128, 0.003, 0.01), 0, 1);
  near(filter.estimate(128n * s, 0)?.jitterSeconds, 0.001, 1e-12, 'rms');
  const quiet = new ClockFilter(1e-6);
  quiet.add(sample(0, 0, 0.01), 0, 64);
  assert.is(quiet.estimate(0n, 0)?.jitterSeconds, 1e-6);
  assert.is(new ClockFilter(1e-6).estimate(0n, 0), undefined);
});

test.run();
