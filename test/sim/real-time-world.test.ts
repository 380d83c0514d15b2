import type { Scheduler, Timer } from '../../src/ports/scheduler.js';
import { createOscillator, type Oscillator, steadyOscillator } from '../../src/sim/oscillator.js';
import { RealTimeWorld } from '../../src/sim/real-time-world.js';
import { SimClock } from '../../src/sim/sim-clock.js';
import { assert, test } from '../support/suite.js';

const S = 1_000_000_000n;
const START = 1_767_225_600n * S + 400_000_000n;

/** A machine whose two clocks the test moves by hand. */
class Machine implements Scheduler {
  wall = START;
  mono = 77n * S;
  #timers: { due: bigint; action: () => void }[] = [];
  monotonic(): bigint {
    return this.mono;
  }
  after(seconds: number, action: () => void): Timer {
    const timer = { due: this.mono + BigInt(Math.round(seconds * 1e9)), action };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }
  /** moves both clocks, and runs timers `early` ns before they are due, as a real one may */
  pass(ns: bigint, early = 0n): void {
    this.wall += ns;
    this.mono += ns;
    const due = this.#timers.filter((timer) => timer.due - early <= this.mono);
    this.#timers = this.#timers.filter((timer) => timer.due - early > this.mono);
    for (const timer of due) timer.action();
  }
}

function simulated(oscillator: Oscillator) {
  const machine = new Machine();
  const world = new RealTimeWorld({ truth: () => machine.wall, scheduler: machine });
  const clock = new SimClock(world, {
    oscillator,
    startErrorSeconds: 0.05,
    monotonic: () => machine.mono,
  });
  return { machine, world, clock };
}

test('whole numbers of the axis are whole seconds of the machine', () => {
  const { machine, world } = simulated(steadyOscillator(0));
  assert.is(world.now(), 0.4);
  machine.pass(600_000_000n);
  assert.is(world.now(), 1);
  assert.is(world.utc.label(world.now()).unixSecond, 1_767_225_601);
  assert.is(world.kernelNs(1), machine.wall);
});

test('kernel stamps map onto the simulated clock within 1 ns of exact arithmetic, second by second', () => {
  // Exact: frequencies are dyadic, so their integral fits big integers of 2^-80 s.
  const unit = 2 ** -30;
  const frequencies = Array.from({ length: 400 }, (_, k) => (20_000 + ((k * 7919) % 4001) - 2000) * unit);
  let next = 0;
  const { machine, clock } = simulated({ next: () => frequencies[next++] ?? 0 });
  const stamps: bigint[] = [];
  for (let i = 0; i < 500; i += 1) {
    machine.pass(123_456_789n + BigInt((i * 104_729) % 400_000_000));
    clock.now();
    stamps.push(machine.wall);
  }
  const exactErrorNs = (stamp: bigint): number => {
    // in units of 2^-30 ns
    let sum = 50_000_000n << 30n;
    let from = START;
    for (let k = 0; from < stamp; k += 1) {
      const end = (from / S + 1n) * S;
      const to = end < stamp ? end : stamp;
      sum += BigInt(Math.round((frequencies[k] ?? 0) / unit)) * (to - from);
      from = to;
    }
    return Number(sum) / 2 ** 30;
  };
  let worst = 0;
  for (const stamp of stamps) {
    const mapped = Number(clock.toServed(stamp) - stamp);
    worst = Math.max(worst, Math.abs(mapped - exactErrorNs(stamp)));
  }
  assert.ok(worst <= 1, `map is off by ${worst} ns`);
});

test('the oscillator takes its next value at each second of the machine, however seldom it is read', () => {
  const often = simulated(createOscillator('W9', 1));
  const seldom = simulated(createOscillator('W9', 1));
  for (let i = 0; i < 1000; i += 1) {
    often.machine.pass(100_000_000n);
    often.clock.now();
  }
  seldom.machine.pass(100n * S);
  assert.is(seldom.clock.now(), often.clock.now());
  assert.is(seldom.clock.monotonic(), seldom.machine.mono);
});

test('an event does not run before its true time, even when the machine wakes too early', () => {
  const { machine, world } = simulated(steadyOscillator(0));
  let at = 0;
  world.at(2, () => {
    at = world.now();
  });
  machine.pass(1_599_500_000n, 1_000_000n);
  assert.is(at, 0);
  machine.pass(600_000n);
  assert.ok(at >= 2 && at < 2.001);
});

test('when the machine is set by hours, forward or back, the axis goes on and the clock follows the machine', () => {
  for (const jump of [3600n * S, -3600n * S, 250_000_000n, -250_000_000n]) {
    const { machine, world, clock } = simulated(steadyOscillator(0));
    machine.pass(10n * S);
    const before = world.now();
    machine.wall += jump;
    const after = world.now();
    assert.ok(after >= before && after < before + 1, `${jump}: ${before} -> ${after}`);
    assert.is(clock.now(), machine.wall + 50_000_000n);
    assert.is(BigInt(world.utc.label(after).unixSecond), machine.wall / S);
    machine.pass(S);
    assert.is(clock.now(), machine.wall + 50_000_000n);
  }
});

test.run();
