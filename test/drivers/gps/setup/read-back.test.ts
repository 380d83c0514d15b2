/** Receivers that say yes and do nothing, or say no: what was set is believed only once it was read back. */
import { KEY, MSGOUT, MSGOUT_PORT } from '../../../../drivers/gps/ubx/cfg-keys.js';
import { UBX } from '../../../../drivers/gps/ubx/ids.js';
import { assert, test } from '../../../support/suite.js';
import { rig, stateOf, ublox } from './setup-kit.js';

const PVT_KEY = MSGOUT.NAV_PVT + MSGOUT_PORT.uart;

for (const [generation, setting, name] of [
  [6, UBX.NAV_TIMEUTC, 'message 0121 on'],
  [8, UBX.NAV_PVT, 'message 0107 on'],
  [8, UBX.CFG_NAV5, 'navigation'],
  [8, UBX.CFG_ITFM, 'the interference monitor'],
  [8, UBX.CFG_TP5, 'the time pulse'],
  [8, UBX.CFG_TMODE2, 'the timing mode'],
  [9, PVT_KEY, 'message NAV-PVT on'],
  [9, KEY.NAVSPG_INFIL_MINELEV, 'navigation'],
  [9, KEY.ITFM_ENABLE, 'the interference monitor'],
  [9, KEY.TP_LEN_LOCK_TP1, 'the time pulse'],
  [9, KEY.TMODE_MODE, 'the timing mode'],
  [10, KEY.TP_POL_TP1, 'the time pulse'],
] as const)
  for (const way of ['disobeys', 'refuses'] as const)
    test(`u-blox ${generation} ${way} "${name}": the set-up is incomplete and names it`, () => {
      const timing = ({ 6: undefined, 8: 'tmode2', 9: 'keys', 10: undefined } as const)[generation];
      const { link, run, log } = rig(ublox({ generation, timing, [way]: [setting] }));
      run(30);
      assert.match(stateOf(link), /^incomplete: /);
      assert.ok(stateOf(link).endsWith(`; refused: ${name}`), stateOf(link));
      run(600);
      assert.match(stateOf(link), /^incomplete: /);
      const told = log.of('receiver-incomplete');
      assert.ok(
        told.length > 0 && told.every((line) => line.endsWith(`; refused: ${name}`)),
        told.join('\n'),
      );
      assert.is(log.of('receiver-set').length, 0);
    });

for (const [generation, setting] of [
  [8, UBX.CFG_PRT],
  [9, KEY.UART1_BAUDRATE],
] as const)
  for (const way of ['disobeys', 'refuses'] as const)
    test(`u-blox ${generation} ${way} another speed: the line goes back to the one it has`, () => {
      const { twin, line, link, run } = rig(ublox({ generation, [way]: [setting] }), { baud: 38_400 });
      run(50);
      assert.match(stateOf(link), /^incomplete: .*; refused: the speed$/);
      assert.equal([twin.baud, line.speed?.baud], [9600, 9600]);
      assert.is(twin.rate(0xf004), 0, 'the rest is set');
    });

test('what was refused is asked for again four times, a minute apart, and then left', () => {
  const { twin, link, run } = rig(ublox({ generation: 8, disobeys: [UBX.CFG_TP5] }));
  run(1000);
  assert.is(twin.sets.filter((id) => id === UBX.CFG_TP5).length, 5);
  assert.match(stateOf(link), /^incomplete: /);
});

test.run();
