import { applyStampMap, type ClockStatus } from '../../src/ports/clock.js';
import { createOscillator, steadyOscillator } from '../../src/sim/oscillator.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, test } from '../support/suite.js';

const START = 1_767_225_600; // 2026-01-01T00:00:00Z
const S = 1_000_000_000n;
const status = (leap: 0 | 1 | 2): ClockStatus => ({
  synchronised: true,
  leap,
  maxErrorSeconds: 1e-3,
  estimatedErrorSeconds: 1e-6,
  taiOffsetSeconds: 37,
});
const close = (value: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} within ${tolerance}`);

test('a crystal 20 ppm fast gains 20 us a second; the product form holds under correction', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(2e-5), startErrorSeconds: 0.05 });
  world.runUntil(10);
  close(clock.errorSeconds(), 0.05 + 2e-4, 1e-15);
  const u = clock.setFrequency(-2e-5);
  world.runUntil(1000.5);
  close(clock.errorSeconds(), 0.05 + 2e-4 + (2e-5 + u + 2e-5 * u) * 990.5, 1e-14);
  assert.is(
    clock.now(),
    BigInt(START) * S + 1_000_500_000_000n + BigInt(Math.round(clock.errorSeconds() * 1e9)),
  );
});

test('a correction is rounded to 2^-16 ppm and clamped to 500 ppm', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0) });
  const unit = 1e-6 / 65536;
  assert.is(clock.setFrequency(1.4 * unit), unit);
  assert.is(clock.setFrequency(-1), -500e-6);
  assert.is(clock.frequency, -500e-6);
  const wide = world.addHost({ oscillator: steadyOscillator(0), maxFrequency: 0.1 }).clock;
  close(wide.setFrequency(0.05), 0.05, unit);
});

test('reading a clock does not change its course by one bit', () => {
  const course = (readEvery: number) => {
    const world = new VirtualWorld({ startUnixSecond: START });
    const { clock } = world.addHost({ oscillator: createOscillator('W9', 3), startErrorSeconds: 0.05 });
    for (let t = 0; t <= 100; t += readEvery) {
      world.runUntil(t);
      clock.now();
      clock.monotonic();
    }
    world.runUntil(100);
    return clock.errorSeconds();
  };
  assert.is(course(0.013), course(50));
});

test('a stamp is mapped with the piece that was in force, across rate changes and steps, within 1 ns', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: createOscillator('W8', 2), startErrorSeconds: 0.05 });
  const seen: { kernel: bigint; served: bigint }[] = [];
  for (let i = 1; i <= 200; i += 1) {
    world.runUntil(i * 0.37);
    if (i % 7 === 0) clock.setFrequency(((i % 11) - 5) * 40e-6);
    if (i % 50 === 0) clock.step(i % 100 === 0 ? -3.5 : 0.75);
    seen.push({ kernel: world.kernelNs(world.now()), served: clock.now() });
    assert.is(applyStampMap(clock.stampMap(), world.kernelNs(world.now())), clock.now());
  }
  for (const { kernel, served } of seen) {
    const apart = clock.toServed(kernel) - served;
    assert.ok(apart >= -1n && apart <= 1n, `off by ${apart} ns`);
  }
});

test('with stamps of the served clock the map is the identity and a stamp keeps what the clock showed', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({
    oscillator: steadyOscillator(0),
    startErrorSeconds: 0.5,
    stamps: 'served',
  });
  world.runUntil(3);
  clock.step(-0.5);
  assert.is(clock.kernelStamp(2), BigInt(START + 2) * S + 500_000_000n);
  assert.is(clock.toServed(clock.kernelStamp(2)), clock.kernelStamp(2));
  assert.is(applyStampMap(clock.stampMap(), 12345n), 12345n);
});

test('an armed insertion repeats the last second of the day, at midnight of the clock itself', () => {
  const midnight = START + 86400;
  const leaps = [{ atUnixSecond: midnight, change: 1 }] as const;
  const world = new VirtualWorld({ startUnixSecond: midnight - 10, leaps });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0), startErrorSeconds: 0.25 });
  clock.setStatus(status(1));
  const shown: bigint[] = [];
  for (const t of [9.7, 9.8, 10.7, 10.8, 11]) {
    world.runUntil(t);
    shown.push(clock.now() - BigInt(midnight) * S);
    close(clock.errorSeconds(), 0.25, 1e-12);
  }
  assert.equal(shown, [-50_000_000n, -950_000_000n, -50_000_000n, 50_000_000n, 250_000_000n]);
  assert.is(clock.readback().taiOffsetSeconds, 38);
  world.runUntil(86500);
  close(clock.errorSeconds(), 0.25, 1e-9);
});

test('an armed deletion skips the last second; a leap that is not taken is an error of one second', () => {
  const midnight = START + 86400;
  const leaps = [{ atUnixSecond: midnight, change: -1 }] as const;
  const world = new VirtualWorld({ startUnixSecond: midnight - 10, leaps });
  const told = world.addHost({ oscillator: steadyOscillator(0) }).clock;
  const untold = world.addHost({ oscillator: steadyOscillator(0) }).clock;
  told.setStatus(status(2));
  world.runUntil(9);
  assert.is(told.now(), BigInt(midnight) * S);
  assert.is(told.errorSeconds(), 0);
  assert.is(untold.errorSeconds(), -1);
  assert.is(told.readback().taiOffsetSeconds, 36);
});

test('another hand on frequency or time shows in the readback', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0) });
  clock.setFrequency(1e-5);
  assert.is(clock.readback().foreignHand, false);
  clock.interfere({ frequency: 2e-5 });
  assert.is(clock.readback().foreignHand, true);
  clock.setFrequency(1e-5);
  clock.interfere({ stepSeconds: -3 });
  assert.is(clock.readback().foreignHand, true);
  assert.is(clock.readback().foreignHand, false);
});

test('years away from the truth the error is still told to the nanosecond', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(1e-5), startErrorSeconds: -1.5e9 });
  world.runUntil(10);
  assert.is(clock.now(), BigInt(START + 10) * S - 1_500_000_000n * S + 100_000n);
  clock.step(1.5e9);
  close(clock.errorSeconds(), 1e-4, 1e-15);
});

test.run();
