import { MtkTwin } from '../../../../src/sim/mtk-twin.js';
import { assert, test } from '../../../support/suite.js';
import { rig, stateOf } from './setup-kit.js';

const WANTED = [0, 1, 0, 1, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];

for (const [what, options] of [
  ['a good line', {}],
  ['a line that loses a byte of each tenth frame', { loss: 0.1 }],
  ['a line with answers after 1.2 s', { answerSeconds: 1.2 }],
] as const)
  test(`a MediaTek on ${what} gets its rate and sentences`, () => {
    const { twin, link, run } = rig(new MtkTwin(), {}, options);
    twin.intervalMs = 200;
    run(400);
    assert.match(stateOf(link), /^set/);
    assert.equal([...twin.divisors], WANTED);
    assert.is(twin.intervalMs, 1000);
  });

test('firmware that does not tell its sentences is believed when it says that they are set', () => {
  const { twin, link, run } = rig(new MtkTwin({ tells: false }));
  run(60);
  assert.match(stateOf(link), /^set/);
  assert.equal([...twin.divisors], WANTED);
});

test('its line goes to the wished speed at both ends; a line without speed is left alone', () => {
  const { twin, line, link, run } = rig(new MtkTwin(), { baud: 38_400 });
  run(60);
  assert.match(stateOf(link), /^set/);
  assert.equal([twin.baud, line.speed?.baud], [38_400, 38_400]);
  const usb = rig(new MtkTwin(), { baud: 38_400 }, { port: 'usb' });
  usb.run(60);
  assert.match(stateOf(usb.link), /^set/);
  assert.is(usb.twin.baud, 9600);
});

test('one that has lost its settings is set again', () => {
  const { twin, line, run, log } = rig(new MtkTwin());
  run(100);
  line.powerCycle();
  run(60);
  assert.equal([...twin.divisors], WANTED);
  assert.is(log.of('receiver-reset').length, 1);
});

test.run();
