import fc from 'fast-check';
import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import { assert, test } from '../../support/suite.js';
import { run, source, worst } from './gps-kit.js';
import { evenly, generator, receive, refclock, World } from './scripted.js';

const YEAR = 31_556_952;

test('a receiver with messages 120 ms behind its pulse is numbered within ten seconds, and its delay is learned', () => {
  const { world, gps } = run({ delay: () => 0.12, seconds: 60 });
  assert.ok(world.samples.length > 48, `${world.samples.length} pulses`);
  assert.ok(worst(world) < 1e-6, `worst ${worst(world)}`);
  const view = gps.view();
  assert.is(view.unfit, undefined);
  assert.ok(Math.abs((view.refclock?.messageDelaySeconds ?? 0) - 0.12) < 1e-3);
  assert.is(view.stratum, 0);
  assert.is(view.reach & 1, 1);
  assert.match(view.remark, 'messages 120 ms after');
  gps.stop();
});

test('a clock that is ten years wrong is set by the first pulse, and nothing is confused by the step', () => {
  for (const error of [-10 * YEAR - 0.3, 10 * YEAR + 0.45, 0.7, -0.5, 3600.5]) {
    const { world, gps } = run({ delay: () => 0.2, seconds: 40 }, { error, rate: 40e-6 });
    assert.ok(worst(world) < 1e-4, `error ${error}: worst ${worst(world)}`);
    assert.ok(Math.abs(world.errorNow()) < 1e-3, `error ${error}: clock is off by ${world.errorNow()}`);
    const lost = 40 - world.samples.length;
    assert.ok(lost < 12, `error ${error}: ${lost} pulses not used`);
    gps.stop();
  }
});

test('each pulse is handed on once', () => {
  const { world, gps } = run({ delay: () => 0.3, seconds: 120 });
  const times = world.samples.map(({ sample }) => sample.monoNs);
  assert.is(new Set(times).size, times.length);
  gps.stop();
});

test('messages that waited for a busy program tell nothing: the pulses are used on', () => {
  const world = new World({ rate: 40e-6 });
  const gps = source(world);
  receive(world, { delay: () => 0.12, seconds: 60 });
  for (const busyAt of [30.05, 31.05, 32.05, 33.05, 44.05])
    world.scheduler.at(busyAt, () => {
      world.scheduler.t += 0.9;
    });
  const unfit: unknown[] = [];
  for (let t = 25; t <= 60; t += 0.125) world.scheduler.at(t, () => unfit.push(gps.view().unfit));
  world.run(60.5);
  assert.equal([...new Set(unfit)], [undefined]);
  assert.ok(worst(world) < 1e-6, `worst ${worst(world)}`);
  assert.ok(Math.abs((gps.view().refclock?.messageDelaySeconds ?? 0) - 0.12) < 1e-3);
  assert.equal(
    world.logged.filter((line) => line.includes('doubted')),
    [],
  );
  gps.stop();
});

for (const ms of [480, 500, 520, 990])
  test(`messages ${ms} ms behind with 30 ms of jitter: the right second or a refusal that says why`, () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 25; seed += 1) {
      const random = generator(seed * 1000 + ms);
      const { world, gps } = run(
        { delay: () => ms / 1000 + 0.03 * random.normal(), seconds: 150 },
        { error: seed * 1000.37, rate: 30e-6 },
      );
      assert.ok(worst(world) < 0.01, `seed ${seed}: worst ${worst(world)}`);
      const { unfit, remark } = gps.view();
      if (unfit !== undefined) assert.match(remark, /may be .* or /);
      outcomes.add(unfit ?? 'used');
      gps.stop();
    }
    assert.equal([...outcomes].sort(), ms === 990 ? ['numbering-ambiguous'] : ['used']);
  });

