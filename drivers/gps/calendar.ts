/**
 * Calendar and GPS time arithmetic for the decoders: civil dates, GPS weeks, leap seconds of the past.
 * Owns arithmetic and one table of facts; reads no clock.
 * Sources: IS-GPS-200 §20.3.3.5.2.4 (GPS time starts 1980-01-06), IERS Bulletin C (leap seconds).
 */
import { NS_PER_SECOND } from '../../src/units/time.js';

export const NS_PER_DAY = 86_400n * NS_PER_SECOND;
export const NS_PER_WEEK = 7n * NS_PER_DAY;

/** Unix seconds of 1980-01-06T00:00:00Z, the start of GPS time (GPS - UTC was 0 then). */
export const GPS_EPOCH_UNIX_SECONDS = 315_964_800;

/** Days from 1970-01-01 to a date of the Gregorian calendar (month 1 .. 12), or undefined when there is no such date. */
export function daysFromCivil(year: number, month: number, day: number): number | undefined {
  if (!Number.isInteger(year) || year < 1970 || year > 2400) return undefined;
  const ms = Date.UTC(year, month - 1, day);
  const back = new Date(ms);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
  return ms / 86_400_000;
}

/** Unix ns of a day number and nanoseconds since its midnight (86400e9 and above: within a leap second). */
export const unixNsOf = (day: number, ofDayNs: number): bigint => BigInt(day) * NS_PER_DAY + BigInt(ofDayNs);

/**
 * GPS week and time of week to nanoseconds on the GPS scale, written as if it were Unix time (no leap seconds
 * taken off). `towMs`: 0 .. 604800000; `fractionNs`: the receiver's remainder, any sign.
 */
export const gpsScaleNs = (week: number, towMs: number, fractionNs: number): bigint =>
  BigInt(GPS_EPOCH_UNIX_SECONDS) * NS_PER_SECOND +
  BigInt(week) * NS_PER_WEEK +
  BigInt(towMs) * 1_000_000n +
  BigInt(fractionNs);

/** Unix seconds (UTC) at which GPS - UTC grew by one: it was 1 from the first line on, 18 from the last. */
const LEAP_SECONDS_SINCE_1980: readonly number[] = [
  362793600, 394329600, 425865600, 489024000, 567993600, 631152000, 662688000, 709948800, 741484800,
  773020800, 820454400, 867715200, 915148800, 1136073600, 1230768000, 1341100800, 1435708800, 1483228800,
];

/**
 * GPS - UTC at a time on the GPS scale, from the table of past leap seconds: what can be said before the
 * receiver has told its own. A leap second announced after this table was written is not in it.
 */
export function leapSecondsByTable(gpsNs: bigint): number {
  const seconds = Number(gpsNs / NS_PER_SECOND);
  let leap = 0;
  for (const at of LEAP_SECONDS_SINCE_1980) if (seconds - (leap + 1) >= at) leap += 1;
  return leap;
}

/** `2019-04-07T00:02:31.420Z`: at least three digits of fraction, rounded to `digits` (3 .. 9). */
export function isoTime(unixNs: bigint, digits = 3): string {
  const step = 10n ** BigInt(9 - digits);
  const rounded = ((unixNs + (unixNs >= 0n ? step / 2n : -(step / 2n))) / step) * step;
  const seconds = rounded >= 0n ? rounded / NS_PER_SECOND : (rounded - NS_PER_SECOND + 1n) / NS_PER_SECOND;
  const fraction = (rounded - seconds * NS_PER_SECOND).toString().padStart(9, '0').slice(0, digits);
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5)}.${fraction}Z`;
}
