import * as fc from 'fast-check';
import { SoftwareClock } from '../../src/clock/software.js';
import { assert, test } from '../support/suite.js';
import { clockContract } from './contract.js';

const SECOND = 1_000_000_000n;
const NOON = 1_751_284_800n * SECOND;

function world(startNs: bigint, kind: 'none' | 'simulated' = 'none') {
  const base = { ns: startNs, mono: 77n };
  const clock = new SoftwareClock({ baseNs: () => base.ns, monotonicNs: () => base.mono }, { kind });
  const advance = (ns: bigint) => {
    base.ns += ns;
    base.mono += ns;
  };
  const foreignStep = (ns: bigint) => {
    base.ns += ns;
  };
  return { clock, base, advance, foreignStep, kernelNow: () => base.ns };
}

clockContract('clock none', (startNs) => world(startNs));
clockContract('clock simulated', (startNs) => world(startNs, 'simulated'));

test('a step of the clock underneath does not show in the served time', () => {
  const { clock, advance, foreignStep } = world(NOON);
  clock.step(0.125);
  clock.setFrequency(10e-6);
  clock.readback();
  advance(SECOND);
  const before = clock.now();
  foreignStep(-5n * SECOND);
  assert.is(clock.readback().foreignHand, true);
  assert.is(clock.now(), before);
  advance(SECOND);
  assert.is(clock.now(), before + SECOND + 10_000n);
});

test('a clock underneath that another program slews by 500 ppm is not taken for a step', () => {
  const { clock, advance, foreignStep } = world(NOON);
  for (let i = 0; i < 100; i += 1) {
    advance(10n * SECOND);
    foreignStep(5_000_000n);
    assert.is(clock.readback().foreignHand, false);
  }
});

test('being held up between two readings is not taken for a step', () => {
  let mono = 0n;
  let heldUp = 0n;
  const clock = new SoftwareClock(
    {
      baseNs: () => {
        const now = NOON + mono;
        mono += heldUp;
        heldUp = 0n;
        return now;
      },
      monotonicNs: () => mono,
    },
    { kind: 'none', precisionLog2: -20 },
  );
  mono += SECOND;
  heldUp = 8_000_000n;
  const { foreignHand, jumpSeconds } = clock.readback();
  assert.equal([foreignHand, jumpSeconds], [false, 0]);
  assert.is(clock.now(), NOON + mono);
});

test('a stamp is mapped exactly, whatever corrections came after it', () => {
  const correction = fc.record({
    ppm: fc.double({ min: -500, max: 500, noNaN: true }),
    step: fc.option(fc.integer({ min: -2_000_000, max: 2_000_000 }), { nil: undefined }),
    ms: fc.integer({ min: 1, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(correction, { minLength: 1, maxLength: 40 }), (corrections) => {
      const { clock, base, advance } = world(NOON);
      const seen: [bigint, bigint][] = [];
      for (const { ppm, step, ms } of corrections) {
        clock.setFrequency(ppm * 1e-6);
        if (step !== undefined) clock.step(step / 1e6);
        advance(BigInt(ms) * 1_000_000n);
        seen.push([base.ns, clock.now()]);
        advance(1n);
      }
      for (const [kernelNs, servedNs] of seen) assert.is(clock.toServed(kernelNs), servedNs);
    }),
    { numRuns: 100 },
  );
});

test('a stamp taken after the leap second is mapped behind it even before anybody looked at the clock', () => {
  const { clock, base, advance } = world(NOON);
  clock.setStatus({ synchronised: true, leap: 1, maxErrorSeconds: 0, estimatedErrorSeconds: 0 });
  const midnight = NOON + 43_200n * SECOND;
  assert.is(clock.toServed(midnight - 1n), midnight - 1n);
  assert.is(clock.toServed(midnight), midnight - SECOND);
  assert.is(clock.toServed(midnight - 1n), midnight - 1n, 'and the one before it as before');
  advance(43_200n * SECOND);
  assert.is(base.ns, midnight);
  assert.is(clock.now(), midnight - SECOND);
});

test('it starts at the offset it is given', () => {
  const clock = new SoftwareClock(
    { baseNs: () => NOON, monotonicNs: () => 0n },
    { kind: 'simulated', initialOffsetSeconds: -0.05, precisionLog2: -24 },
  );
  assert.is(clock.now(), NOON - 50_000_000n);
  assert.is(clock.precisionLog2, -24);
});

test.run();
