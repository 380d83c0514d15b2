/**
 * The GPS source with the real decoder and the real discipline, on simulated receivers, pulses and clocks in virtual
 * time. Asserts numbers: worst numbering error, when the first pulse was used, the clock's true error.
 */
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { Discipline } from '../../../src/discipline/discipline.js';
import { silentLog } from '../../../src/ports/log.js';
import { every } from '../../../src/ports/scheduler.js';
import { type GpsReceiverOptions, SimGpsReceiver } from '../../../src/sim/gps-receiver.js';
import { createNoise } from '../../../src/sim/noise.js';
import { createOscillator } from '../../../src/sim/oscillator.js';
import { type PulseOptions, SimPulse } from '../../../src/sim/pulse.js';
import { sawtooth } from '../../../src/sim/sawtooth.js';
import type { UtcOptions } from '../../../src/sim/utc-scale.js';
import { VirtualWorld } from '../../../src/sim/virtual-world.js';
import type { ArmedLeap, RefclockEnvironment } from '../../../src/source/refclock/environment.js';
import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import type { SavedRefclock } from '../../../src/source/refclock/saved-state.js';
import { assert, record, test } from '../../support/suite.js';
import { refclock } from './scripted.js';

const START = Date.UTC(2026, 2, 14, 15, 9, 20) / 1000;
const UBX: GpsReceiverOptions = {
  messages: ['TIM-TP', 'NAV-PVT', 'NAV-TIMELS', 'NAV-SAT'],
  baud: 115_200,
  delaySeconds: 0.08,
};

interface Options {
  readonly seconds: number;
  readonly receiver?: GpsReceiverOptions;
  readonly pulse?: Partial<PulseOptions>;
  readonly utc?: Partial<UtcOptions>;
  readonly startErrorSeconds?: number;
  readonly saved?: SavedRefclock;
  readonly quantised?: boolean;
  readonly leap?: ArmedLeap;
}

function run(options: Options) {
  const world = new VirtualWorld({ startUnixSecond: START, ...options.utc });
  const { clock, scheduler } = world.addHost({
    oscillator: createOscillator('W9', 1),
    startErrorSeconds: options.startErrorSeconds ?? -12_345.678,
    stamps: 'served',
  });
  const teeth = options.quantised === true ? sawtooth({ tickSeconds: 1e-6 }) : undefined;
  const link = new SimGpsReceiver(world, clock, {
    ...options.receiver,
    ...(teeth === undefined ? {} : { quantisation: teeth }),
  });
  const pulse = new SimPulse(world, clock, {
    noise: createNoise('N200', 1),
    active: (k) => link.model.fixed(k),
    ...(teeth === undefined ? {} : { quantisation: teeth }),
    ...options.pulse,
  });
  const policy = { stepSeconds: 0.128, panicSeconds: 0, stepoutSeconds: 300, firstMayExceedPanic: true };
  const discipline = new Discipline(clock, policy, undefined, silentLog);
  let used = 0;
  let first: number | undefined;
  let wrong = 0;
  let largest = 0;
  let steps = 0;
  const environment: RefclockEnvironment = {
    clock,
    scheduler,
    phase: { movedSeconds: () => discipline.movedSeconds() },
    log: silentLog,
    sink: {
      changed() {},
      sample(sourceId, sample) {
        used += 1;
        first ??= world.now();
        // True error of what the sample says: the clock's own error plus its offset.
        const said = Math.abs(clock.errorSeconds() + sample.offsetSeconds);
        if (said > 0.5) wrong += 1;
        largest = Math.max(largest, said);
        const action = discipline.update({
          offsetSeconds: sample.offsetSeconds,
          monoNs: sample.monoNs,
          movedSeconds: sample.movedSeconds,
          noiseSeconds: 1e-6,
          sourceId,
          kind: 'pulse',
        });
        if (action.type === 'stepped') steps += 1;
      },
    },
    reference: () => undefined,
    armedLeap: () => options.leap,
  };
  const gps = new GpsSource(1, refclock('gps'), environment, {
    link,
    decoder: createGpsDecoder({ floorNs: BigInt(START - 86_400) * 1_000_000_000n, protocol: 'auto' }),
    pulse,
    saved: options.saved,
  });
  gps.start();
  every(scheduler, 1, () => discipline.tick());
  let squares = 0;
  let count = 0;
  world.onSecond((k) => {
    if (k < options.seconds / 2) return;
    squares += clock.errorSeconds() ** 2;
    count += 1;
  });
  world.runUntil(options.seconds);
  const figures = {
    used,
    first: first ?? -1,
    wrong,
    largestSaid: largest,
    rms: Math.sqrt(squares / count),
    steps,
  };
  const view = gps.view();
  gps.stop();
  return { figures, clock, view };
}

const floor = (seconds = START): SavedRefclock => ({
  version: 1,
  receiver: '',
  trustedAtNs: (BigInt(seconds - 86_400) * 1_000_000_000n).toString(),
});

