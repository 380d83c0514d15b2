/**
 * What every Clock that can be steered keeps to, whatever is underneath. Each world starts at the time it is asked
 * for and moves only by advance().
 */
import type { Clock, ClockStatus } from '../../src/ports/clock.js';
import { assert, test } from '../support/suite.js';

export interface ClockWorld {
  readonly clock: Clock;
  /** lets the oscillator underneath run for so many of its own nanoseconds */
  advance(rawNs: bigint): void;
  /** what the kernel would stamp a packet with now */
  kernelNow(): bigint;
  /** another program steps the clock underneath */
  foreignStep(ns: bigint): void;
}

const SECOND = 1_000_000_000n;
const MIDNIGHT = 1_751_328_000n * SECOND; // 2025-07-01T00:00:00Z
const NOON = MIDNIGHT - 43_200n * SECOND;
const good: ClockStatus = {
  synchronised: true,
  leap: 0,
  maxErrorSeconds: 0.001,
  estimatedErrorSeconds: 0.0001,
  taiOffsetSeconds: 37,
};
const near = (actual: bigint, expected: bigint, within: bigint, what: string) => {
  const away = actual > expected ? actual - expected : expected - actual;
  assert.ok(away <= within, `${what}: ${actual} is ${away} ns from ${expected}`);
};

