/**
 * The field forms that the sentences share: hhmmss.s, ddmmyy, ddmm.mmmm with its hemisphere, plain numbers.
 * A field that is empty is `undefined`; one that is neither empty nor well formed is `bad`.
 * Source: NMEA 0183 §5.2 (field types).
 */
import { daysFromCivil } from '../calendar.js';

/** A field that is there but not what it should be. */
export const bad = Symbol('bad field');
export type Bad = typeof bad;

export const NS_PER_DAY_NUMBER = 86_400_000_000_000;

/**
 * hhmmss with any number of fraction digits (the tenth and later are dropped), as ns since midnight.
 * Second 60 is accepted at 23:59 only, where UTC has its leap seconds; the result is then 86400e9 or more.
 */
export function timeField(text: string | undefined): number | undefined | Bad {
  if (text === undefined || text === '') return undefined;
  const match = /^(\d\d)(\d\d)(\d\d)(?:\.(\d*))?$/.exec(text);
  if (match === null) return bad;
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3]);
  const leap = hour === 23 && minute === 59 && second === 60;
  if (hour > 23 || minute > 59 || (second > 59 && !leap)) return bad;
  const fractionNs = Number((match[4] ?? '').slice(0, 9).padEnd(9, '0'));
  return (hour * 3600 + minute * 60 + second) * 1_000_000_000 + fractionNs;
}

/** ns since midnight as hhmmss.s with `digits` of fraction. */
export function encodeTime(ofDayNs: number, digits: number): string {
  const leap = ofDayNs >= NS_PER_DAY_NUMBER;
  const total = Math.floor(ofDayNs / 1e9) - (leap ? 1 : 0);
  const two = (value: number) => String(value).padStart(2, '0');
  const text = `${two(Math.floor(total / 3600))}${two(Math.floor(total / 60) % 60)}${two((total % 60) + (leap ? 1 : 0))}`;
  const fraction = String(ofDayNs % 1_000_000_000).padStart(9, '0');
  return digits > 0 ? `${text}.${fraction.slice(0, digits)}` : text;
}

/** ddmmyy as days since 1970. Two-digit years: 80 .. 99 are 1980 .. 1999 (GPS began in 1980), the rest 2000 .. 2079. */
export function dateField(text: string | undefined): number | undefined | Bad {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{6}$/.test(text)) return bad;
  const year = Number(text.slice(4));
  return civil(year >= 80 ? 1900 + year : 2000 + year, Number(text.slice(2, 4)), Number(text.slice(0, 2)));
}

export const civil = (year: number, month: number, day: number): number | Bad =>
  daysFromCivil(year, month, day) ?? bad;

export function encodeDate(day: number): string {
  const iso = new Date(day * 86_400_000).toISOString();
  return iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(2, 4);
}

/** A decimal number without exponent; sign and fraction allowed. */
export function numberField(text: string | undefined): number | undefined | Bad {
  if (text === undefined || text === '') return undefined;
  return /^[+-]?\d+(\.\d*)?$/.test(text) && text.length <= 24 ? Number(text) : bad;
}

/** Digits only. */
export function countField(text: string | undefined): number | undefined | Bad {
  if (text === undefined || text === '') return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : bad;
}

/**
 * ddmm.mmmm or dddmm.mmmm with N, S, E or W, as signed degrees. Receivers without a fix fill in impossible positions
 * (MTK: 8960.000000,N); those are `undefined`, not a damaged sentence.
 */
export function degreesField(text: string | undefined, hemisphere: string | undefined): number | undefined {
  const match = /^(\d{2,3})(\d\d(?:\.\d*)?)$/.exec(text ?? '');
  if (match === null) return undefined;
  const minutes = Number(match[2]);
  const degrees = Number(match[1]) + minutes / 60;
  const limit = hemisphere === 'N' || hemisphere === 'S' ? 90 : 180;
  if (minutes >= 60 || degrees > limit) return undefined;
  if (hemisphere === 'N' || hemisphere === 'E') return degrees;
  return hemisphere === 'S' || hemisphere === 'W' ? -degrees : undefined;
}

export function encodeDegrees(degrees: number | undefined, kind: 'lat' | 'lon'): [string, string] {
  if (degrees === undefined) return ['', ''];
  const size = Math.abs(degrees);
  let whole = Math.floor(size);
  let minutes = ((size - whole) * 60).toFixed(5);
  if (minutes === '60.00000') {
    whole += 1;
    minutes = '0.00000';
  }
  const text = String(whole).padStart(kind === 'lat' ? 2 : 3, '0') + minutes.padStart(8, '0');
  return [text, kind === 'lat' ? (degrees < 0 ? 'S' : 'N') : degrees < 0 ? 'W' : 'E'];
}

/** The first of the values that is `bad` makes the whole sentence bad. */
export const anyBad = (...values: readonly unknown[]): boolean => values.includes(bad);
