/**
 * What a u-blox of generation 9 or later is to have, as settings that read some keys and write those that differ. Pure.
 * Keys that not every receiver knows are settings of their own, because one unknown key refuses the whole message.
 */
import type { ReceiverWish } from '../../../src/ports/gps-setup.js';
import { KEY, type MessagePort, MSGOUT, MSGOUT_PORT, OUTPUT_UBX } from '../ubx/cfg-keys.js';
import { MODEL_STATIONARY } from '../ubx/cfg-nav5.js';
import { TIME_MODE } from '../ubx/cfg-tmode2.js';
import { decodePairs, encodeValGet, encodeValSet, keyValue, LAYER } from '../ubx/cfg-val.js';
import { UBX } from '../ubx/ids.js';
import { MESSAGES_BY_KEY } from './messages-wanted.js';
import type { Setting } from './setting.js';
import { PULSE_PERIOD_US, PULSE_US, SOLUTION_MS, type TimingTarget } from './targets.js';

/** Wished values by key; signed ones as they are. */
export type KeyWish = readonly (readonly [key: number, value: number])[];

export function byKeys(name: string, wish: KeyWish, optional = false, layers: number = LAYER.ram): Setting {
  const keys = wish.map(([key]) => key);
  return {
    ...{ name, optional, message: UBX.CFG_VALGET, setMessage: UBX.CFG_VALSET, poll: encodeValGet(keys) },
    answers(payload) {
      const pairs = decodePairs(payload, 1);
      return pairs.ok && keys.every((key) => pairs.value.values.has(key));
    },
    change(payload) {
      const pairs = decodePairs(payload, 1);
      if (!pairs.ok) return undefined;
      const wrong = wish
        .map(([key, value]) => [key, keyValue(key, value)] as const)
        .filter(([key, value]) => pairs.value.values.get(key) !== value);
      return wrong.length === 0 ? undefined : encodeValSet(layers, new Map(wrong));
    },
  };
}

/** All but speed and timing mode, in the order in which they are to be made. */
export function settingsByKey(wish: ReceiverWish, port: MessagePort): readonly Setting[] {
  const on = (key: number) => key + MSGOUT_PORT[port];
  return [
    byKeys('UBX as output', [[OUTPUT_UBX[port], 1]]),
    byKeys('one solution a second', [
      [KEY.RATE_MEAS, SOLUTION_MS],
      [KEY.RATE_NAV, 1],
    ]),
    ...MESSAGES_BY_KEY.map(({ name, rate, optional }) =>
      byKeys(`message ${name.replace('_', '-')} on`, [[on(MSGOUT[name]), rate]], optional),
    ),
    ...(['NMEA_RMC', 'NMEA_VTG', 'NMEA_GGA', 'NMEA_GSA', 'NMEA_GSV', 'NMEA_GLL', 'NMEA_ZDA'] as const).map(
      (name) => byKeys(`message ${name.replace('_', ' ')} off`, [[on(MSGOUT[name]), 0]], true),
    ),
    byKeys('navigation', [
      ...(wish.position.kind === 'moving' ? [] : [[KEY.NAVSPG_DYNMODEL, MODEL_STATIONARY] as const]),
      [KEY.NAVSPG_INFIL_MINELEV, wish.elevationDegrees],
    ]),
    byKeys('the interference monitor', [[KEY.ITFM_ENABLE, 1]], true),
    byKeys('the time pulse', [
      // Without lock its length is 0: there is no pulse that would be wrong.
      ...([
        [KEY.TP_PULSE_DEF, 0],
        [KEY.TP_PULSE_LENGTH_DEF, 1],
        [KEY.TP_PERIOD_TP1, PULSE_PERIOD_US],
        [KEY.TP_PERIOD_LOCK_TP1, PULSE_PERIOD_US],
        [KEY.TP_LEN_TP1, 0],
        [KEY.TP_LEN_LOCK_TP1, PULSE_US],
        [KEY.TP_TP1_ENA, 1],
        [KEY.TP_SYNC_GNSS_TP1, 1],
        [KEY.TP_USE_LOCKED_TP1, 1],
        [KEY.TP_ALIGN_TO_TOW_TP1, 1],
        [KEY.TP_POL_TP1, 1],
        [KEY.TP_TIMEGRID_TP1, 0],
      ] as const),
      ...(wish.cableDelayNs === undefined ? [] : [[KEY.TP_ANT_CABLEDELAY, wish.cableDelayNs] as const]),
    ]),
  ];
}

export const speedByKey = (baud: number): Setting => byKeys('the speed', [[KEY.UART1_BAUDRATE, baud]]);

export function timingByKey(target: TimingTarget): readonly Setting[] {
  const wish = (): KeyWish => {
    switch (target.kind) {
      case 'off':
        return [[KEY.TMODE_MODE, TIME_MODE.off]];
      case 'survey':
        return [
          [KEY.TMODE_MODE, TIME_MODE.survey],
          [KEY.TMODE_SVIN_MIN_DUR, target.seconds],
          [KEY.TMODE_SVIN_ACC_LIMIT, Math.round(target.accuracyM * 10_000)],
        ];
      case 'fixed':
        return [
          [KEY.TMODE_MODE, TIME_MODE.fixed],
          [KEY.TMODE_POS_TYPE, 0],
          [KEY.TMODE_ECEF_X, target.place.xCm],
          [KEY.TMODE_ECEF_Y, target.place.yCm],
          [KEY.TMODE_ECEF_Z, target.place.zCm],
          [KEY.TMODE_FIXED_POS_ACC, target.place.accuracyMm * 10],
        ];
    }
  };
  return [byKeys('the timing mode', wish(), true)];
}
