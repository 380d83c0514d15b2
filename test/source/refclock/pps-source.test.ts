import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import { PpsSource } from '../../../src/source/refclock/pps-source.js';
import { assert, test } from '../../support/suite.js';
import { receive, refclock, World } from './scripted.js';

function alone(world: World) {
  const pps = new PpsSource(9, refclock('pps'), world, { pulse: world.pulse });
  pps.start();
  return pps;
}

const silent = { delay: () => 0, message: () => undefined };
const servers = (offsetSeconds: number, uncertaintySeconds = 0.03) => ({
  offsetSeconds,
  uncertaintySeconds,
  sources: 3,
  from: 'three servers',
});

test('pulses that nobody numbers are not used, and say so', () => {
  const world = new World();
  const pps = alone(world);
  receive(world, { ...silent, seconds: 30 });
  world.run(31);
  assert.is(world.samples.length, 0);
  assert.is(pps.candidate().unfit, 'numbering-ambiguous');
  assert.match(pps.view().remark, 'no other source tells');
  assert.is(pps.candidate().numberedBy, 'survivors');
  pps.stop();
});

test('other sources number them, and may then fall silent', () => {
  for (const error of [0.2, -3.7, 12_345.9]) {
    const world = new World({ disciplined: false, error });
    world.referenceNow = servers(-error + 0.01);
    const pps = alone(world);
    receive(world, { ...silent, seconds: 100 });
    world.scheduler.at(20, () => {
      world.referenceNow = undefined;
    });
    world.run(101);
    assert.ok(world.samples.length > 90);
    assert.ok(world.samples.every(({ errorSeconds }) => Math.abs(errorSeconds) < 1e-6));
    assert.is(pps.candidate().unfit, undefined);
    assert.match(pps.view().remark, 'three servers');
    pps.stop();
  }
});

test('a reference too near half a second from the pulses, or too vague, does not', () => {
  for (const reference of [servers(0.45), servers(0.2, 0.3)]) {
    const world = new World({ disciplined: false });
    world.referenceNow = reference;
    const pps = alone(world);
    receive(world, { ...silent, seconds: 30 });
    world.run(31);
    assert.is(world.samples.length, 0);
    assert.match(pps.view().remark, 'too near half a second');
    pps.stop();
  }
});

test('a reference that changes its mind stops them until it insists', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = servers(0);
  const pps = alone(world);
  receive(world, { ...silent, seconds: 100 });
  world.scheduler.at(30.5, () => {
    world.referenceNow = servers(1);
  });
  world.scheduler.at(40, () => assert.match(pps.view().remark, 'otherwise than before'));
  world.run(101);
  assert.is(pps.candidate().unfit, undefined);
  assert.ok(Math.abs((world.samples.at(-1)?.errorSeconds ?? 0) - 1) < 1e-6);
  pps.stop();
});

test('the messages of a GPS source number them; the learned delay serves its coarse time', () => {
  const world = new World({ error: -86_400.6 });
  const gps = new GpsSource(7, refclock('gps'), world, { link: world.link, decoder: world.decoder });
  const pps = new PpsSource(9, refclock('pps', { time1: 0 }), world, { pulse: world.pulse, gps });
  gps.start();
  pps.start();
  receive(world, { delay: () => 0.23, seconds: 60 });
  world.run(61);
  const pulses = world.samples.filter(({ id }) => id === 9);
  assert.ok(pulses.length > 50);
  assert.ok(pulses.every(({ errorSeconds }) => Math.abs(errorSeconds) < 1e-4));
  assert.is(pps.candidate().numberedBy, 7);
  assert.is(gps.candidate().unfit, undefined);
  const coarse = world.samples.filter(({ id }) => id === 7);
  assert.ok(coarse.length > 5 && coarse.every(({ errorSeconds }) => Math.abs(errorSeconds) < 0.01));
  assert.ok(Math.abs((gps.exportState()?.delaySeconds ?? 0) - 0.23) < 1e-3);
  gps.stop();
  pps.stop();
});

test('beside a receiver that may not be selected, the pulses stand for themselves', () => {
  const world = new World();
  const { link, decoder, pulse } = world;
  const gps = new GpsSource(7, refclock('gps', { noselect: true }), world, { link, decoder });
  const pps = new PpsSource(9, refclock('pps'), world, { pulse, gps });
  gps.start();
  pps.start();
  receive(world, { delay: () => 0.23, seconds: 20 });
  world.run(20.5);
  assert.is(gps.candidate().unfit, 'noselect');
  assert.is(pps.candidate().unfit, undefined);
  assert.is(pps.candidate().numberedBy, undefined);
  gps.stop();
  pps.stop();
});

test('while the numbering by messages is ambiguous, the GPS source does not serve coarse time either', () => {
  const world = new World({ error: 77 });
  const gps = new GpsSource(7, refclock('gps'), world, { link: world.link, decoder: world.decoder });
  const pps = new PpsSource(9, refclock('pps'), world, { pulse: world.pulse, gps });
  gps.start();
  pps.start();
  receive(world, { delay: () => 0.99, seconds: 60 });
  world.run(61);
  assert.is(world.samples.length, 0);
  assert.is(gps.candidate().unfit, 'numbering-ambiguous');
  assert.match(pps.view().remark, '-10 ms or 990 ms');
  gps.stop();
  pps.stop();
});

test('edges, losses, duplicates and glitches are counted for all to see', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = servers(0);
  const pps = alone(world);
  receive(world, {
    ...silent,
    edges: (k) => (k === 20 ? [] : k === 30 ? [0, 0.4] : k === 40 ? [0, 0.00001] : [0]),
    seconds: 60,
  });
  world.run(61);
  assert.is(pps.view().refclock?.timecode, 'edges=56 missed=1 duplicate=1 glitch=1');
  assert.is(world.samples.length, 54);
  pps.stop();
});

test('a line that reports both edges of the pulse is not used, and says what to do', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = servers(0);
  const pps = alone(world);
  receive(world, { ...silent, edges: () => [0, 0.1], seconds: 30 });
  world.run(30.5);
  assert.is(world.samples.length, 0);
  assert.match(pps.view().remark, 'two trains of edges');
  pps.stop();
});

test('a pulse that stops is gone after eight seconds', () => {
  const world = new World({ disciplined: false });
  world.referenceNow = servers(0);
  const pps = alone(world);
  receive(world, { ...silent, seconds: 30 });
  world.run(37);
  assert.is(pps.candidate().unfit, undefined);
  world.run(39.5);
  assert.is(pps.candidate().unfit, 'no-pulse');
  assert.ok(world.changes.includes(9));
  pps.stop();
});

test.run();
