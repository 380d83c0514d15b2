/** What a receiver is worth without its pulses. */
import { assert, test } from '../../support/suite.js';
import { source, worst } from './gps-kit.js';
import { receive, World } from './scripted.js';

test('messages alone give coarse time: half a second in doubt until the delay is known', () => {
  const world = new World({ error: 1000 });
  const gps = source(world, {}, undefined, false);
  receive(world, { delay: () => 0.2, seconds: 60 });
  world.run(61);
  assert.ok(world.samples.length >= 14);
  assert.ok(worst(world) < 0.5);
  assert.is(gps.candidate().unfit, undefined);
  assert.is(gps.candidate().pulse, false);
  assert.ok(gps.candidate().rootDispersionSeconds > 0.45);
  gps.stop();
});

test('... and tens of milliseconds when it was learned from others, saved, or given', () => {
  for (const how of ['others', 'saved', 'given'] as const) {
    const world = new World({ disciplined: false });
    if (how === 'others')
      world.referenceNow = { offsetSeconds: 0, uncertaintySeconds: 0.01, sources: 2, from: 'two servers' };
    const saved = how === 'saved' ? { version: 1 as const, receiver: '', delaySeconds: 0.21 } : undefined;
    const gps = source(world, how === 'given' ? { time2: 0.2 } : {}, saved, false);
    receive(world, { delay: () => 0.2, seconds: 60 });
    world.run(61);
    const last = world.samples.at(-1);
    assert.ok(Math.abs(last?.errorSeconds ?? 1) < 0.02, how);
    assert.ok((last?.sample.dispersionSeconds ?? 1) < 0.1, how);
    gps.stop();
  }
});

test('with a pulse line that stays silent, coarse time is used after a quarter of a minute', () => {
  const world = new World({ error: 5 });
  const gps = source(world);
  receive(world, { delay: () => 0.2, edges: () => [], seconds: 60 });
  world.scheduler.at(12, () => {
    assert.is(gps.candidate().unfit, 'no-pulse');
    assert.is(world.samples.length, 0);
  });
  world.run(61);
  assert.is(gps.candidate().unfit, undefined);
  assert.ok(world.samples.length > 5);
  gps.stop();
});

test('pulses lost after lock are not replaced by messages: the clock coasts better', () => {
  const world = new World();
  const gps = source(world);
  receive(world, { delay: () => 0.2, edges: (k) => (k > 60 ? [] : [0]), seconds: 300 });
  world.run(301);
  assert.is(gps.candidate().unfit, 'no-pulse');
  assert.match(gps.view().remark, 'no pulses on /dev/pps0');
  assert.ok(world.samples.every(({ sample }) => Number(sample.monoNs) / 1e9 < 1061));
  gps.stop();
});

test('a pulse device that cannot be opened is named, and tried again', () => {
  const world = new World();
  world.pulse.failure = new Error('no such device');
  const gps = source(world);
  receive(world, { delay: () => 0.2, seconds: 60 });
  world.scheduler.at(8, () => assert.match(gps.view().remark, 'no such device'));
  world.scheduler.at(14, () => {
    world.pulse.failure = undefined;
  });
  world.run(61);
  assert.is(world.pulse.opened, 1);
  assert.ok(world.samples.length > 20 && worst(world) < 0.5);
  assert.is(world.logged.filter((line) => line.includes('pulse-device')).length, 1);
  gps.stop();
});

test.run();
