import { createNoise, noiseModel } from '../../src/sim/noise.js';
import { createOscillator, oscillatorModel, steadyOscillator } from '../../src/sim/oscillator.js';
import { RandomStream, STREAM } from '../../src/sim/random.js';
import { assert, test } from '../support/suite.js';

const near = (value: number, expected: number, digits: number) =>
  assert.is(value.toPrecision(digits), expected.toPrecision(digits));

// Expected values: shared/reference/discipline-baselines.md §2.4.
test('sfc32, seed 1 stream 1, gives the published raw outputs', () => {
  const random = new RandomStream(1, STREAM.oscillator);
  assert.equal([random.raw(), random.raw(), random.raw()], [3531887805, 1959362582, 4033856046]);
});

test('Box-Muller keeps the second value of each pair', () => {
  const random = new RandomStream(1, STREAM.oscillator);
  assert.is(random.normal().toFixed(10), '-0.6019409280');
  assert.is(random.normal().toFixed(10), '0.1699704885');
  assert.is(random.normal().toFixed(10), '-0.2328294069');
});

test('W9, seed 1, walks as published', () => {
  const oscillator = createOscillator('W9', 1);
  near(oscillator.next(), 1.999939805907e-5, 13);
  near(oscillator.next(), 1.999956802956e-5, 13);
  let f = 0;
  for (let k = 2; k <= 43200; k += 1) f = oscillator.next();
  near(f, 2.017243806731e-5, 13);
});

test('T2h, seed 1, has its temperature cycle', () => {
  const oscillator = createOscillator('T2h', 1);
  oscillator.next();
  near(oscillator.next(), 2.0000393135213665e-5, 16);
});

test('N1u, seed 1, has the published noise', () => {
  const noise = createNoise('N1u', 1);
  near(noise.next(), 2.115876502e-8, 10);
  near(noise.next(), -2.11966662e-7, 10);
  near(noise.next(), 1.898744378e-6, 10);
});

test('N200 is N1u at a fifth', () => {
  near(createNoise('N200', 1).next(), 2.115876502e-8 / 5, 10);
});

test('O1u, seed 1, has its first outliers at 11, 12 and 75', () => {
  const noise = createNoise('O1u', 1);
  const found: [number, number][] = [];
  for (let k = 0; k <= 75; k += 1) {
    const n = noise.next();
    if (n > 40e-6) found.push([k, n]);
  }
  assert.equal(
    found.map(([k]) => k),
    [11, 12, 75],
  );
  near(found[0]?.[1] ?? 0, 6.27464e-5, 6);
  near(found[1]?.[1] ?? 0, 1.108739e-4, 7);
  near(found[2]?.[1] ?? 0, 9.17081e-5, 6);
});

test('models are extensible by replacing figures; an unknown name is refused with the known ones', () => {
  const aged = createOscillator(oscillatorModel('W9', { wander: 0, offset: 0, drift: 1e-12 }), 1);
  assert.equal([aged.next(), aged.next(), aged.next()], [0, 1e-12, 2e-12]);
  assert.is(steadyOscillator(3e-6).next(), 3e-6);
  assert.throws(() => oscillatorModel('W11'), /no oscillator model "W11"/);
  assert.throws(() => noiseModel('N2u'), /no noise model/);
});

test('uniform bytes are seeded: two streams differ, the same stream repeats', () => {
  const of = (stream: number) => Buffer.from(new RandomStream(7, stream).bytes(32)).toString('hex');
  assert.is(of(17), of(17));
  assert.is.not(of(17), of(18));
});

test.run();
