/**
 * GGA, fix data: time of day (no date), quality, satellites used, altitude.
 *
 *   field  content
 *   0      hhmmss.s, UTC
 *   1-4    latitude, N/S, longitude, E/W
 *   5      quality: 0 none, 1 GPS, 2 differential, 3 PPS, 4 RTK, 5 float RTK, 6 estimated, 7 manual, 8 simulator, 9 SBAS
 *   6      satellites used; strict receivers stop at 12
 *   7      HDOP
 *   8, 9   altitude above mean sea level, M
 *   10, 11 height of the geoid above the ellipsoid, M
 *
 * Source: NMEA 0183 v4.10, GGA.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { countField, degreesField, encodeDegrees, encodeTime, numberField, timeField } from './fields.js';

export interface Gga {
  readonly ofDayNs: number | undefined;
  readonly quality: number;
  readonly satellitesUsed: number | undefined;
  readonly latDegrees: number | undefined;
  readonly lonDegrees: number | undefined;
  /** metres above mean sea level */
  readonly altM: number | undefined;
}

export function decodeGga(fields: readonly string[]): Decoded<Gga> {
  if (fields.length < 9) return reject('too-short');
  const ofDayNs = timeField(fields[0]);
  const quality = countField(fields[5]);
  const satellitesUsed = countField(fields[6]);
  const altM = numberField(fields[8]);
  if (typeof ofDayNs === 'symbol' || typeof quality === 'symbol' || typeof satellitesUsed === 'symbol')
    return reject('bad-field');
  return accept({
    ofDayNs,
    quality: quality ?? 0,
    satellitesUsed,
    latDegrees: degreesField(fields[1], fields[2]),
    lonDegrees: degreesField(fields[3], fields[4]),
    altM: typeof altM === 'symbol' ? undefined : altM,
  });
}

export function encodeGga(gga: Gga, fractionDigits = 2): string[] {
  return [
    gga.ofDayNs === undefined ? '' : encodeTime(gga.ofDayNs, fractionDigits),
    ...encodeDegrees(gga.latDegrees, 'lat'),
    ...encodeDegrees(gga.lonDegrees, 'lon'),
    String(gga.quality),
    gga.satellitesUsed === undefined ? '' : String(gga.satellitesUsed).padStart(2, '0'),
    '',
    gga.altM === undefined ? '' : gga.altM.toFixed(1),
    'M',
    '',
    'M',
    '',
    '',
  ];
}

/** Position and time come from satellites (estimated included: its clock was set by them), not from hand or simulator. */
export const ggaIsValid = (gga: Gga): boolean =>
  gga.quality >= 1 && gga.quality <= 9 && gga.quality !== 7 && gga.quality !== 8;
