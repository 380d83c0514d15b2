/** When the whole seconds of a receiver that does not say whether it knows UTC are believed. */
import { assert, test } from '../../support/suite.js';
import { source, worst } from './gps-kit.js';
import { receive, World } from './scripted.js';

function told(world: World, wrong: (k: number) => number, utcKnown: boolean | undefined, seconds: number) {
  receive(world, {
    delay: () => 0.2,
    message: (k) => ({ utcKnown, timeNs: world.truth(k + wrong(k)) }),
    seconds,
  });
  world.run(seconds + 0.5);
}

test('plain NMEA after a cold start: nothing for thirteen minutes after the last change of whole seconds', () => {
  const world = new World();
  const gps = source(world);
  told(world, (k) => (k < 540 ? 2 : 0), undefined, 1500);
  assert.ok(worst(world) < 1e-6);
  const first = Number(world.samples[0]?.sample.monoNs ?? 0n) / 1e9 - 1000;
  assert.ok(first > 540 + 780 && first < 540 + 800, `first pulse at ${first}`);
  gps.stop();
});

test('plain NMEA that agrees with other sources is used at once', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = { offsetSeconds: 0.004, uncertaintySeconds: 0.03, sources: 3, from: 'three servers' };
  const gps = source(world);
  told(world, () => 0, undefined, 30);
  assert.ok(world.samples.length > 15);
  gps.stop();
});

test('plain NMEA that is a second off from other sources is not used, and says so', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = { offsetSeconds: 0.004, uncertaintySeconds: 0.03, sources: 3, from: 'three servers' };
  const gps = source(world);
  told(world, () => 1, undefined, 1000);
  assert.is(world.samples.length, 0);
  assert.match(gps.view().remark, /three servers and the message delay of 200 ms.*1 s apart/);
  gps.stop();
});

test('a saved floor makes plain NMEA usable at once; a saved delay of the same receiver settles what is open', () => {
  const world = new World();
  world.decoder.timecode = '$GPRMC,123519,A';
  const trustedAtNs = (world.truth(0) - 86_400_000_000_000n).toString();
  const gps = source(world, {}, { version: 1, receiver: '', delaySeconds: 0.19, trustedAtNs });
  told(world, () => 0, undefined, 30);
  assert.ok(world.samples.length > 15 && worst(world) < 1e-6);
  const state = gps.exportState();
  assert.ok(Math.abs((state?.delaySeconds ?? 0) - 0.2) < 1e-3);
  assert.is(state?.trustedAtNs, world.truth(30).toString());
  gps.stop();
});

test('a saved delay of another receiver is worth nothing', () => {
  const world = new World();
  world.decoder.timecode = '$GPRMC,123519,A';
  const gps = source(world, {}, { version: 1, receiver: 'u-blox 123456', delaySeconds: 0.19 });
  world.link.send([{ type: 'identity', identity: { vendor: 'unknown', uniqueId: '777' } }]);
  told(world, () => 0, true, 30);
  assert.is(world.samples.length, 0);
  assert.is(gps.view().unfit, 'numbering-ambiguous');
  gps.stop();
});

test.run();
