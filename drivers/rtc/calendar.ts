/**
 * What battery clocks on I2C have in common: two decimal digits to a register, hours of the day or of its half, and fields
 * that are a date or are none. Pure; which register is what is each chip's own.
 */
const HOURS_PM = 0x20;

/** undefined: digits that are none */
export const fromBcd = (byte: number): number | undefined =>
  (byte & 15) > 9 || byte >> 4 > 9 ? undefined : (byte >> 4) * 10 + (byte & 15);
export const toBcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);

/** `ofHalf`: 1 to 12, with a bit for the afternoon. */
export function hourOf(register: number, ofHalf: boolean): number | undefined {
  if (!ofHalf) return fromBcd(register & 0x3f);
  const hour = fromBcd(register & 0x1f);
  return hour === undefined ? undefined : (hour % 12) + ((register & HOURS_PM) === 0 ? 0 : 12);
}

/** Year, month (1 .. 12), date, hour, minute, second as Unix seconds; undefined: they are no time. */
export function unixSecondsOf(fields: readonly (number | undefined)[]): bigint | undefined {
  if (fields.some((field) => field === undefined)) return undefined;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = fields as readonly number[];
  if (month < 1 || month > 12 || date < 1 || date > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  return BigInt(Date.UTC(year, month - 1, date, hour, minute, second) / 1000);
}
