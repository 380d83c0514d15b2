import { KEY } from '../../../../drivers/gps/ubx/cfg-keys.js';
import { decodeCfgTmode2 } from '../../../../drivers/gps/ubx/cfg-tmode2.js';
import { UBX } from '../../../../drivers/gps/ubx/ids.js';
import { placeOf } from '../../../../src/ports/gps-setup.js';
import { assert, test } from '../../../support/suite.js';
import { assertSet, rig, stateOf, ublox } from './setup-kit.js';

const HERE = placeOf(47.3769, 8.5417, 450, 800);
const ELSEWHERE = placeOf(47.3869, 8.5417, 450, 800);
const TIMING = { 6: 'tmode2', 7: undefined, 8: 'tmode2', 9: 'keys', 10: undefined } as const;

for (const generation of [6, 7, 8, 9, 10] as const) {
  test(`u-blox ${generation}: every setting is made and read back, and a second start changes nothing`, () => {
    const { twin, link, run, line, log } = rig(ublox({ generation, timing: TIMING[generation] }));
    run(60);
    assert.match(stateOf(link), /^set: \d+ settings as wished, [1-9]\d* of them changed$/);
    assertSet(twin, generation);
    const sets = twin.sets.length;
    assert.ok(sets > 5);
    line.unplug();
    line.plug();
    run(60);
    assert.match(stateOf(link), /^set: \d+ settings as wished, 0 of them changed$/);
    assert.is(twin.sets.length, sets, 'nothing was sent that was not needed');
    assert.is(log.of('receiver-set').length, 2);
    assert.is(log.of('receiver-incomplete').length, 0);
  });

  for (const [what, options] of [
    ['loses a byte of each tenth frame', { loss: 0.1 }],
    ['takes 1.2 s for an answer', { answerSeconds: 1.2 }],
  ] as const)
    test(`u-blox ${generation}: on a line that ${what} it is set all the same, after trying again`, () => {
      const { twin, link, run } = rig(ublox({ generation, timing: TIMING[generation] }), {}, options);
      run(600);
      assert.match(stateOf(link), /^set/);
      assertSet(twin, generation);
    });

  test(`u-blox ${generation}: the line goes to a higher speed at both ends`, () => {
    const { twin, line, link, run } = rig(ublox({ generation }), { baud: 38_400 });
    run(60);
    assert.match(stateOf(link), /^set/);
    assert.is(twin.baud, 38_400);
    assert.is(line.speed?.baud, 38_400);
    assertSet(twin, generation);
  });
}

test('a receiver that is switched on minutes later is set all the same', () => {
  const twin = ublox({ generation: 8 });
  let isOn = false;
  const { link, run } = rig({
    get baud() {
      return twin.baud;
    },
    receive: (bytes) => (isOn ? twin.receive(bytes) : []),
    second: (unixNs) => (isOn ? twin.second(unixNs) : []),
    powerCycle: () => twin.powerCycle(),
  });
  run(120);
  assert.match(stateOf(link), /^unanswered: nothing comes that is understood/);
  isOn = true;
  run(60);
  assert.match(stateOf(link), /^set/);
  assertSet(twin, 8);
});

test('a receiver that never answers is read as it is, and that is said once', () => {
  const twin = ublox({ generation: 8 });
  twin.deaf = true;
  const { link, run, log, heard } = rig(twin);
  run(600);
  assert.match(stateOf(link), /^unanswered: it answers neither UBX nor PMTK questions/);
  assert.equal(log.lines, [
    'notice receiver-unanswered twin: it answers neither UBX nor PMTK questions: it is read as it is',
  ]);
  assert.ok(heard.bytes > 1000, 'its messages come through');
  assert.is(twin.rate(0xf004), 1);
  assert.not(link.setup.busy);
});

test('one that stops answering in the middle is not asked for ever', () => {
  const { twin, link, run } = rig(ublox({ generation: 8 }));
  run(0.5);
  twin.deaf = true;
  run(120);
  assert.match(stateOf(link), /^(incomplete|unanswered): .*not answered: /);
  assert.not(link.setup.busy);
});

test('a receiver without a timing mode is told that it stands still, and nothing is missing', () => {
  const { link, run, log } = rig(ublox({ generation: 10 }));
  run(60);
  assert.match(stateOf(link), /^set/);
  assert.is(link.setup.view.survey, undefined);
  assert.is(log.of('receiver-survey').length, 0);
});

