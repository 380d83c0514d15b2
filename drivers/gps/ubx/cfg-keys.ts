/**
 * Keys of the settings that noonmark knows (u-blox 9 and later). Data only.
 * Source: u-blox F9 (HPG 1.13, TIM 2.20), M9 (SPG 4.04) and M10 (SPG 5.10) interface descriptions, "Configuration reference".
 */

/** CFG-MSGOUT keys are those of I2C, followed by the other ports'. */
export const MSGOUT_PORT = { i2c: 0, uart: 1, usb: 3 } as const;
export type MessagePort = keyof typeof MSGOUT_PORT;

/** On I2C. */
export const MSGOUT = {
  NAV_PVT: 0x2091_0006,
  NAV_SAT: 0x2091_0015,
  NAV_STATUS: 0x2091_001a,
  NAV_TIMELS: 0x2091_0060,
  NAV_SVIN: 0x2091_0088,
  TIM_SVIN: 0x2091_0097,
  TIM_TP: 0x2091_017d,
  MON_RF: 0x2091_0359,
  SEC_SIG: 0x2091_0634,
  NMEA_RMC: 0x2091_00ab,
  NMEA_VTG: 0x2091_00b0,
  NMEA_GGA: 0x2091_00ba,
  NMEA_GSA: 0x2091_00bf,
  NMEA_GSV: 0x2091_00c4,
  NMEA_GLL: 0x2091_00c9,
  NMEA_ZDA: 0x2091_00d8,
} as const;

/** Enables UBX as output, by port. */
export const OUTPUT_UBX: Readonly<Record<MessagePort, number>> = {
  i2c: 0x1072_0001,
  uart: 0x1074_0001,
  usb: 0x1078_0001,
};

export const KEY = {
  /** bits/s */
  UART1_BAUDRATE: 0x4052_0001,
  /** ms */
  RATE_MEAS: 0x3021_0001,
  RATE_NAV: 0x3021_0002,
  /** 2: stationary */
  NAVSPG_DYNMODEL: 0x2011_0021,
  /** degrees */
  NAVSPG_INFIL_MINELEV: 0x2011_00a4,
  ITFM_ENABLE: 0x1041_000d,
  /** ns */
  TP_ANT_CABLEDELAY: 0x3005_0001,
  /** us */
  TP_PERIOD_TP1: 0x4005_0002,
  TP_PERIOD_LOCK_TP1: 0x4005_0003,
  TP_LEN_TP1: 0x4005_0004,
  TP_LEN_LOCK_TP1: 0x4005_0005,
  TP_TP1_ENA: 0x1005_0007,
  TP_SYNC_GNSS_TP1: 0x1005_0008,
  TP_USE_LOCKED_TP1: 0x1005_0009,
  TP_ALIGN_TO_TOW_TP1: 0x1005_000a,
  /** 1: rising edge at the second */
  TP_POL_TP1: 0x1005_000b,
  /** 0: UTC */
  TP_TIMEGRID_TP1: 0x2005_000c,
  /** 0: period */
  TP_PULSE_DEF: 0x2005_0023,
  /** 1: length */
  TP_PULSE_LENGTH_DEF: 0x2005_0030,
  /** 0 off, 1 survey-in, 2 fixed */
  TMODE_MODE: 0x2003_0001,
  /** 0: ECEF */
  TMODE_POS_TYPE: 0x2003_0002,
  /** cm */
  TMODE_ECEF_X: 0x4003_0003,
  TMODE_ECEF_Y: 0x4003_0004,
  TMODE_ECEF_Z: 0x4003_0005,
  /** 0.1 mm */
  TMODE_FIXED_POS_ACC: 0x4003_000f,
  /** s */
  TMODE_SVIN_MIN_DUR: 0x4003_0010,
  /** 0.1 mm */
  TMODE_SVIN_ACC_LIMIT: 0x4003_0011,
} as const;
