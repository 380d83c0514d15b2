/**
 * What the twin of a u-blox says each second of where it is, what time it is and how its survey-in goes: NMEA's RMC, GGA and
 * GLL, and UBX-NAV-STATUS, NAV-PVT, TIM-TP, TIM-SVIN, NAV-SVIN and SEC-SIG. Pure; which of them are due is ublox-twin.ts's.
 * Source: u-blox 6, M8, F9 and M10 interface descriptions.
 */
import { encodeGga } from '../../drivers/gps/nmea/gga.js';
import { encodeRmc } from '../../drivers/gps/nmea/rmc.js';
import { encodeSentence } from '../../drivers/gps/nmea/sentence.js';
import { UBX } from '../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../drivers/gps/ubx/match.js';
import { encodeNavPvt } from '../../drivers/gps/ubx/nav-pvt.js';
import { encodeNavStatus } from '../../drivers/gps/ubx/nav-status.js';
import { encodeNavSvin } from '../../drivers/gps/ubx/nav-svin.js';
import { encodeSecSig } from '../../drivers/gps/ubx/sec-sig.js';
import { encodeTimSvin } from '../../drivers/gps/ubx/tim-svin.js';
import {
  encodeTimTp,
  TIMTP_BASE_UTC,
  TIMTP_QERR_INVALID,
  TIMTP_UTC_AVAILABLE,
} from '../../drivers/gps/ubx/tim-tp.js';
import { type Place, placeOf } from '../ports/gps-setup.js';
import { GPS_EPOCH_UNIX, gpsWeek } from './calendar.js';

export interface TwinSurvey {
  readonly seconds: number;
  readonly accuracyM: number;
  /** 0 or 1, as on the wire */
  readonly valid: number;
  readonly active: number;
}

export interface TwinSolution {
  readonly unixNs: bigint;
  readonly isFixed: boolean;
  readonly latDegrees: number;
  readonly lonDegrees: number;
  readonly survey: TwinSurvey;
  /** 0 unknown, 1 none, 2 indicated, 3 more than that */
  readonly spoofing: number;
  /** since it was switched on, ms */
  readonly uptimeMs: number;
}

const HEIGHT_M = 450;

/** Frames and sentences, in the order in which a receiver sends them. `due`: of a message, by number. */
export function encodeSolution(
  solution: TwinSolution,
  due: (message: number) => boolean,
): readonly Uint8Array[] {
  const { unixNs, isFixed, latDegrees, lonDegrees } = solution;
  const parts = {
    day: Number(unixNs / 86_400_000_000_000n),
    ofDayNs: Number(unixNs % 86_400_000_000_000n),
  };
  const out: Uint8Array[] = [];
  const say = (type: string, fields: readonly string[]) =>
    out.push(new TextEncoder().encode(`${encodeSentence({ talker: 'GP', type, fields })}\r\n`));
  const status = isFixed ? 'A' : 'V';
  if (due(0xf004))
    say('RMC', encodeRmc({ ...parts, status, mode: isFixed ? 'A' : 'N', latDegrees, lonDegrees }, 2));
  if (due(0xf000))
    say(
      'GGA',
      encodeGga({
        ...parts,
        quality: isFixed ? 1 : 0,
        satellitesUsed: 9,
        latDegrees,
        lonDegrees,
        altM: 400,
      }),
    );
  if (due(0xf001)) say('GLL', ['', '', '', '', '', 'V', 'N']);
  if (due(UBX.NAV_STATUS)) out.push(navStatus(solution));
  if (due(UBX.NAV_PVT)) out.push(navPvt(solution));
  if (due(UBX.TIM_TP) && isFixed) out.push(timTp(unixNs));
  if (due(UBX.TIM_SVIN)) out.push(timSvin(solution));
  if (due(UBX.NAV_SVIN)) out.push(navSvin(solution));
  if (due(UBX.SEC_SIG)) out.push(secSig(solution));
  return out;
}

