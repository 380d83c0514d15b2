/** `save`: what is in the receiver's own memory after it, when that is written to, and what a power cut leaves. */
import { KEY } from '../../../../drivers/gps/ubx/cfg-keys.js';
import { encodeCfgTmode2, TIME_MODE } from '../../../../drivers/gps/ubx/cfg-tmode2.js';
import { encodeValSet, LAYER } from '../../../../drivers/gps/ubx/cfg-val.js';
import { UBX } from '../../../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../../../drivers/gps/ubx/match.js';
import { placeOf } from '../../../../src/ports/gps-setup.js';
import { assert, test } from '../../../support/suite.js';
import { assertSet, rig, stateOf, ublox } from './setup-kit.js';

const HERE = placeOf(47.3769, 8.5417, 450, 800);
const ELSEWHERE = placeOf(47.3869, 8.5417, 450, 800);
const SAVED = { save: true };

for (const generation of [6, 8, 9, 10] as const) {
  test(`u-blox ${generation}: asked for, it starts as it was set, and is not written to again`, () => {
    const { twin, link, line, run } = rig(ublox({ generation }), SAVED);
    run(60);
    assert.match(stateOf(link), /^set/);
    twin.powerCycle();
    assertSet(twin, generation);
    const { stores } = twin;
    const sets = twin.sets.length;
    line.unplug();
    line.plug();
    run(60);
    assert.match(stateOf(link), /0 of them changed/);
    assert.equal([twin.sets.length, twin.stores], [sets, stores]);
  });

  test(`u-blox ${generation}: a speed that is saved is there after a power cut`, () => {
    const { twin, link, line, run } = rig(ublox({ generation }), { ...SAVED, baud: 38_400 });
    run(60);
    assert.match(stateOf(link), /^set/);
    line.powerCycle();
    assert.is(twin.baud, 38_400);
    run(60);
    assert.match(stateOf(link), /^set/);
  });

  test(`u-blox ${generation}: what was set before \`save\` was asked for is saved at the next start`, () => {
    const { twin, run } = rig(ublox({ generation }), { baud: 38_400 });
    run(60);
    const { link, run: runAgain } = rig(twin, { ...SAVED, baud: 38_400 });
    runAgain(60);
    assert.match(stateOf(link), /^set/);
    twin.powerCycle();
    assertSet(twin, generation);
    assert.is(twin.baud, 38_400);
  });
}

for (const generation of [8, 9, 10] as const)
  for (const [what, options] of [
    ['loses a byte of each tenth frame', { loss: 0.1 }],
    ['takes 1.2 s for an answer', { answerSeconds: 1.2 }],
  ] as const)
    test(`u-blox ${generation}: on a line that ${what} it is stored all the same`, () => {
      const { twin, link, run } = rig(ublox({ generation }), SAVED, options);
      run(600);
      assert.match(stateOf(link), /^set/);
      twin.powerCycle();
      assertSet(twin, generation);
    });

test('one that tells what it has stored is not written to at the next start of the program', () => {
  for (const generation of [9, 10] as const) {
    const { twin, run } = rig(ublox({ generation }), SAVED);
    run(60);
    const { stores } = twin;
    assert.ok(stores > 0);
    const second = rig(twin, SAVED);
    second.run(60);
    assert.match(stateOf(second.link), /^set: .* 0 of them changed$/);
    assert.is(twin.stores, stores);
  }
});

test('one that does not tell is written to once at each start of the program', () => {
  const { twin, run } = rig(ublox({ generation: 8 }), SAVED);
  run(60);
  assert.is(twin.stores, 1);
  const second = rig(twin, SAVED);
  second.run(60);
  assert.is(twin.stores, 2);
  second.line.unplug();
  second.line.plug();
  second.run(60);
  assert.is(twin.stores, 2);
});

test('a memory on battery that contradicts the flash is put right', () => {
  const { twin, run } = rig(ublox({ generation: 9 }), SAVED);
  run(60);
  twin.stored.bbr.set(KEY.NAVSPG_INFIL_MINELEV, 5n);
  const second = rig(twin, SAVED);
  second.run(60);
  assert.is(twin.stored.bbr.get(KEY.NAVSPG_INFIL_MINELEV), 10n);
  // An empty one contradicts nothing.
  const { stores } = twin;
  twin.stored.bbr.clear();
  const third = rig(twin, SAVED);
  third.run(60);
  assert.is(twin.stores, stores);
});

test('only what differs is written to flash', () => {
  const { twin, run } = rig(ublox({ generation: 9 }), SAVED);
  run(60);
  twin.stored.bbr.clear();
  const second = rig(twin, { ...SAVED, elevationDegrees: 15 });
  second.run(60);
  assert.equal([...twin.stored.bbr], [[KEY.NAVSPG_INFIL_MINELEV, 15n]]);
  assert.is(twin.stored.flash.get(KEY.NAVSPG_INFIL_MINELEV), 15n);
});

test('a count of milliseconds since the start that wraps, after 49 days, is no new start', () => {
  const { link, twin, run, log } = rig(ublox({ generation: 8, uptimeMs: 2 ** 32 - 200_000 }));
  run(600);
  assert.match(stateOf(link), /^set/);
  assert.is(log.of('receiver-reset').length, 0);
  assert.is(twin.rate(UBX.NAV_STATUS), 5);
});

