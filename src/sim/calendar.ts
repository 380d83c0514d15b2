/**
 * Calendar and GPS week arithmetic for what simulated receivers say. Pure; proleptic Gregorian.
 * Source: GPS epoch 1980-01-06, IS-GPS-200.
 */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** 1980-01-06T00:00:00Z in Unix seconds. */
export const GPS_EPOCH_UNIX = 315_964_800;
export const WEEK_SECONDS = 604_800;

/** Unix seconds (whole) to calendar fields, UTC without leap seconds. */
export function civil(unixSecond: number): CivilTime {
  const date = new Date(unixSecond * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** Week and second of week of a count of seconds since the GPS epoch. */
export function gpsWeek(gpsSeconds: number): { readonly week: number; readonly towSeconds: number } {
  const week = Math.floor(gpsSeconds / WEEK_SECONDS);
  return { week, towSeconds: gpsSeconds - week * WEEK_SECONDS };
}
