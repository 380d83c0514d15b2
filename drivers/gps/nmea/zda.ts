/**
 * ZDA, time and date with a four-digit year; says nothing about validity.
 *
 *   field  content
 *   0      hhmmss.s, UTC
 *   1-3    day, month, year (four digits)
 *   4, 5   local zone, hours and minutes: ignored, fields 0-3 are UTC whatever stands here
 *
 * Source: NMEA 0183 v4.10, ZDA.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { anyBad, bad, civil, encodeTime, timeField } from './fields.js';

export interface Zda {
  readonly ofDayNs: number | undefined;
  /** days since 1970 */
  readonly day: number | undefined;
}

export function decodeZda(fields: readonly string[]): Decoded<Zda> {
  if (fields.length < 4) return reject('too-short');
  const ofDayNs = timeField(fields[0]);
  const date = fields.slice(1, 4).join(' ');
  const match = /^(\d{1,2}) (\d{1,2}) (\d{4})$/.exec(date);
  let day: number | undefined | typeof bad;
  if (match !== null) day = civil(Number(match[3]), Number(match[2]), Number(match[1]));
  else if (date.trim() !== '') day = bad;
  if (anyBad(ofDayNs, day) || typeof ofDayNs === 'symbol' || typeof day === 'symbol')
    return reject('bad-field');
  return accept({ ofDayNs, day });
}

export function encodeZda(zda: Zda, fractionDigits = 2): string[] {
  const date = zda.day === undefined ? ['', '', ''] : isoParts(zda.day);
  return [zda.ofDayNs === undefined ? '' : encodeTime(zda.ofDayNs, fractionDigits), ...date, '00', '00'];
}

const isoParts = (day: number): string[] =>
  new Date(day * 86_400_000).toISOString().slice(0, 10).split('-').reverse();