test('saving that is refused is said', () => {
  const { link, run } = rig(ublox({ generation: 8, refuses: [UBX.CFG_CFG] }), SAVED);
  run(30);
  assert.match(stateOf(link), /^incomplete: .*refused: saving$/);
});

for (const [generation, timing] of [
  [8, 'tmode2'],
  [8, 'tmode3'],
  [9, 'keys'],
] as const) {
  test(`saved, it is not surveyed again after a power cut: its place is given back (u-blox ${generation}, ${timing})`, () => {
    const first = rig(ublox({ generation, timing }), SAVED);
    first.run(900);
    assert.match(stateOf(first.link), /^set/);
    const place = first.link.setup.remembered;
    assert.ok(place !== undefined);
    first.line.powerCycle();
    assert.is(first.twin.mode, TIME_MODE.off);
    const second = rig(first.twin, SAVED, { remembered: place });
    second.run(60);
    assert.is(first.twin.mode, TIME_MODE.fixed);
    assert.equal(second.link.setup.view.place, place);
    assert.is(second.log.of('receiver-survey').length, 0);
    first.line.powerCycle();
    assert.is(first.twin.mode, TIME_MODE.off, 'a place that is fixed is not stored either');
  });

  test(`saved, and without power for a moment while we run: the place is given back (u-blox ${generation}, ${timing})`, () => {
    const { twin, line, link, run, log } = rig(ublox({ generation, timing }), SAVED);
    run(900);
    assert.ok(link.setup.remembered !== undefined);
    line.powerCycle();
    run(100);
    assert.is(twin.mode, TIME_MODE.fixed);
    assert.equal(link.setup.view.place, link.setup.remembered);
    assert.is(log.of('receiver-reset').length, 1);
    run(1000);
    assert.is(log.of('receiver-reset').length, 1);
  });

  test(`a survey-in goes on when \`save\` is asked for in the middle of it (u-blox ${generation}, ${timing})`, () => {
    const { twin, run } = rig(ublox({ generation, timing }));
    run(300);
    const second = rig(twin, SAVED);
    second.run(60);
    assert.is(twin.mode, TIME_MODE.survey);
    assert.ok((second.link.setup.view.survey?.seconds ?? 0) > 300);
    assert.ok(twin.stores > 0);
  });

  test(`saved and moved, it is surveyed anew (u-blox ${generation}, ${timing})`, () => {
    const { twin, run, log } = rig(ublox({ generation, timing }), SAVED, { remembered: HERE });
    run(60);
    assert.is(twin.mode, TIME_MODE.fixed);
    assert.is(log.of('receiver-moved').length, 0);
    twin.latDegrees = 47.3869;
    twin.powerCycle();
    const second = rig(twin, SAVED, { remembered: HERE });
    second.run(60);
    assert.is(second.log.of('receiver-moved').length, 1);
    assert.is(twin.mode, TIME_MODE.survey);
  });
}

test('position survey and a place that is given are stored as they are', () => {
  const surveyed = rig(ublox({ generation: 9, timing: 'keys' }), { ...SAVED, position: { kind: 'survey' } });
  surveyed.run(60);
  surveyed.twin.powerCycle();
  assert.is(surveyed.twin.mode, TIME_MODE.survey);
  const given = rig(ublox({ generation: 8, timing: 'tmode2' }), {
    ...SAVED,
    position: { kind: 'fixed', place: ELSEWHERE },
  });
  given.run(60);
  given.twin.powerCycle();
  assert.is(given.twin.mode, TIME_MODE.fixed);
});

/** Sets and stores a survey-in, as another program or its maker may have done. */
const surveyAtStart = {
  tmode2: [
    encodeUbx(
      UBX.CFG_TMODE2,
      encodeCfgTmode2({
        ...{ mode: TIME_MODE.survey, flags: 0, x: 0, y: 0, z: 0, accuracyMm: 0 },
        ...{ surveySeconds: 600, surveyAccuracyMm: 5000 },
      }),
    ),
    encodeUbx(UBX.CFG_CFG, Uint8Array.of(0, 0, 0, 0, 0x1f, 0x1f, 0, 0, 0, 0, 0, 0, 0x17)),
  ],
  keys: [
    encodeUbx(
      UBX.CFG_VALSET,
      encodeValSet(
        LAYER.ram | LAYER.bbr | LAYER.flash,
        new Map([
          [KEY.TMODE_MODE, 1n],
          [KEY.TMODE_SVIN_MIN_DUR, 600n],
          [KEY.TMODE_SVIN_ACC_LIMIT, 50_000n],
        ]),
      ),
    ),
  ],
} as const;

for (const [generation, timing] of [
  [8, 'tmode2'],
  [9, 'keys'],
] as const)
  for (const save of [false, true])
    test(`one that surveys by itself after a power cut has its place given back (${timing}${save ? ', save' : ''})`, () => {
      const twin = ublox({ generation, timing });
      for (const frame of surveyAtStart[timing]) twin.receive(frame);
      twin.powerCycle();
      assert.is(twin.mode, TIME_MODE.survey);
      const { link, run, log } = rig(twin, { save }, { remembered: HERE });
      run(60);
      assert.is(twin.mode, TIME_MODE.fixed);
      assert.equal(link.setup.view.place, HERE);
      assert.is(log.of('receiver-survey').length, 0);
      twin.powerCycle();
      assert.is(twin.mode, save ? TIME_MODE.off : TIME_MODE.survey);
    });

test.run();