export function clockContract(name: string, make: (startNs: bigint) => ClockWorld): void {
  const claim = (text: string, run: (world: ClockWorld) => void, startNs = NOON) =>
    test(`${name}: ${text}`, () => run(make(startNs)));

  claim('a frequency is applied at once, rounded to its resolution', ({ clock, advance }) => {
    for (const wanted of [12.5e-6, -12.5e-6, 1e-6 / 3, 499.9e-6, 0]) {
      const real = clock.setFrequency(wanted);
      assert.ok(Math.abs(real - wanted) <= clock.frequencyResolution / 2 + 1e-18, `${real} for ${wanted}`);
      assert.is(clock.frequency, real);
      const before = clock.now();
      advance(100n * SECOND);
      near(clock.now() - before, 100n * SECOND + BigInt(Math.round(real * 100e9)), 2n, `at ${wanted}`);
    }
  });

  claim(
    'a frequency beyond 500 ppm is applied too, and one beyond the limit is clamped',
    ({ clock, advance }) => {
      for (const wanted of [-520e-6, 3333e-6, 0.0123456, -0.0999]) {
        const real = clock.setFrequency(wanted);
        assert.ok(Math.abs(real - wanted) < 1e-9, `${real} for ${wanted}`);
        const before = clock.now();
        advance(10n * SECOND);
        near(clock.now() - before, 10n * SECOND + BigInt(Math.round(real * 10e9)), 3n, `at ${wanted}`);
      }
      assert.ok(clock.setFrequency(1) <= clock.maxFrequency + 500.1e-6);
      assert.ok(clock.setFrequency(-1) >= -clock.maxFrequency - 500.1e-6);
    },
  );

  claim('the clock runs on through changes of frequency without a jump', ({ clock, advance }) => {
    for (let i = 0; i < 50; i += 1) {
      const before = clock.now();
      clock.setFrequency(((i * 37) % 100) * 1e-6);
      near(clock.now(), before, 1n, 'across the change');
      advance(SECOND / 3n);
    }
  });

  claim('a step moves the served time and not the monotonic one', ({ clock }) => {
    for (const seconds of [0.25, -0.25, 3.5, -1_000_000.125, 1e9]) {
      const served = clock.now();
      const monotonic = clock.monotonic();
      clock.step(seconds);
      near(clock.now() - served, BigInt(seconds * 1e9), 1n, `step of ${seconds}`);
      assert.is(clock.monotonic(), monotonic);
    }
  });

  claim('status, leap and TAI are read back as written, and stay through a step', ({ clock }) => {
    const check = () => {
      const read = clock.readback();
      assert.is(read.synchronised, true);
      assert.is(read.leap, 1);
      assert.is(read.taiOffsetSeconds, 37);
      assert.is(read.foreignHand, false);
    };
    clock.setStatus({ ...good, leap: 1 });
    check();
    clock.step(-0.5);
    check();
    clock.setStatus({ ...good, synchronised: false });
    assert.is(clock.readback().synchronised, false);
  });

  claim('the frequency is read back', ({ clock }) => {
    const real = clock.setFrequency(-3.2e-6);
    assert.ok(Math.abs(clock.readback().frequency - real) < 1e-15);
    assert.is(clock.readback().foreignHand, false);
  });

  claim('an inserted second repeats 23:59:59 at the end of the UTC day, once', ({ clock, advance }) => {
    clock.setStatus({ ...good, leap: 1 });
    advance(3600n * SECOND * 12n - SECOND / 2n);
    assert.is(clock.now(), MIDNIGHT - SECOND / 2n);
    advance(SECOND);
    assert.is(clock.now(), MIDNIGHT - SECOND / 2n, 'the same second again');
    assert.is(clock.readback().taiOffsetSeconds, 38);
    advance(SECOND);
    assert.is(clock.now(), MIDNIGHT + SECOND / 2n);
    // Nobody withdrew it, and still it is not done twice.
    advance(2n * 86_400n * SECOND);
    assert.is(clock.now(), MIDNIGHT + SECOND / 2n + 2n * 86_400n * SECOND);
    assert.is(clock.readback().taiOffsetSeconds, 38);
  });

  claim('a deleted second leaves 23:59:59 out', ({ clock, advance }) => {
    clock.setStatus({ ...good, leap: 2 });
    advance(3600n * SECOND * 12n - (3n * SECOND) / 2n);
    assert.is(clock.now(), MIDNIGHT - (3n * SECOND) / 2n);
    advance(SECOND);
    assert.is(clock.now(), MIDNIGHT + SECOND / 2n);
    assert.is(clock.readback().taiOffsetSeconds, 36);
  });

  claim('a leap second that is withdrawn does not happen', ({ clock, advance }) => {
    clock.setStatus({ ...good, leap: 1 });
    advance(3600n * SECOND);
    clock.setStatus(good);
    advance(24n * 3600n * SECOND);
    assert.is(clock.now(), NOON + 25n * 3600n * SECOND);
  });

  claim(
    'after a step the armed leap second still happens, at the end of the day it then is',
    ({ clock, advance }) => {
      clock.setStatus({ ...good, leap: 1 });
      advance(10n * SECOND);
      clock.step(40);
      assert.is(clock.readback().leap, 1);
      advance(43_200n * SECOND - 50n * SECOND - SECOND / 2n);
      assert.is(clock.now(), MIDNIGHT - SECOND / 2n);
      advance(SECOND);
      assert.is(clock.now(), MIDNIGHT - SECOND / 2n);
    },
  );

  claim('after one leap second was done and withdrawn another can be armed', ({ clock, advance }) => {
    clock.setStatus({ ...good, leap: 1 });
    advance(43_200n * SECOND + 10n * SECOND);
    clock.setStatus(good);
    advance(3n * SECOND);
    clock.setStatus({ ...good, leap: 1 });
    advance(86_400n * SECOND);
    assert.is(clock.now(), MIDNIGHT + 86_400n * SECOND + 11n * SECOND);
  });

  claim('a stamp taken before a correction is mapped as it was then', ({ clock, advance, kernelNow }) => {
    const stamps: [kernelNs: bigint, servedNs: bigint][] = [];
    for (let i = 0; i < 20; i += 1) {
      clock.setFrequency((i % 7) * 20e-6);
      if (i === 10 && clock.kind !== 'system') clock.step(0.25);
      advance(SECOND / 2n);
      stamps.push([kernelNow(), clock.now()]);
      advance(SECOND / 2n);
    }
    for (const [kernelNs, servedNs] of stamps) near(clock.toServed(kernelNs), servedNs, 1n, 'stamp');
  });

  claim('a step by another program is noticed, once', ({ clock, advance, foreignStep }) => {
    clock.setFrequency(1e-6);
    clock.setStatus(good);
    for (let i = 0; i < 5; i += 1) {
      advance(SECOND);
      assert.is(clock.readback().foreignHand, false);
    }
    foreignStep(-3n * SECOND);
    const { foreignHand, jumpSeconds } = clock.readback();
    assert.is(foreignHand, true);
    assert.ok(Math.abs(jumpSeconds + 3) < 0.001, `${jumpSeconds}`);
    clock.setStatus(good);
    assert.equal([clock.readback().foreignHand, clock.readback().jumpSeconds], [false, 0]);
  });

  claim('a step that is no number is refused', ({ clock }) => {
    assert.throws(
      () => clock.step(Number.NaN),
      (error: { code?: string }) => error.code === 'ERR_CLOCK',
    );
  });
}