test('plain NMEA at 9600 baud, a clock three hours wrong: locked within 15 s, one step, below 1 µs RMS', () => {
  const { figures } = run({ seconds: 1200, saved: floor() });
  record('refclock-nmea', figures);
  assert.ok(figures.first < 15);
  assert.is(figures.wrong, 0);
  assert.is(figures.steps, 1);
  assert.ok(figures.used > 1180);
  assert.ok(figures.rms < 1e-6);
});

test('UBX: its UTC is believed at once; TIM-TP takes the sawtooth out', () => {
  const { figures } = run({ seconds: 1200, receiver: UBX, quantised: true });
  record('refclock-ubx-sawtooth', figures);
  assert.ok(figures.first < 15);
  assert.is(figures.wrong, 0);
  // A sawtooth of 1 µs would leave 300 ns.
  assert.ok(figures.rms < 150e-9, `${figures.rms}`);
});

for (const ms of [480, 500, 520, 990])
  test(`simulated receiver ${ms} ms behind, 20 ms of jitter: never a wrong second`, () => {
    const all = { used: 0, wrong: 0, first: 0 };
    for (let seed = 1; seed <= 5; seed += 1)
      for (const messages of [['RMC', 'GGA'], ['NAV-PVT']] as const) {
        const receiver = { seed, messages, delaySeconds: ms / 1000, jitterSeconds: 0.02, baud: 115_200 };
        const { figures } = run({ seconds: 120, receiver, saved: floor(), startErrorSeconds: seed * 0.37 });
        all.used += figures.used;
        all.wrong += figures.wrong;
        all.first = Math.max(all.first, figures.first);
      }
    record(`refclock-delay-${ms}ms`, all);
    assert.is(all.wrong, 0);
    assert.is(all.used > 0, ms !== 990);
  });

test('losses, glitches, doubled edges, damaged bytes and a pulled plug leave the numbers right', () => {
  const { figures, view } = run({
    seconds: 1800,
    saved: floor(),
    receiver: { byteLoss: 0.001, byteFlip: 0.001, unplugged: [{ from: 600, to: 700 }] },
    pulse: { missing: 0.1, duplicate: 0.05, glitch: 0.2 },
  });
  record('refclock-mistreated', figures);
  assert.is(figures.wrong, 0);
  assert.ok(figures.used > 1300);
  assert.is(view.unfit, undefined);
  assert.ok(figures.rms < 2e-6, `${figures.rms}`);
});

test('a fix lost for an hour: nothing is used meanwhile, and all is well again at once', () => {
  const outages = [{ from: 1000, to: 4600 }];
  const { figures, view } = run({ seconds: 5400, saved: floor(), receiver: { outages } });
  record('refclock-outage', figures);
  assert.is(figures.wrong, 0);
  assert.ok(figures.used > 1700 && figures.used < 1800, `${figures.used}`);
  assert.is(view.unfit, undefined);
});

test('plain NMEA with leap seconds of its factory: nothing for thirteen minutes, then the right second', () => {
  const receiver = { utcAfter: 600, assumedLeapSeconds: 16 };
  const { figures } = run({ seconds: 1700, receiver });
  record('refclock-cold-utc', figures);
  assert.ok(figures.first > 600 + 780 && figures.first < 600 + 800, `${figures.first}`);
  assert.is(figures.wrong, 0);
  assert.is(figures.steps, 1);
});

test('UBX with leap seconds of its factory: used when it says that it knows UTC', () => {
  const receiver = { ...UBX, utcAfter: 600, assumedLeapSeconds: 16 };
  const { figures } = run({ seconds: 700, receiver });
  record('refclock-cold-utc-ubx', figures);
  assert.ok(figures.first >= 600 && figures.first < 612, `${figures.first}`);
  assert.is(figures.wrong, 0);
});

test('a leap second that the receiver announces is passed', () => {
  const midnight = Date.UTC(2026, 6, 1) / 1000;
  for (const receiver of [UBX, {}]) {
    const leap = { atNs: BigInt(midnight) * 1_000_000_000n, change: 1 } as const;
    const { figures, clock } = run({
      seconds: 900,
      receiver,
      leap,
      saved: floor(midnight - 450),
      utc: { startUnixSecond: midnight - 450, leaps: [{ atUnixSecond: midnight, change: 1 }] },
      startErrorSeconds: 0.3,
    });
    record('refclock-leap', figures);
    // This clock was not told of the leap, so what was said is a second from it, and it is stepped.
    assert.ok(figures.used > 860);
    assert.ok(Math.abs(clock.errorSeconds()) < 1e-4, `${clock.errorSeconds()}`);
  }
});

test('a receiver whose week rolled over is repaired by the decoder and numbered right', () => {
  const { figures } = run({ seconds: 60, receiver: { ...UBX, pivotWeek: 1300 } });
  record('refclock-rollover', figures);
  assert.is(figures.wrong, 0);
  assert.ok(figures.used > 40);
});

test.run();
