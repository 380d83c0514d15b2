import { every } from '../../src/ports/scheduler.js';
import { createNoise } from '../../src/sim/noise.js';
import { createOscillator, steadyOscillator } from '../../src/sim/oscillator.js';
import { SimPulse } from '../../src/sim/pulse.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, record, test } from '../support/suite.js';

const START = 1_767_225_600;

test('at one instant: the second mark, then true-time events, then timers in order of their making', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { scheduler } = world.addHost({ oscillator: steadyOscillator(0) });
  const seen: string[] = [];
  world.onSecond((k) => seen.push(`second ${k}`));
  scheduler.after(1, () => seen.push('timer a'));
  scheduler.after(1, () => seen.push('timer b'));
  world.at(1, () => seen.push('event'));
  world.runUntil(1);
  assert.equal(seen, ['second 0', 'second 1', 'event', 'timer a', 'timer b']);
});

test('a timer runs on the disciplined monotonic clock, through changes of rate', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, scheduler } = world.addHost({ oscillator: steadyOscillator(1e-4) });
  let firedAt = 0;
  scheduler.after(10, () => {
    firedAt = world.now();
    assert.is(clock.monotonic(), 10_000_000_000n);
  });
  world.at(5, () => clock.setFrequency(-400e-6));
  world.runUntil(11);
  const u = clock.frequency;
  const expected = 5 + (10 - 5 * (1 + 1e-4)) / ((1 + 1e-4) * (1 + u));
  assert.ok(Math.abs(firedAt - expected) < 1e-12, `${firedAt} is not ${expected}`);
});

test('a cancelled timer does not run, and a step of the clock does not move timers', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, scheduler } = world.addHost({ oscillator: steadyOscillator(0) });
  const seen: number[] = [];
  scheduler.after(1, () => seen.push(-1)).cancel();
  const turns = every(scheduler, 1, () => seen.push(world.now()));
  world.at(2.5, () => clock.step(1000));
  world.runUntil(4.5);
  turns.cancel();
  world.runUntil(10);
  assert.equal(seen, [1, 2, 3, 4]);
});

test('promises settle between actions when asked to', async () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { scheduler } = world.addHost({ oscillator: steadyOscillator(0) });
  let at = 0;
  scheduler.after(1, () => {
    Promise.resolve()
      .then(() => undefined)
      .then(() => scheduler.after(1, () => (at = world.now())));
  });
  await world.runSettling(5);
  assert.is(at, 2);
});

test('the numbering of seconds follows leaps placed in the run', () => {
  const midnight = 1_483_228_800; // 2017-01-01, the last insertion so far
  const world = new VirtualWorld({
    startUnixSecond: midnight - 2,
    taiOffsetSeconds: 36,
    leaps: [{ atUnixSecond: midnight, change: 1 }],
  });
  const { utc } = world;
  assert.equal(
    [0, 1, 2, 3].map((t) => utc.label(t).unixSecond - midnight),
    [-2, -1, -1, 0],
  );
  assert.equal(
    [0, 1, 2, 3].map((t) => utc.label(t).leapSecond),
    [false, false, true, false],
  );
  assert.is(utc.gpsMinusUtc(1.9), 17);
  assert.is(utc.gpsMinusUtc(2), 18);
  assert.is(utc.nextLeap(2.5)?.atUnixSecond, midnight);
  assert.is(utc.nextLeap(3), undefined);
  assert.is(utc.secondsAt(midnight), 3);
});

test('a run is the same, bit for bit, from the same seed', () => {
  const run = (seed: number) => {
    const world = new VirtualWorld({ startUnixSecond: START });
    const { clock, scheduler } = world.addHost({ oscillator: createOscillator('W9', seed) });
    const pulse = new SimPulse(world, clock, { noise: createNoise('O1u', seed), seed });
    pulse.open();
    let sum = 0n;
    every(scheduler, 1, () => {
      for (const edge of pulse.poll()) sum = (sum * 31n + edge.assertNs) % 1_000_000_007n;
    });
    world.runUntil(600);
    return sum;
  };
  assert.is(run(4), run(4));
  assert.is.not(run(4), run(5));
});

/**
 * The loop of discipline-baselines.md §3.4, written out without a world: the two must agree. The discipline here is a
 * plain second-order loop; only the world is compared.
 */
test('the event loop reproduces the plain loop of the baselines for 12 hours within 20 ps', () => {
  const seconds = 43200;
  const unit = 1e-6 / 65536;
  const steer = (state: { y: number }, z: number) => {
    state.y += z * 2e-4;
    return Math.round(Math.min(500e-6, Math.max(-500e-6, -state.y - z / 50)) / unit) * unit;
  };

  const plain = new Float64Array(seconds);
  {
    const oscillator = createOscillator('W9', 1);
    const noise = createNoise('N1u', 1);
    const state = { y: 2e-5 };
    let e = 0.001;
    let u = 0;
    for (let k = 0; k < seconds; k += 1) {
      const f = oscillator.next();
      plain[k] = e;
      const z = e + noise.next();
      // The client wakes 1 ms of its own clock after the pulse.
      const wake = 0.001 / ((1 + f) * (1 + u));
      e += ((1 + f) * (1 + u) - 1) * wake;
      u = steer(state, z);
      e += ((1 + f) * (1 + u) - 1) * (1 - wake);
    }
  }

  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, scheduler } = world.addHost({
    oscillator: createOscillator('W9', 1),
    startErrorSeconds: 0.001,
  });
  const noise = createNoise('N1u', 1);
  const state = { y: 2e-5 };
  let worst = 0;
  let squares = 0;
  world.onSecond((k) => {
    const e = clock.errorSeconds();
    if (k < seconds) worst = Math.max(worst, Math.abs(e - (plain[k] ?? 0)));
    if (k >= 14400) squares += e * e;
    const z = e + noise.next();
    scheduler.after(0.001, () => clock.setFrequency(steer(state, z)));
  });
  const before = process.cpuUsage();
  world.runUntil(seconds - 1);
  const { user, system } = process.cpuUsage(before);
  const perSecond = (seconds * 1e6) / (user + system);
  record('sim-plain-loop', { worstSeconds: worst, simulatedSecondsPerCpuSecond: perSecond });
  assert.ok(worst < 20e-12, `largest difference ${worst}`);
  assert.ok(squares > 0);
  assert.ok(perSecond > 10_000, `${perSecond} simulated seconds per second of CPU`);
});

test.run();
