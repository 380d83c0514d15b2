import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import type { SavedRefclock } from '../../../src/source/refclock/saved-state.js';
import { assert, test } from '../../support/suite.js';
import { generator, type Rhythm, receive, refclock, World, type WorldOptions } from './scripted.js';

const YEAR = 31_556_952;

function source(
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

function run(rhythm: Rhythm, options: WorldOptions = {}, over: Parameters<typeof refclock>[1] = {}) {
  const world = new World(options);
  const gps = source(world, over);
  receive(world, rhythm);
  world.run(rhythm.seconds + 0.5);
  return { world, gps };
}

const worst = (world: World) =>
  Math.max(0, ...world.samples.map(({ errorSeconds }) => Math.abs(errorSeconds)));

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

test.run();
