/**
 * Recorded receivers, read by the real decoder, against a scripted pulse: their messages put at chosen delays behind the
 * second. Never a wrong second; at an ordinary delay the right one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { planReplay, type ReplayStep } from '../../../drivers/serial/replay-plan.js';
import type { GpsEpoch } from '../../../src/ports/gps.js';
import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import { assert, has, record, sharedFolder, test } from '../../support/suite.js';
import { generator, refclock, World } from './scripted.js';

const LEAD = 8;

interface Capture {
  readonly steps: readonly ReplayStep[];
  /** the last valid epoch (the first ones of a capture may be told late); stamps count from the first byte of all */
  readonly sample: GpsEpoch;
  readonly validEpochs: number;
}

const decoder = () => createGpsDecoder({ floorNs: 0n, protocol: 'auto' });

function load(name: string): Capture | undefined {
  const steps = planReplay(readFileSync(join(sharedFolder, 'gps-captures', `${name}.log`)), { baud: 38_400 });
  const own = decoder();
  const epochs = steps
    .flatMap(({ atSeconds, bytes }) => own.feed(bytes, BigInt(Math.round(atSeconds * 1e9))))
    .flatMap((event) => (event.type === 'epoch' && event.epoch.valid ? [event.epoch] : []));
  const sample = epochs.at(-1);
  return sample === undefined ? undefined : { steps, sample, validEpochs: epochs.length };
}

function replay({ steps, sample }: Capture, delay: number, jitter: number, seed: number) {
  const random = generator(seed);
  const atSeconds = Number(sample.firstByteNs) / 1e9;
  const second = sample.timeNs / 1_000_000_000n;
  const fraction = Number(sample.timeNs % 1_000_000_000n) / 1e9;
  const lead = LEAD + Math.ceil(atSeconds);
  const world = new World({ start: second - BigInt(lead), error: 12_345.6 * seed, rate: 20e-6 });
  const gps = new GpsSource(1, refclock('gps'), world, {
    link: world.link,
    decoder: decoder(),
    pulse: world.pulse,
    saved: { version: 1, receiver: '', trustedAtNs: (sample.timeNs - 86_400_000_000_000n).toString() },
  });
  gps.start();
  const shift = lead + fraction - atSeconds + delay;
  let late = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (const { atSeconds, bytes } of steps) {
    if (atSeconds - before > 0.3) late = jitter * random.normal();
    before = atSeconds;
    world.scheduler.at(atSeconds + shift + late, () => world.link.handler?.bytes(bytes, world.clock.now()));
  }
  const end = Math.ceil((steps.at(-1)?.atSeconds ?? 0) + shift + 2);
  for (let k = 1; k <= end; k += 1) world.scheduler.at(k, () => world.pulse.edge(world.clock.now()));
  world.run(end);
  gps.stop();
  const worst = Math.max(0, ...world.samples.map(({ errorSeconds }) => Math.abs(errorSeconds)));
  return { pulses: world.samples.length, worst, remark: gps.view().remark };
}

const NAMES = [
  'mtk-3301',
  'mtk-3329',
  'neo-m8n',
  'quectel-L70',
  'sirfstarv-nmea',
  'u-blox-m8t-time',
  'ublox-8-time',
  'ublox-lea-4h',
  'ublox-lea-m8f',
  'ublox-neo-m8n',
  'ublox-neo-m8t',
  'ublox-neo-m9n-nmea',
  'ublox8-uniqid-monhw',
] as const;

if (has('recorded receivers paired with pulses', 'shared')) {
  for (const name of NAMES) {
    const capture = load(name);
    if (capture === undefined) continue;
    test(`${name}: never a wrong second at any delay; the right one at 120 ms when it lasts long enough`, () => {
      const used: Record<string, number> = {};
      for (const ms of [30, 120, 300, 480, 500, 520, 700, 900, 990])
        for (const seed of [1, 2]) {
          const { pulses, worst, remark } = replay(capture, ms / 1000, 0.01, seed);
          assert.ok(worst < 0.01, `${ms} ms: worst ${worst}: ${remark}`);
          used[`used${ms}ms`] = Math.max(used[`used${ms}ms`] ?? 0, pulses);
        }
      if (capture.validEpochs > 15 && capture.sample.firstByteNs > 12_000_000_000n)
        assert.ok((used['used120ms'] ?? 0) > 0);
      record(`capture-pairing ${name}`, { epochs: capture.validEpochs, ...used });
    });
  }
}

test.run();
