/**
 * What every PulseSource keeps to, whatever the edges come from.
 */
import type { PulseSource } from '../../../src/ports/pulse-source.js';
import { assert, test } from '../../support/suite.js';

export interface PulseWorld {
  readonly source: PulseSource;
  /** An edge happens at that time of CLOCK_REALTIME. */
  edge(atNs: bigint): void;
  /** true: of several edges between two polls only the last is delivered (kernel PPS keeps one) */
  readonly keepsOne: boolean;
  /** largest difference between the edge and its stamp, ns */
  readonly toleranceNs: bigint;
  readonly dispose?: () => void;
}

const T0 = 1_760_000_000_000_000_123n;
const SECOND = 1_000_000_000n;

export function pulseContract(name: string, make: () => PulseWorld): void {
  const claim = (text: string, run: (world: PulseWorld) => void) =>
    test(`${name}: ${text}`, () => {
      const world = make();
      try {
        run(world);
      } finally {
        world.source.close();
        world.dispose?.();
      }
    });
  const near = (world: PulseWorld, stamp: bigint | undefined, at: bigint) => {
    assert.ok(stamp !== undefined);
    const away = stamp > at ? stamp - at : at - stamp;
    assert.ok(away <= world.toleranceNs, `${stamp} for an edge at ${at}`);
  };

  claim('each edge is delivered once, with its time', (world) => {
    world.source.open();
    assert.equal(world.source.poll(), []);
    for (let i = 0n; i < 5n; i += 1n) {
      world.edge(T0 + i * SECOND);
      const edges = world.source.poll();
      assert.is(edges.length, 1);
      near(world, edges[0]?.assertNs, T0 + i * SECOND);
      assert.equal(world.source.poll(), []);
    }
  });

  claim('sequence numbers count every edge, also those that nobody fetched', (world) => {
    world.source.open();
    world.edge(T0);
    const first = world.source.poll()[0]?.sequence ?? -10;
    world.edge(T0 + SECOND);
    assert.is(world.source.poll()[0]?.sequence, first + 1);
    world.edge(T0 + 2n * SECOND);
    world.edge(T0 + 3n * SECOND);
    world.edge(T0 + 4n * SECOND);
    const edges = world.source.poll();
    assert.is(edges.length, world.keepsOne ? 1 : 3);
    assert.is(edges.at(-1)?.sequence, first + 4);
    near(world, edges.at(-1)?.assertNs, T0 + 4n * SECOND);
  });

  claim('an edge from before it was opened is not delivered', (world) => {
    world.edge(T0);
    world.source.open();
    assert.equal(world.source.poll(), []);
    world.edge(T0 + SECOND);
    assert.is(world.source.poll().length, 1);
  });

  claim('closed it is silent, and it can be opened again', (world) => {
    assert.equal(world.source.poll(), []);
    world.source.open();
    world.source.close();
    world.edge(T0);
    assert.equal(world.source.poll(), []);
    world.source.open();
    assert.equal(world.source.poll(), []);
    world.edge(T0 + SECOND);
    assert.is(world.source.poll().length, 1);
    world.source.close();
    world.source.close();
  });

  claim('it has a name for people', (world) => {
    world.source.open();
    assert.ok(world.source.name.length > 2);
  });
}
