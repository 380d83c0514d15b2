/** What the simulated receiver writes, the real decoder reads: the two were written apart. */
import { createGpsDecoder } from '../../drivers/gps/decoder.js';
import type { GpsEpoch, GpsEvent } from '../../src/ports/gps.js';
import { type GpsReceiverOptions, SimGpsReceiver } from '../../src/sim/gps-receiver.js';
import { steadyOscillator } from '../../src/sim/oscillator.js';
import { sawtooth } from '../../src/sim/sawtooth.js';
import { ubxFrame } from '../../src/sim/ubx-encode.js';
import type { UtcOptions } from '../../src/sim/utc-scale.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { nearestSecond } from '../../src/units/time.js';
import { assert, test } from '../support/suite.js';

const S = 1_000_000_000n;
const START = Date.UTC(2026, 2, 14, 15, 9, 20) / 1000;
const FLOOR = BigInt(Date.UTC(2025, 0, 1)) * 1_000_000n;

function listen(
  options: GpsReceiverOptions,
  seconds: number,
  utc: Partial<UtcOptions> = {},
  floorNs = FLOOR,
) {
  const world = new VirtualWorld({ startUnixSecond: START, ...utc });
  const { clock } = world.addHost({ oscillator: steadyOscillator(0) });
  const link = new SimGpsReceiver(world, clock, { fixAfter: 2, baud: 38_400, ...options });
  const decoder = createGpsDecoder({ floorNs, protocol: 'auto' });
  const events: GpsEvent[] = [];
  link.open({
    bytes: (chunk, at) => events.push(...decoder.feed(chunk, at)),
    up: () => link.write(ubxFrame(0x0a, 0x04, 0)),
    down: () => undefined,
  });
  world.runUntil(seconds + 0.99);
  events.push(...decoder.end());
  const of = <T extends GpsEvent['type']>(type: T) =>
    events.filter((event): event is Extract<GpsEvent, { type: T }> => event.type === type);
  return { world, decoder, of, epochs: of('epoch').map((event) => event.epoch) };
}

/** Each epoch names the second that had just begun when its bytes came. */
function assertNumbered(epochs: readonly GpsEpoch[], world: VirtualWorld): void {
  for (const epoch of epochs.filter((e) => e.valid)) {
    const k = Math.floor(world.seconds(epoch.firstByteNs));
    assert.is(
      nearestSecond(epoch.timeNs),
      BigInt(world.utc.label(k).unixSecond),
      `second ${k} of ${epoch.from}`,
    );
  }
}

test('NMEA: each second is read once, void before the fix, then valid and numbered right', () => {
  const { world, decoder, epochs } = listen({}, 20);
  assert.is(decoder.counters.badChecksums, 0);
  assert.is(decoder.counters.discardedBytes, 0);
  const valid = epochs.filter((epoch) => epoch.valid);
  assert.is(valid.length, 19);
  assertNumbered(epochs, world);
  const last = valid.at(-1);
  assert.ok(Math.abs((last?.latDegrees ?? 0) - 51.4779) < 1e-5);
  assert.ok((last?.satellitesUsed ?? 0) >= 7);
  assert.is(last?.utcKnown, undefined);
});

test('UBX: time, fix, leap seconds and satellites are read; MON-VER answers the poll', () => {
  const messages = ['NAV-PVT', 'NAV-TIMEUTC', 'NAV-TIMELS', 'NAV-SAT', 'TIM-TP'] as const;
  const { world, decoder, of, epochs } = listen({ messages }, 12);
  assert.is(decoder.counters.badChecksums, 0);
  const valid = epochs.filter((epoch) => epoch.valid);
  assert.is(valid.length, 11);
  assertNumbered(epochs, world);
  assert.is(valid.at(-1)?.utcKnown, true);
  assert.is(valid.at(-1)?.fix, '3d');
  assert.is(of('leap').at(-1)?.leap.leapSeconds, 18);
  assert.is(of('leap').at(-1)?.leap.change, 0);
  const sky = of('satellites').at(-1)?.satellites ?? [];
  assert.ok(sky.length >= 10 && sky.filter((satellite) => satellite.used).length >= 7);
  assert.is(of('identity').at(-1)?.identity.vendor, 'u-blox');
});

test('TIM-TP: the error told is that of the pulse it names', () => {
  const teeth = sawtooth();
  const { world, of } = listen({ messages: ['NAV-PVT', 'NAV-TIMELS', 'TIM-TP'], quantisation: teeth }, 12);
  const told = of('pulse-error').filter((event) => event.pulseError.second !== undefined);
  assert.ok(told.length >= 8);
  for (const { pulseError } of told) {
    const k = world.utc.secondsAt(Number(pulseError.second));
    assert.is(pulseError.quantisationErrorPs, Math.round(teeth(k) * 1e12) + 0);
  }
});

test('an announced leap second is read with its date, and 23:59:60 is told', () => {
  const midnight = Date.UTC(2027, 0, 1) / 1000;
  const utc = { startUnixSecond: midnight - 6, leaps: [{ atUnixSecond: midnight, change: 1 }] } as const;
  const { world, of, epochs } = listen({ messages: ['RMC', 'NAV-TIMEUTC', 'NAV-TIMELS'] }, 11, utc);
  const announced = of('leap').filter((event) => event.leap.change === 1);
  assert.ok(announced.length >= 3);
  for (const { leap } of announced) assert.is(leap.atNs, BigInt(midnight) * S);
  const leapEpochs = epochs.filter((epoch) => epoch.leapSecondNow);
  assert.is(leapEpochs.length, 1);
  assert.is(Math.floor(world.seconds(leapEpochs[0]?.firstByteNs ?? 0n)), 6);
  assert.is(nearestSecond(leapEpochs[0]?.timeNs ?? 0n), BigInt(midnight));
  assertNumbered(
    epochs.filter((epoch) => !epoch.leapSecondNow),
    world,
  );
});

test('a date 1024 weeks ago, from the start or from within the run, is repaired from the floor', () => {
  const week2418 = Date.UTC(2026, 4, 10) / 1000 - 18;
  const options = { messages: ['RMC', 'ZDA'], pivotWeek: 2418 - 1024, fixAfter: 0 } as const;
  const { world, of, epochs } = listen(options, 20, { startUnixSecond: week2418 - 10 });
  assert.ok(epochs.length >= 20);
  assertNumbered(epochs, world);
  assert.ok(of('rollover').some((event) => event.weeks === 1024));
});

test('bytes lost and flipped never give a wrong second that is marked valid', () => {
  for (const seed of [1, 2, 3]) {
    const options = { byteLoss: 0.003, byteFlip: 0.003, seed, fixAfter: 0 } as const;
    const { world, epochs, decoder } = listen(options, 300);
    assert.ok(decoder.counters.badChecksums > 50);
    assert.ok(epochs.filter((epoch) => epoch.valid).length > 100);
    for (const epoch of epochs.filter((e) => e.valid)) {
      const t = world.seconds(epoch.firstByteNs);
      const k = world.utc.secondsAt(Number(nearestSecond(epoch.timeNs)));
      assert.ok(t - k >= 0 && t - k < 1.1, `seed ${seed}: ${epoch.from} at ${t} says ${k}`);
    }
  }
});

test.run();