const placeIn = ({ latDegrees, lonDegrees }: TwinSolution): Place =>
  placeOf(latDegrees, lonDegrees, HEIGHT_M, 0);

const iTowOf = (unixNs: bigint): number => Number((unixNs / 1_000_000n) % 604_800_000n);

function navStatus({ unixNs, isFixed, spoofing, uptimeMs }: TwinSolution): Uint8Array {
  return encodeUbx(
    UBX.NAV_STATUS,
    encodeNavStatus({
      ...{ iTowMs: iTowOf(unixNs), fixType: isFixed ? 3 : 0, flags: isFixed ? 13 : 0, fixStatus: 0 },
      ...{ flags2: spoofing << 3, timeToFirstFixMs: 0, uptimeMs },
    }),
  );
}

const secSig = ({ spoofing }: TwinSolution): Uint8Array =>
  encodeUbx(UBX.SEC_SIG, encodeSecSig({ version: 1, jamming: 3, spoofing: 1 | (spoofing << 1) }));

function navPvt({ unixNs, isFixed, latDegrees, lonDegrees }: TwinSolution): Uint8Array {
  const date = new Date(Number(unixNs / 1_000_000n));
  return encodeUbx(
    UBX.NAV_PVT,
    encodeNavPvt({
      ...{ iTowMs: iTowOf(unixNs), year: date.getUTCFullYear() },
      ...{ month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: date.getUTCHours() },
      ...{ minute: date.getUTCMinutes(), second: date.getUTCSeconds(), valid: isFixed ? 7 : 0 },
      ...{ accuracyNs: 20, nanoNs: 0, fixType: isFixed ? 3 : 0, flags: isFixed ? 1 : 0, flags2: 0 },
      ...{ satellitesUsed: 9, lonE7: Math.round(lonDegrees * 1e7), latE7: Math.round(latDegrees * 1e7) },
      ...{ heightMm: HEIGHT_M * 1000, heightMslMm: 400_000 },
      ...{ horizontalAccuracyMm: 3000, verticalAccuracyMm: 4000 },
      ...{ velocityNorth: 0, velocityEast: 0, velocityDown: 0, groundSpeed: 0, headingE5: 0 },
      ...{ speedAccuracy: 0, headingAccuracyE5: 0, pdopE2: 150 },
    }),
  );
}

/** The next pulse, by UTC; of its quantisation it knows nothing. */
function timTp(unixNs: bigint): Uint8Array {
  const next = Number(unixNs / 1_000_000_000n) + 1 - GPS_EPOCH_UNIX;
  const { week, towSeconds } = gpsWeek(next);
  const flags = TIMTP_BASE_UTC | TIMTP_UTC_AVAILABLE | TIMTP_QERR_INVALID;
  const fields = { towMs: towSeconds * 1000, towSubMs: 0, qErrPs: 0, week, flags, refInfo: 0 };
  return encodeUbx(UBX.TIM_TP, encodeTimTp(fields));
}

function timSvin(solution: TwinSolution): Uint8Array {
  const { seconds, accuracyM, valid, active } = solution.survey;
  const { xCm, yCm, zCm } = placeIn(solution);
  const varianceMm2 = Math.round((accuracyM * 1000) ** 2);
  return encodeUbx(
    UBX.TIM_SVIN,
    encodeTimSvin({ seconds, xCm, yCm, zCm, varianceMm2, observations: seconds, valid, active }),
  );
}

function navSvin(solution: TwinSolution): Uint8Array {
  const { seconds, accuracyM, valid, active } = solution.survey;
  const { xCm, yCm, zCm } = placeIn(solution);
  return encodeUbx(
    UBX.NAV_SVIN,
    encodeNavSvin({
      ...{ version: 0, iTowMs: 0, seconds, xCm, yCm, zCm, xHigh: 0, yHigh: 0, zHigh: 0 },
      ...{ accuracy: Math.round(accuracyM * 10_000), observations: seconds, valid, active },
    }),
  );
}
