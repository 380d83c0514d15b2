import { createNoise } from '../../src/sim/noise.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { type PulseOptions, SimPulse } from '../../src/sim/pulse.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, test } from '../support/suite.js';

const START = 1_767_225_600;
const S = 1_000_000_000n;

function bench(options: Partial<PulseOptions>, frequency = 0) {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock } = world.addHost({ oscillator: steadyOscillator(frequency), startErrorSeconds: 0.05 });
  const pulse = new SimPulse(world, clock, { noise: createNoise('none', 1), ...options });
  pulse.open();
  /** edges of seconds 0 .. n-1, each polled 10 ms after */
  const collect = (n: number) => {
    const edges = [];
    for (let k = 0; k < n; k += 1) {
      world.runUntil(k + 0.01);
      edges.push(...pulse.poll());
    }
    return edges;
  };
  return { world, clock, pulse, collect };
}

test('one edge a second, numbered from 1, whose served stamp is the clock error plus the noise', () => {
  const noise = createNoise('N1u', 1);
  const { clock, collect } = bench({ noise: createNoise('N1u', 1) }, 2e-5);
  const edges = collect(20);
  assert.equal(
    edges.map((edge) => edge.sequence),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  for (const [k, edge] of edges.entries()) {
    const served = Number(clock.toServed(edge.assertNs) - BigInt(START + k) * S) / 1e9;
    const z = 0.05 + 2e-5 * k + noise.next();
    assert.ok(Math.abs(served - z) < 1.2e-9, `second ${k}: ${served} is not ${z}`);
  }
});

test('an edge that is late waits for its time', () => {
  const { world, pulse } = bench({ delaySeconds: 0.25 });
  world.runUntil(0.2);
  assert.is(pulse.poll().length, 0);
  world.runUntil(0.3);
  assert.is(pulse.poll()[0]?.assertNs, BigInt(START) * S + 250_000_000n);
});

test('outages and an inactive receiver give no edges and no gap in the numbers', () => {
  const { collect } = bench({ outages: [{ from: 3, to: 6 }], active: (k) => k !== 8 });
  const edges = collect(10);
  assert.equal(
    edges.map((edge) => Number(edge.assertNs / S) - START),
    [0, 1, 2, 6, 7, 9],
  );
  assert.is(edges.at(-1)?.sequence, 6);
});

test('missing, doubled and foreign edges come at their rates and leave the noise of the others alone', () => {
  const clean = bench({ noise: createNoise('N200', 5) }).collect(2000);
  const dirty = bench({
    noise: createNoise('N200', 5),
    missing: 0.05,
    duplicate: 0.05,
    glitch: 0.02,
  }).collect(2000);
  const known = new Set(clean.map((edge) => edge.assertNs));
  const same = dirty.filter((edge) => known.has(edge.assertNs)).length;
  assert.ok(same > 1850 && same < 1950, `${same} undisturbed edges`);
  const doubles = dirty.filter((edge) => known.has(edge.assertNs - 20_000n)).length;
  assert.ok(doubles > 60 && doubles < 140, `${doubles} doubles`);
  const foreign = dirty.length - same - doubles;
  assert.ok(foreign > 15 && foreign < 70, `${foreign} glitches`);
});

test('a shallow source keeps the newest edge, and the number tells how many were lost', () => {
  const { world, pulse } = bench({ depth: 1 });
  world.runUntil(7.5);
  const edges = pulse.poll();
  assert.equal(edges, [{ sequence: 8, assertNs: BigInt(START + 7) * S }]);
});

test.run();