test('never a wrong second: any delay to 1.3 s, jitter, losses, any clock, any kind of receiver', () => {
  let used = 0;
  fc.assert(
    fc.property(
      fc.record({
        delay: evenly(0, 1.3),
        jitter: evenly(0, 0.05),
        loss: evenly(0, 0.3),
        error: evenly(-20 * YEAR, 20 * YEAR),
        rate: evenly(-100e-6, 100e-6),
        wholeSeconds: fc.boolean(),
        seed: fc.integer({ min: 1, max: 1e6 }),
      }),
      ({ delay, jitter, loss, error, rate, wholeSeconds, seed }) => {
        const random = generator(seed);
        const world = new World({ error, rate });
        // Receivers that print fractions are of the kinds that answer within the second.
        if (wholeSeconds)
          world.decoder.timecode = '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W';
        const mean = wholeSeconds ? delay : Math.min(delay, 1);
        const gps = source(world);
        receive(world, {
          delay: () => Math.max(0, mean + jitter * random.normal()),
          edges: () => (random.uniform() < loss ? [] : [1e-6 * random.normal()]),
          message: () => (random.uniform() < loss ? undefined : {}),
          seconds: 60,
        });
        world.run(61);
        if (world.samples.length > 0) used += 1;
        gps.stop();
        return worst(world) < 0.01;
      },
    ),
    { numRuns: 150, seed: 7 },
  );
  assert.ok(used > 50, `${used} used`);
});

test('a receiver without a fix is not used, and says how many satellites it has', () => {
  const { world, gps } = run({
    delay: () => 0.2,
    message: () => ({ valid: false, fix: 'none', satellitesUsed: 3 }),
    seconds: 30,
  });
  assert.is(world.samples.length, 0);
  assert.is(gps.view().unfit, 'no-fix');
  assert.is(gps.view().remark, 'waiting for a fix: 3 satellites');
  gps.stop();
});

test('a fix lost stops the pulses within a second, a fix found brings them back at once', () => {
  const { world, gps } = run({
    delay: () => 0.2,
    message: (k) => ({ valid: k < 30 || k >= 60 }),
    seconds: 90,
  });
  const seconds = world.samples.map(({ sample }) => Math.round(Number(sample.monoNs) / 1e9) - 1000);
  assert.equal(
    seconds.filter((second) => second > 30 && second <= 60),
    [],
  );
  assert.ok(seconds.includes(61));
  assert.ok(worst(world) < 1e-6);
  gps.stop();
});

test('a line that goes away and comes back is used again within two seconds, without learning anew', () => {
  const world = new World();
  const gps = source(world);
  receive(world, { delay: () => 0.2, seconds: 90, message: (k) => (k >= 30 && k < 50 ? undefined : {}) });
  world.scheduler.at(29.9, () => world.link.handler?.down('unplugged'));
  world.scheduler.at(45, () => assert.is(gps.candidate().unfit, 'unreachable'));
  world.scheduler.at(49.9, () => world.link.handler?.up());
  world.run(91);
  const seconds = world.samples.map(({ sample }) => Math.round(Number(sample.monoNs) / 1e9) - 1000);
  assert.ok(!seconds.includes(40) && seconds.includes(51) && seconds.includes(90));
  assert.ok(worst(world) < 1e-6);
  gps.stop();
});

test('the quantisation error goes to the pulse it was announced for, told by second or not', () => {
  for (const named of [true, false]) {
    const world = new World({ disciplined: false });
    const sawtooth = (k: number) => ((k * 7919) % 21) - 10; // ns late
    const gps = source(world);
    receive(world, {
      delay: () => 0.2,
      edges: (k) => [sawtooth(k) * 1e-9],
      extra: (k) => [
        {
          type: 'pulse-error',
          pulseError: {
            second: named ? world.start + BigInt(k + 1) : undefined,
            quantisationErrorPs: sawtooth(k + 1) * 1000,
          },
        },
      ],
      seconds: 60,
    });
    world.run(61);
    assert.ok(world.samples.length > 40);
    for (const { sample } of world.samples) assert.ok(Math.abs(sample.offsetSeconds) < 2e-9);
    gps.stop();
  }
});

test('fudge time1 is added to the offset', () => {
  const world = new World({ disciplined: false });
  const gps = source(world, { time1: 150e-6 });
  receive(world, { delay: () => 0.2, seconds: 20 });
  world.run(21);
  for (const { sample } of world.samples) assert.ok(Math.abs(sample.offsetSeconds - 150e-6) < 1e-9);
  gps.stop();
});

