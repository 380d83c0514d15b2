/**
 * What every Thermometer keeps to, whatever feels the air.
 */
import type { Thermometer } from '../../../src/ports/thermometer.js';
import { assert, test } from '../../support/suite.js';

export interface ThermometerWorld {
  readonly thermometer: Thermometer;
  /** From now on what it feels has this temperature. */
  feel(celsius: number): void;
  /** From now on nothing answers; undefined: that cannot happen to it. */
  readonly silence: (() => void) | undefined;
  /** largest difference between what it feels and what it reads, degrees */
  readonly tolerance: number;
  readonly dispose?: () => void;
}

const TEMPERATURES = [23.75, -9.25, 0, 61.5, -0.25, 84];

export function thermometerContract(name: string, make: () => ThermometerWorld): void {
  const claim = (text: string, run: (world: ThermometerWorld) => void) =>
    test(`${name}: ${text}`, () => {
      const world = make();
      try {
        run(world);
      } finally {
        world.dispose?.();
      }
    });

  claim(
    'it reads what it feels, above and below zero, each time anew',
    ({ thermometer, feel, tolerance }) => {
      for (const celsius of TEMPERATURES) {
        feel(celsius);
        const read = thermometer.read();
        assert.ok(read !== undefined && Math.abs(read - celsius) <= tolerance, `${read} at ${celsius}`);
      }
    },
  );

  claim('without an answer it says nothing, and does not throw; then it reads again', (world) => {
    const { thermometer, silence } = world;
    if (silence === undefined) return;
    world.feel(20);
    silence();
    for (const _ of ['once', 'again']) assert.is(thermometer.read(), undefined);
    world.feel(30);
    const read = thermometer.read();
    assert.ok(read !== undefined && Math.abs(read - 30) <= world.tolerance, `${read}`);
  });

  claim('it has a name for people', ({ thermometer }) => assert.ok(thermometer.name.length > 2));
}
