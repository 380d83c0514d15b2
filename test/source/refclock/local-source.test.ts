import { LocalSource } from '../../../src/source/refclock/local-source.js';
import { assert, test } from '../../support/suite.js';
import { refclock, World } from './scripted.js';

test('the local clock is a candidate of last resort at stratum 5 that measures nothing', () => {
  const world = new World();
  const local = new LocalSource(1, refclock('local'), world);
  local.start();
  world.run(200);
  const candidate = local.candidate();
  assert.equal(
    [candidate.lastResort, candidate.stratum, candidate.unfit, candidate.offsetSeconds, candidate.pulse],
    [true, 5, undefined, 0, false],
  );
  assert.is(world.samples.length, 0);
  assert.is(local.view().reach, 0xff);
  assert.equal([...local.view().refid], [...Buffer.from('LOCL')]);
  local.stop();
});

test('fudge stratum 10 is obeyed, and noselect too', () => {
  const world = new World();
  const local = new LocalSource(1, refclock('local', { stratum: 10, noselect: true }), world);
  local.start();
  assert.is(local.candidate().stratum, 10);
  assert.is(local.candidate().unfit, 'noselect');
  local.stop();
});

test.run();
