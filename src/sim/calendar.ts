/**
 * Calendar and GPS week arithmetic for what simulated receivers say. Pure; proleptic Gregorian.
 * Source: days-from-civil algorithms are public domain (H. Hinnant); GPS epoch 1980-01-06, IS-GPS-200.
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
  const days = Math.floor(unixSecond / 86400);
  const inDay = unixSecond - days * 86400;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(inDay / 3600),
    minute: Math.floor(inDay / 60) % 60,
    second: inDay % 60,
  };
}

/** Week and second of week of a count of seconds since the GPS epoch. */
export function gpsWeek(gpsSeconds: number): { readonly week: number; readonly towSeconds: number } {
  const week = Math.floor(gpsSeconds / WEEK_SECONDS);
  return { week, towSeconds: gpsSeconds - week * WEEK_SECONDS };
}
