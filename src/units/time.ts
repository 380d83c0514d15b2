/**
 * NTP time formats and their conversion to and from Unix nanoseconds, with era arithmetic.
 * Owns the arithmetic only; it reads no clock.
 * Sources: RFC 5905 §6 (formats, eras), RFC 8877 §3-4 (timestamp formats, wraparound).
 */

/** Unsigned 32.32 fixed-point seconds since 1900-01-01 within an era, 0 .. 2^64-1; 0 means "unknown". */
export type NtpTimestamp = bigint;

/** Unsigned 16.16 fixed-point seconds, 0 .. 2^32-1 (root delay, root dispersion). */
export type NtpShort = number;

/** Seconds from 1900-01-01 to 1970-01-01. */
export const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800n;
export const NS_PER_SECOND = 1_000_000_000n;

const FRACTION = 1n << 32n;
const ERA_MASK = (1n << 64n) - 1n;

const floorDiv = (a: bigint, b: bigint): bigint => {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
};

/** Unix nanoseconds (any sign) to an NTP timestamp of its era; the fraction is rounded to the nearest 2^-32 s. */
export function unixNsToNtp(unixNs: bigint): NtpTimestamp {
  const seconds = floorDiv(unixNs, NS_PER_SECOND);
  const ns = unixNs - seconds * NS_PER_SECOND;
  const fraction = (ns * FRACTION + NS_PER_SECOND / 2n) / NS_PER_SECOND;
  return (((seconds + NTP_UNIX_OFFSET_SECONDS) << 32n) + fraction) & ERA_MASK;
}

/** NTP timestamp to Unix nanoseconds, in the era that brings it nearest to `pivotUnixNs` (within 68 years). */
export function ntpToUnixNs(timestamp: NtpTimestamp, pivotUnixNs: bigint): bigint {
  const seconds = timestamp >> 32n;
  const ns = ((timestamp & 0xffffffffn) * NS_PER_SECOND + FRACTION / 2n) >> 32n;
  const pivotSeconds = floorDiv(pivotUnixNs, NS_PER_SECOND) + NTP_UNIX_OFFSET_SECONDS;
  const away = BigInt.asIntN(32, seconds - pivotSeconds);
  return (pivotSeconds + away - NTP_UNIX_OFFSET_SECONDS) * NS_PER_SECOND + ns;
}

/** a - b in seconds as a signed 64-bit difference (RFC 5905 §6); right while they are within 68 years. */
export function ntpDifferenceSeconds(a: NtpTimestamp, b: NtpTimestamp): number {
  return Number(BigInt.asIntN(64, a - b)) / 2 ** 32;
}

/** Seconds to 16.16, rounded up (an error bound must not shrink on the wire) and held within 0 .. 2^32-1. */
export function secondsToShort(seconds: number): NtpShort {
  if (!(seconds > 0)) return 0;
  return Math.min(0xffffffff, Math.ceil(seconds * 65536));
}

export const shortToSeconds = (short: NtpShort): number => short / 65536;

/** Unix nanoseconds to signed difference in float seconds, a - b. */
export const nsDifferenceSeconds = (a: bigint, b: bigint): number => Number(a - b) / 1e9;

/** Whole seconds since 1900, not cut to an era, to Unix nanoseconds. */
export const ntpSecondsToUnixNs = (seconds: number): bigint =>
  (BigInt(seconds) - NTP_UNIX_OFFSET_SECONDS) * NS_PER_SECOND;

/** Float seconds (a difference, |s| < 2^33) to nanoseconds, rounded to nearest. */
export const secondsToNs = (seconds: number): bigint => {
  const whole = Math.trunc(seconds);
  return BigInt(whole) * NS_PER_SECOND + BigInt(Math.round((seconds - whole) * 1e9));
};

/** Era number of a Unix time: 0 until 2036-02-07T06:28:16Z. */
export const ntpEra = (unixNs: bigint): number =>
  Number((floorDiv(unixNs, NS_PER_SECOND) + NTP_UNIX_OFFSET_SECONDS) >> 32n);

/** Whole Unix seconds nearest to a time. */
export const nearestSecond = (unixNs: bigint): bigint => floorDiv(unixNs + NS_PER_SECOND / 2n, NS_PER_SECOND);
