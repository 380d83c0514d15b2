import { RandomStream } from '../../../src/sim/random.js';
import { PathNoise } from '../../../src/source/association/path-noise.js';
import { assert, test } from '../../support/suite.js';

test('what a sample is said to be wrong by is what it is wrong by, for short ways and for long ones', () => {
  const random = new RandomStream(1, 99);
  const path = new PathNoise(1e-9);
  // Normalised squared errors by excess: short, usual, long.
  const sums = [0, 0, 0];
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i += 1) {
    const [out, back] = [1e-3 * random.exponential(), 1e-3 * random.exponential()];
    const { noiseSeconds } = path.add(0.02 + out + back);
    const excess = out + back;
    const kind = excess < 1e-3 ? 0 : excess < 3e-3 ? 1 : 2;
    sums[kind] = (sums[kind] ?? 0) + ((out - back) / 2 / noiseSeconds) ** 2;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  for (const kind of [0, 1, 2]) {
    const ratio = Math.sqrt((sums[kind] ?? 0) / (counts[kind] ?? 1));
    assert.ok(ratio > 0.8 && ratio < 1.3, `${kind}: ${ratio}`);
  }
});

test('a path that has become longer is learned anew after eight round trips', () => {
  const random = new RandomStream(2, 99);
  const path = new PathNoise(1e-9);
  const feed = (base: number) => path.add(base + 1e-4 * (random.exponential() + random.exponential()));
  for (let i = 0; i < 100; i += 1) feed(0.01);
  assert.ok(feed(0.02).noiseSeconds > 1e-3, 'at first it is taken for waiting');
  for (let i = 0; i < 7; i += 1) feed(0.02);
  assert.ok(path.shortest > 0.019);
  assert.ok(feed(0.02).noiseSeconds < 3e-4);
});

test.run();