for (const change of [1, -1] as const)
  test(`a leap second (${change}) announced by the receiver is passed without a wrong second`, () => {
    const midnight = 1_483_228_800;
    const world = new World({ start: BigInt(midnight - 60), disciplined: false });
    const gps = source(world);
    // t = 60 is 23:59:60 (inserted), or t = 59 is 00:00:00 (deleted)
    const unix = (k: number) => (change === 1 ? (k > 60 ? k - 1 : k) : k >= 59 ? k + 1 : k);
    receive(world, {
      delay: () => 0.2,
      message: (k) => ({ timeNs: world.truth(unix(k)), leapSecondNow: change === 1 && k === 60 }),
      extra: () => [
        { type: 'leap', leap: { change, atNs: BigInt(midnight) * 1_000_000_000n, leapSeconds: 17 } },
      ],
      seconds: 120,
    });
    // the served clock takes its leap as a kernel does
    world.scheduler.at(change === 1 ? 60.0001 : 59.0001, () => world.clock.step(-change));
    world.scheduler.at(50, () => assert.is(gps.candidate().leap, change === 1 ? 1 : 2));
    world.run(121);
    assert.ok(world.samples.length > 100, `${world.samples.length}`);
    for (const { sample } of world.samples) assert.ok(Math.abs(sample.offsetSeconds) < 1e-6);
    assert.is(gps.taiOffsetSeconds, 36);
    gps.stop();
  });

test('a step of the clock by another hand loses no second', () => {
  const world = new World();
  const gps = source(world);
  receive(world, { delay: () => 0.2, seconds: 60 });
  world.scheduler.at(30.5, () => world.clock.step(-3.25));
  world.run(61);
  assert.ok(worst(world) < 1e-6);
  assert.ok(world.samples.length > 50);
  gps.stop();
});

test('the receiver is asked who it is until it says so', () => {
  const world = new World();
  const gps = new GpsSource(7, refclock('gps'), world, {
    link: world.link,
    decoder: world.decoder,
    queries: [Uint8Array.of(0xb5, 0x62)],
  });
  gps.start();
  world.run(45);
  assert.is(world.link.written.length, 3);
  world.link.send([{ type: 'identity', identity: { vendor: 'u-blox' } }]);
  world.run(200);
  assert.is(world.link.written.length, 3);
  gps.stop();
});

test('a daemon that is 200 ms late at every turn measures the same', () => {
  const offsets = [0, 0.2].map((late) => {
    const world = new World({ disciplined: false, rate: 10e-6, error: 0.01 });
    const { clock, phase, sink, log } = world;
    const gps = new GpsSource(
      7,
      refclock('gps'),
      {
        clock,
        phase,
        sink,
        log,
        scheduler: {
          monotonic: () => world.scheduler.monotonic(),
          after: (seconds, action) => world.scheduler.after(seconds + late, action),
        },
        reference: () => undefined,
        armedLeap: () => undefined,
      },
      { link: world.link, decoder: world.decoder, pulse: world.pulse },
    );
    gps.start();
    receive(world, { delay: () => 0.2, seconds: 40 });
    world.run(41);
    gps.stop();
    return new Map(world.samples.map(({ sample }) => [sample.monoNs, sample.offsetSeconds]));
  });
  const common = [...(offsets[0] ?? [])].filter(([monoNs]) => offsets[1]?.has(monoNs));
  assert.ok(common.length > 30);
  for (const [monoNs, offset] of common) assert.is(offsets[1]?.get(monoNs), offset);
});

test('flag4 hides the place in the timecode', () => {
  const world = new World();
  const gps = source(world, { flags: [true, false, false, true] });
  assert.match(gps.view().refclock?.timecode ?? '', '$GPRMC,123519.00,A,xxxx.xxx,x,xxxxx.xxx,x,022.4');
  gps.stop();
});

test('noselect measures and says so; the fudged stratum and refid are shown', () => {
  const { world, gps } = run(
    { delay: () => 0.2, seconds: 20 },
    {},
    { noselect: true, stratum: 3, refid: 'PPS1' },
  );
  assert.ok(world.samples.length > 0);
  assert.is(gps.candidate().unfit, 'noselect');
  assert.is(gps.candidate().stratum, 3);
  assert.equal([...gps.view().refid], [...Buffer.from('PPS1')]);
  gps.stop();
});

test('the reach register falls silent in eight polls', () => {
  const world = new World();
  const gps = source(world);
  receive(world, { delay: () => 0.2, seconds: 100 });
  world.run(100);
  assert.ok(gps.view().reach >= 0b111111);
  world.run(100 + 9 * 16);
  assert.is(gps.view().reach, 0);
  assert.is(gps.view().unfit, 'no-fix');
  gps.stop();
});

test.run();