for (const [generation, timing] of [
  [8, 'tmode2'],
  [8, 'tmode3'],
  [9, 'keys'],
] as const) {
  test(`survey-in by ${timing}: its progress shows, its place is remembered and used at the next start`, () => {
    const first = rig(ublox({ generation, timing }));
    first.run(120);
    assert.is(first.twin.mode, 1);
    const survey = first.link.setup.view.survey;
    assert.ok(survey?.active && !survey.valid && survey.seconds > 50);
    assert.is(first.link.setup.remembered, undefined);
    first.run(600);
    assert.ok(first.link.setup.view.survey?.valid);
    const place = first.link.setup.remembered;
    assert.ok(place !== undefined && Math.abs(place.xCm - HERE.xCm) < 2);
    assert.is(first.log.of('receiver-survey').length, 2);
    // A daemon that starts anew finds it surveyed, and leaves it so.
    first.twin.sets.length = 0;
    const second = rig(first.twin, {}, { remembered: place });
    second.run(60);
    assert.equal(first.twin.sets, []);
    // Without power it forgets: the place is given back to it once it knows where it is.
    first.twin.powerCycle();
    const third = rig(first.twin, {}, { remembered: place });
    third.run(60);
    assert.is(first.twin.mode, 2);
    assert.equal(third.link.setup.view.place, place);
    assert.is(third.log.of('receiver-survey').length, 0);
  });

  test(`a receiver that was moved is surveyed anew (${timing})`, () => {
    const { twin, link, run, log } = rig(ublox({ generation, timing }), {}, { remembered: ELSEWHERE });
    run(90);
    assert.is(twin.mode, 1);
    assert.match(log.of('receiver-moved')[0] ?? '', /is 111\d m from where it was/);
    assert.is(link.setup.remembered, undefined);
    run(900);
    assert.ok(Math.abs((link.setup.remembered?.xCm ?? 0) - HERE.xCm) < 2);
  });

  test(`without a fix nothing is said of the place yet (${timing})`, () => {
    const { twin, link, run } = rig(ublox({ generation, timing, fixAfter: 300 }), {}, { remembered: HERE });
    run(200);
    assert.is(twin.mode, 0);
    assert.match(stateOf(link), /^set/);
    run(300);
    assert.is(twin.mode, 2);
  });
}

test('a place that is written down is used as it is', () => {
  const { twin, link, run } = rig(ublox({ generation: 8, timing: 'tmode2' }), {
    position: { kind: 'fixed', place: HERE },
  });
  run(60);
  const mode = decodeCfgTmode2(twin.payload(UBX.CFG_TMODE2));
  assert.ok(mode.ok && mode.value.mode === 2 && mode.value.x === HERE.xCm && mode.value.accuracyMm === 800);
  assert.equal(link.setup.view.place, HERE);
});

test('an antenna that moves has no timing mode, and its model of motion is left alone', () => {
  const { twin, run } = rig(ublox({ generation: 9, timing: 'keys' }), { position: { kind: 'moving' } });
  run(60);
  assert.is(twin.mode, 0);
  assert.is(twin.key(KEY.NAVSPG_DYNMODEL), 0n);
});

test('a receiver that has lost its settings while the line stays up is set again', () => {
  const { twin, line, link, run, log } = rig(ublox({ generation: 8 }));
  run(100);
  assert.match(stateOf(link), /^set/);
  line.powerCycle();
  assert.is(twin.rate(0xf004), 1);
  run(60);
  assert.match(stateOf(link), /^set/);
  assert.is(twin.rate(0xf004), 0);
  assert.is(log.of('receiver-reset').length, 1);
});

for (const generation of [8, 9, 10] as const) {
  test(`u-blox ${generation}: nothing is saved unless asked for`, () => {
    const { twin, run } = rig(ublox({ generation }));
    run(60);
    twin.powerCycle();
    assert.is(twin.rate(0xf004), 1);
    assert.not(twin.sets.includes(UBX.CFG_CFG));
  });
}

test('over USB and I2C no speed is touched, and the messages of that port are set', () => {
  for (const port of ['usb', 'i2c'] as const)
    for (const generation of [8, 9] as const) {
      const { twin, link, run } = rig(ublox({ generation, port }), { baud: 115_200 }, { port });
      run(60);
      assert.match(stateOf(link), /^set/);
      assert.is(twin.baud, 9600);
      assertSet(twin, generation, port);
    }
});

test('a cable delay is written when one is given, and left alone when not', () => {
  const given = rig(ublox({ generation: 8 }), { cableDelayNs: 75 });
  given.run(60);
  assert.is(given.twin.payload(UBX.CFG_TP5).getInt16(4, true), 75);
  const left = rig(given.twin);
  left.run(60);
  assert.is(left.twin.payload(UBX.CFG_TP5).getInt16(4, true), 75);
});

test.run();
