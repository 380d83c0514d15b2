/** A receiver with its pulse in the scripted world, and what its worst pulse was off by. */
import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import type { SavedRefclock } from '../../../src/source/refclock/saved-state.js';
import { type Rhythm, receive, refclock, World, type WorldOptions } from './scripted.js';

export function source(
  world: World,
  over: Parameters<typeof refclock>[1] = {},
  saved?: SavedRefclock,
  pulse = true,
) {
  const gps = new GpsSource(7, refclock('gps', over), world, {
    link: world.link,
    decoder: world.decoder,
    pulse: pulse ? world.pulse : undefined,
    saved,
  });
  gps.start();
  return gps;
}

export function run(rhythm: Rhythm, options: WorldOptions = {}, over: Parameters<typeof refclock>[1] = {}) {
  const world = new World(options);
  const gps = source(world, over);
  receive(world, rhythm);
  world.run(rhythm.seconds + 0.5);
  return { world, gps };
}

export const worst = (world: World) =>
  Math.max(0, ...world.samples.map(({ errorSeconds }) => Math.abs(errorSeconds)));
