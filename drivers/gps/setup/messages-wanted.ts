/**
 * The messages that time service needs, and how often. Data only. What tells the time comes with each solution, once a
 * second; what a person or an alarm looks at, now and then, so that it fits a line of 9600 baud.
 */
import { UBX } from '../ubx/ids.js';

export interface MessageWanted {
  readonly name:
    | 'NAV_PVT'
    | 'NAV_TIMELS'
    | 'NAV_STATUS'
    | 'NAV_SAT'
    | 'TIM_TP'
    | 'MON_RF'
    | 'SEC_SIG'
    | 'NAV_SVIN'
    | 'TIM_SVIN';
  /** each so many solutions */
  readonly rate: number;
  /** not every receiver of the generation has it */
  readonly optional: boolean;
}

/** u-blox 9 and later. */
export const MESSAGES_BY_KEY: readonly MessageWanted[] = [
  { name: 'NAV_PVT', rate: 1, optional: false },
  { name: 'TIM_TP', rate: 1, optional: true },
  { name: 'NAV_TIMELS', rate: 10, optional: true },
  { name: 'NAV_STATUS', rate: 5, optional: true },
  { name: 'NAV_SAT', rate: 10, optional: true },
  { name: 'MON_RF', rate: 5, optional: true },
  { name: 'SEC_SIG', rate: 5, optional: true },
  { name: 'NAV_SVIN', rate: 10, optional: true },
  { name: 'TIM_SVIN', rate: 10, optional: true },
];

type Rated = readonly [message: number, rate: number, optional: boolean];

/** u-blox 7 and 8. */
const SEVEN_ON: readonly Rated[] = [
  [UBX.NAV_PVT, 1, false],
  [UBX.TIM_TP, 1, true],
  [UBX.NAV_TIMELS, 10, true],
  [UBX.NAV_STATUS, 5, true],
  [UBX.NAV_SAT, 10, true],
  [UBX.MON_HW, 5, true],
  [UBX.NAV_SVIN, 10, true],
  [UBX.TIM_SVIN, 10, true],
];
/** u-blox 6 has neither NAV-PVT nor NAV-TIMELS nor NAV-SAT. */
const SIX: readonly Rated[] = [
  [UBX.NAV_TIMEUTC, 1, false],
  [UBX.NAV_SOL, 1, true],
  [UBX.TIM_TP, 1, true],
  [UBX.NAV_STATUS, 5, true],
  [UBX.NAV_TIMEGPS, 10, true],
  [UBX.NAV_SVINFO, 10, true],
  [UBX.MON_HW, 5, true],
  [UBX.TIM_SVIN, 10, true],
];

/** [message, rate, optional] of a generation that is set by messages. */
export const messagesOf = (generation: 6 | 7 | 8): readonly Rated[] => (generation === 6 ? SIX : SEVEN_ON);

/** NMEA's standard sentences are messages of class F0: GGA, GLL, GSA, GSV, RMC, VTG, ZDA. Ids as u-blox numbers them. */
export const NMEA_MESSAGES: readonly number[] = [0xf000, 0xf001, 0xf002, 0xf003, 0xf004, 0xf005, 0xf008];
