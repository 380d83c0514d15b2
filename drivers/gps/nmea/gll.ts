/**
 * GLL, position with time of day (no date) and status.
 *
 *   field  content
 *   0-3    latitude, N/S, longitude, E/W
 *   4      hhmmss.s, UTC
 *   5      status: A valid, V not
 *   6      mode (NMEA 2.3), as in RMC
 *
 * Source: NMEA 0183 v4.10, GLL.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { degreesField, encodeDegrees, encodeTime, timeField } from './fields.js';

export interface Gll {
  readonly ofDayNs: number | undefined;
  readonly status: 'A' | 'V';
  readonly mode: string;
  readonly latDegrees: number | undefined;
  readonly lonDegrees: number | undefined;
}

export function decodeGll(fields: readonly string[]): Decoded<Gll> {
  if (fields.length < 6) return reject('too-short');
  const ofDayNs = timeField(fields[4]);
  const status = fields[5];
  if (typeof ofDayNs === 'symbol' || (status !== 'A' && status !== 'V')) return reject('bad-field');
  return accept({
    ofDayNs,
    status,
    mode: fields[6] ?? '',
    latDegrees: degreesField(fields[0], fields[1]),
    lonDegrees: degreesField(fields[2], fields[3]),
  });
}

export function encodeGll(gll: Gll, fractionDigits = 2): string[] {
  return [
    ...encodeDegrees(gll.latDegrees, 'lat'),
    ...encodeDegrees(gll.lonDegrees, 'lon'),
    gll.ofDayNs === undefined ? '' : encodeTime(gll.ofDayNs, fractionDigits),
    gll.status,
    gll.mode,
  ];
}

export const gllIsValid = (gll: Gll): boolean => gll.status === 'A' && !/^[NMS]/.test(gll.mode);
