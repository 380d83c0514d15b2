/** What every Clock promises, asked of the simulated ones and of the software clock over the same virtual time. */
import { SoftwareClock } from '../../src/clock/software.js';
import { applyStampMap, type Clock, type ClockStatus } from '../../src/ports/clock.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { RealTimeWorld } from '../../src/sim/real-time-world.js';
import { SimClock } from '../../src/sim/sim-clock.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, test } from '../support/suite.js';

const S = 1_000_000_000n;
const MIDNIGHT = 1_767_312_000; // 2026-01-02T00:00:00Z
const START = MIDNIGHT - 20;

interface Bench {
  readonly clock: Clock;
  /** moves true time */
  pass(seconds: number): void;
  /** what a kernel stamp would say now */
  kernelNow(): bigint;
}

const makers: Readonly<Record<string, () => Bench>> = {
  'simulated, stamps of truth': () => virtual('truth'),
  'simulated, stamps of the clock itself': () => virtual('served'),
  'simulated in real time': () => {
    let elapsed = 0n;
    const world = new RealTimeWorld({
      truth: () => BigInt(START) * S + elapsed,
      scheduler: { monotonic: () => elapsed, after: () => ({ cancel: () => undefined }) },
    });
    return {
      clock: new SimClock(world, { oscillator: steadyOscillator(0), monotonic: () => elapsed }),
      pass: (seconds) => {
        elapsed += BigInt(Math.round(seconds * 1e9));
      },
      kernelNow: () => BigInt(START) * S + elapsed,
    };
  },
  software: () => {
    let elapsed = 0n;
    const base = { baseNs: () => BigInt(START) * S + elapsed, monotonicNs: () => elapsed };
    return {
      clock: new SoftwareClock(base, { kind: 'none', precisionLog2: -23, maxFrequency: 500e-6 }),
      pass: (seconds) => {
        elapsed += BigInt(Math.round(seconds * 1e9));
      },
      kernelNow: () => BigInt(START) * S + elapsed,
    };
  },
};

function virtual(stamps: 'truth' | 'served'): Bench {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0), stamps });
  return {
    clock,
    pass: (seconds) => world.runUntil(world.now() + seconds),
    kernelNow: () => clock.kernelStamp(world.now()),
  };
}

const status = (leap: 0 | 1 | 2): ClockStatus => ({
  synchronised: true,
  leap,
  maxErrorSeconds: 0.001,
  estimatedErrorSeconds: 1e-6,
  taiOffsetSeconds: 37,
});
const apart = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

for (const [name, make] of Object.entries(makers)) {
  test(`${name}: a frequency is answered as it is in force, rounded and clamped`, () => {
    const { clock } = make();
    const asked = 12.3456789e-6;
    const got = clock.setFrequency(asked);
    assert.ok(Math.abs(got - asked) <= clock.frequencyResolution / 2 + 1e-20);
    assert.is(clock.frequency, got);
    assert.is(clock.readback().frequency, got);
    assert.is(clock.readback().foreignHand, false);
    assert.ok(Math.abs(clock.setFrequency(1) - 500e-6) < 1e-11);
  });

  test(`${name}: the served time runs at the frequency set`, () => {
    const { clock, pass } = make();
    clock.setFrequency(100e-6);
    const before = clock.now();
    pass(10);
    const gained = clock.now() - before - 10n * S;
    assert.ok(apart(gained, BigInt(Math.round(clock.frequency * 1e10))) <= 2n, `${gained} ns`);
  });

  test(`${name}: a step moves the served time by what was asked and leaves the monotonic one`, () => {
    const { clock, pass } = make();
    pass(1.5);
    const before = { now: clock.now(), mono: clock.monotonic() };
    clock.step(-0.123456789);
    assert.is(clock.now() - before.now, -123_456_789n);
    assert.is(clock.monotonic(), before.mono);
  });

  test(`${name}: the map in force gives the served time, and an older stamp keeps what was shown then`, () => {
    const { clock, pass, kernelNow } = make();
    const seen: { kernel: bigint; served: bigint }[] = [];
    for (let i = 0; i < 12; i += 1) {
      clock.setFrequency((i % 5) * 50e-6 - 100e-6);
      if (i % 4 === 3) clock.step(i % 8 === 3 ? 0.25 : -0.125);
      pass(0.7);
      seen.push({ kernel: kernelNow(), served: clock.now() });
      assert.ok(apart(applyStampMap(clock.stampMap(), kernelNow()), clock.now()) <= 1n);
      pass(0.01);
    }
    for (const { kernel, served } of seen) assert.ok(apart(clock.toServed(kernel), served) <= 1n);
  });

  test(`${name}: an armed insertion repeats 23:59:59 once, and TAI moves with it`, () => {
    const { clock, pass } = make();
    clock.setStatus(status(1));
    assert.is(clock.readback().leap, 1);
    pass(19.5);
    assert.is(clock.now(), BigInt(MIDNIGHT) * S - S / 2n);
    pass(1);
    assert.is(clock.now(), BigInt(MIDNIGHT) * S - S / 2n);
    assert.is(clock.readback().taiOffsetSeconds, 38);
    clock.setStatus({ ...status(1), taiOffsetSeconds: undefined });
    pass(1);
    assert.is(clock.now(), BigInt(MIDNIGHT) * S + S / 2n);
    pass(86400);
    assert.is(clock.now(), BigInt(MIDNIGHT + 86400) * S + S / 2n);
  });

  test(`${name}: an armed deletion skips 23:59:59; a leap withdrawn does not happen`, () => {
    const deleting = make();
    deleting.clock.setStatus(status(2));
    deleting.pass(19.25);
    assert.is(deleting.clock.now(), BigInt(MIDNIGHT) * S + S / 4n);
    const spared = make();
    spared.clock.setStatus(status(2));
    spared.pass(5);
    spared.clock.setStatus(status(0));
    spared.pass(14.25);
    assert.is(spared.clock.now(), BigInt(MIDNIGHT) * S - (3n * S) / 4n);
  });
}

test.run();
