/** The simulated clocks keep to the contract of every clock, in virtual and in real time. */
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { RealTimeWorld } from '../../src/sim/real-time-world.js';
import { SimClock } from '../../src/sim/sim-clock.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { clockContract } from '../clock/contract.js';
import { test } from '../support/suite.js';

const S = 1_000_000_000n;

for (const stamps of ['truth', 'served'] as const) {
  clockContract(`virtual time, kernel stamps of ${stamps}`, (startNs) => {
    const world = new VirtualWorld({ startUnixSecond: Number(startNs / S) });
    const { clock } = world.addHost({ oscillator: steadyOscillator(0), maxFrequency: 0.1, stamps });
    let elapsed = 0n;
    return {
      clock,
      advance: (ns) => {
        elapsed += ns;
        world.runUntil(world.seconds(startNs + elapsed));
      },
      kernelNow: () => clock.kernelStamp(world.now()),
      foreignStep: (ns) => clock.interfere({ stepSeconds: Number(ns) / 1e9 }),
    };
  });
}

clockContract('real time', (startNs) => {
  let elapsed = 0n;
  const world = new RealTimeWorld({
    truth: () => startNs + elapsed,
    scheduler: { monotonic: () => elapsed, after: () => ({ cancel: () => undefined }) },
  });
  const clock = new SimClock(world, {
    oscillator: steadyOscillator(0),
    maxFrequency: 0.1,
    monotonic: () => elapsed,
  });
  return {
    clock,
    advance: (ns) => {
      elapsed += ns;
    },
    kernelNow: () => startNs + elapsed,
    foreignStep: (ns) => clock.interfere({ stepSeconds: Number(ns) / 1e9 }),
  };
});

test.run();
