/**
 * RMC, recommended minimum: the one sentence with time, date and validity together.
 *
 *   field  content
 *   0      hhmmss.s, UTC
 *   1      status: A valid, V warning
 *   2-5    latitude, N/S, longitude, E/W
 *   6, 7   speed over ground (knots), course
 *   8      ddmmyy
 *   9, 10  magnetic variation, E/W
 *   11     mode (NMEA 2.3): A autonomous, D differential, E estimated, F float RTK, P precise, R RTK, M manual,
 *          S simulator, N not valid
 *   12     navigational status (NMEA 4.1): S safe, C caution, U unsafe, V "not given". u-blox always sends V here,
 *          with a good fix too, so it says nothing about the time.
 *
 * Source: NMEA 0183 v4.10, RMC; u-blox M8 interface description, "RMC".
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import {
  anyBad,
  dateField,
  degreesField,
  encodeDate,
  encodeDegrees,
  encodeTime,
  timeField,
} from './fields.js';

export interface Rmc {
  /** ns since UTC midnight; 86400e9 and above: within 23:59:60 */
  readonly ofDayNs: number | undefined;
  /** days since 1970 */
  readonly day: number | undefined;
  readonly status: 'A' | 'V';
  /** empty before NMEA 2.3 */
  readonly mode: string;
  readonly latDegrees: number | undefined;
  readonly lonDegrees: number | undefined;
}

export function decodeRmc(fields: readonly string[]): Decoded<Rmc> {
  if (fields.length < 9) return reject('too-short');
  const ofDayNs = timeField(fields[0]);
  const day = dateField(fields[8]);
  const status = fields[1];
  if (anyBad(ofDayNs, day) || typeof ofDayNs === 'symbol' || typeof day === 'symbol')
    return reject('bad-field');
  if (status !== 'A' && status !== 'V') return reject('bad-field');
  return accept({
    ofDayNs,
    day,
    status,
    mode: fields[11] ?? '',
    latDegrees: degreesField(fields[2], fields[3]),
    lonDegrees: degreesField(fields[4], fields[5]),
  });
}

/** Fields of an RMC (speed, course and variation left empty). */
export function encodeRmc(rmc: Rmc, fractionDigits = 2): string[] {
  return [
    rmc.ofDayNs === undefined ? '' : encodeTime(rmc.ofDayNs, fractionDigits),
    rmc.status,
    ...encodeDegrees(rmc.latDegrees, 'lat'),
    ...encodeDegrees(rmc.lonDegrees, 'lon'),
    '',
    '',
    rmc.day === undefined ? '' : encodeDate(rmc.day),
    '',
    '',
    rmc.mode,
  ];
}

/** Time by the receiver's own word: status A, and no mode that means "not from satellites" (not valid, manual, simulator). */
export const rmcIsValid = (rmc: Rmc): boolean => rmc.status === 'A' && !/^[NMS]/.test(rmc.mode);
