import { simulatedInVirtualTime } from '../../../boards/simulated.js';
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import type { GpsEpoch } from '../../../src/ports/gps.js';
import { VirtualWorld } from '../../../src/sim/virtual-world.js';
import { assert, test } from '../../support/suite.js';

test('a time in UBX and a position in NMEA make one epoch that has both', () => {
  const world = new VirtualWorld({ startUnixSecond: 1_767_225_600 });
  const { gps } = simulatedInVirtualTime(world);
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const epochs: GpsEpoch[] = [];
  gps.open({
    bytes(chunk, arrivalNs) {
      for (const event of decoder.feed(chunk, arrivalNs))
        if (event.type === 'epoch') epochs.push(event.epoch);
    },
    up() {},
    down() {},
  });
  world.runUntil(20);
  const late = epochs.slice(-8);
  assert.ok(late.length === 8 && late.every(({ from }) => from === 'NAV-TIMEUTC'));
  assert.ok(late.every(({ fix, satellitesUsed }) => fix === '3d' && satellitesUsed >= 7));
  assert.ok(late.every(({ latDegrees }) => latDegrees !== undefined));
});

test.run();
