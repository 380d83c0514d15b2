/**
 * The table of keys against u-blox's own numbers, written down once more: set-up and twin both read the table, so that a
 * wrong number in it would be agreed upon.
 * Source: u-blox F9 (HPG 1.13, TIM 2.20) and M10 (SPG 5.10) interface descriptions, "Configuration reference"; each number
 * was compared with those of SparkFun's u-blox GNSS library (src/u-blox_config_keys.h).
 */
import { KEY, MSGOUT, MSGOUT_PORT, OUTPUT_UBX } from '../../../drivers/gps/ubx/cfg-keys.js';
import { assert, test } from '../../support/suite.js';

const hex = (table: Readonly<Record<string, number>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(table).map(([name, key]) => [name, key.toString(16).padStart(8, '0')]));

test('every key has the number that the interface description gives it', () => {
  assert.equal(hex(KEY), {
    UART1_BAUDRATE: '40520001',
    RATE_MEAS: '30210001',
    RATE_NAV: '30210002',
    NAVSPG_DYNMODEL: '20110021',
    NAVSPG_INFIL_MINELEV: '201100a4',
    ITFM_ENABLE: '1041000d',
    TP_ANT_CABLEDELAY: '30050001',
    TP_PERIOD_TP1: '40050002',
    TP_PERIOD_LOCK_TP1: '40050003',
    TP_LEN_TP1: '40050004',
    TP_LEN_LOCK_TP1: '40050005',
    TP_TP1_ENA: '10050007',
    TP_SYNC_GNSS_TP1: '10050008',
    TP_USE_LOCKED_TP1: '10050009',
    TP_ALIGN_TO_TOW_TP1: '1005000a',
    TP_POL_TP1: '1005000b',
    TP_TIMEGRID_TP1: '2005000c',
    TP_PULSE_DEF: '20050023',
    TP_PULSE_LENGTH_DEF: '20050030',
    TMODE_MODE: '20030001',
    TMODE_POS_TYPE: '20030002',
    TMODE_ECEF_X: '40030003',
    TMODE_ECEF_Y: '40030004',
    TMODE_ECEF_Z: '40030005',
    TMODE_FIXED_POS_ACC: '4003000f',
    TMODE_SVIN_MIN_DUR: '40030010',
    TMODE_SVIN_ACC_LIMIT: '40030011',
  });
  assert.equal(hex(OUTPUT_UBX), { i2c: '10720001', uart: '10740001', usb: '10780001' });
});

test('the keys of messages, on I2C and on the other ports', () => {
  assert.equal(hex(MSGOUT), {
    NAV_PVT: '20910006',
    NAV_SAT: '20910015',
    NAV_STATUS: '2091001a',
    NAV_TIMELS: '20910060',
    NAV_SVIN: '20910088',
    TIM_SVIN: '20910097',
    TIM_TP: '2091017d',
    MON_RF: '20910359',
    SEC_SIG: '20910634',
    NMEA_RMC: '209100ab',
    NMEA_VTG: '209100b0',
    NMEA_GGA: '209100ba',
    NMEA_GSA: '209100bf',
    NMEA_GSV: '209100c4',
    NMEA_GLL: '209100c9',
    NMEA_ZDA: '209100d8',
  });
  // CFG-MSGOUT-UBX_MON_RF_UART1 and _USB
  assert.equal(
    [MSGOUT.MON_RF + MSGOUT_PORT.uart, MSGOUT.MON_RF + MSGOUT_PORT.usb],
    [0x2091_035a, 0x2091_035c],
  );
});

test.run();
