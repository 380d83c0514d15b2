/**
 * Timestamps on the wire beside units/time.ts: the fraction without bigint for the hot path, and the other formats that
 * RFC 8877 recommends. It reads no clock; the pivot that settles the era is passed in.
 *
 * | format (RFC 8877)  | size | layout                                        | wraps after        |
 * | ------------------ | ---- | --------------------------------------------- | ------------------ |
 * | §4.2.1 NTP 64-bit  |    8 | s since 1900 : 2^-32 s                        | 136 years (2036)   |
 * | §4.2.2 NTP 32-bit  |    4 | low 16 bits of s : 2^-16 s                    | 18 hours           |
 * | §4.3 PTP truncated |    8 | s since 1970 (TAI) : ns, 0 .. 999 999 999     | 136 years (2106)   |
 */
import { accept, type Decoded, reject } from '../units/decoded.js';
import { NS_PER_SECOND, NTP_UNIX_OFFSET_SECONDS } from '../units/time.js';

const UNIX_OFFSET = Number(NTP_UNIX_OFFSET_SECONDS);

/** Unix seconds (an integer, |s| < 2^52) to the upper half of an NTP timestamp, 0 .. 2^32-1. */
export const ntpSecondsOfUnix = (unixSeconds: number): number => (unixSeconds + UNIX_OFFSET) >>> 0;

/**
 * Nanoseconds within a second (0 .. 999 999 999) to the lower half of an NTP timestamp, rounded to nearest. Exactly what
 * units/time.ts gives: the product is exact, and no quotient lies within its rounding error of a half.
 */
export const ntpFractionOfNs = (nanoseconds: number): number => Math.round((nanoseconds * 2 ** 32) / 1e9);

/** Lower half of an NTP timestamp to nanoseconds within the second, 0 .. 1 000 000 000 (rounded to nearest). */
export const nsOfNtpFraction = (fraction: number): number => Math.round((fraction * 1e9) / 2 ** 32);

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b));

/** Unix nanoseconds to an NTP 32-bit timestamp, rounded to the nearest 2^-16 s. */
export const unixNsToNtp32 = (unixNs: bigint): number =>
  Number(
    BigInt.asUintN(
      32,
      floorDiv(
        (unixNs + NTP_UNIX_OFFSET_SECONDS * NS_PER_SECOND) * 65_536n + NS_PER_SECOND / 2n,
        NS_PER_SECOND,
      ),
    ),
  );

/** NTP 32-bit timestamp to Unix nanoseconds, within 9 hours of the pivot. */
export function ntp32ToUnixNs(timestamp: number, pivotUnixNs: bigint): bigint {
  const pivot = floorDiv((pivotUnixNs + NTP_UNIX_OFFSET_SECONDS * NS_PER_SECOND) * 65_536n, NS_PER_SECOND);
  const ticks = pivot + BigInt.asIntN(32, BigInt(timestamp) - pivot);
  return floorDiv(ticks * NS_PER_SECOND + 32_768n, 65_536n) - NTP_UNIX_OFFSET_SECONDS * NS_PER_SECOND;
}

/** TAI nanoseconds since 1970 to a PTP truncated timestamp as one number, seconds above nanoseconds. */
export const taiNsToPtp64 = (taiNs: bigint): bigint => {
  const seconds = floorDiv(taiNs, NS_PER_SECOND);
  return (BigInt.asUintN(32, seconds) << 32n) | (taiNs - seconds * NS_PER_SECOND);
};

/** PTP truncated timestamp to TAI nanoseconds since 1970, within 68 years of the pivot. Refuses 10^9 ns and more. */
export function ptp64ToTaiNs(timestamp: bigint, pivotTaiNs: bigint): Decoded<bigint> {
  const nanoseconds = timestamp & 0xffffffffn;
  if (nanoseconds >= NS_PER_SECOND) return reject('bad-field');
  const pivot = floorDiv(pivotTaiNs, NS_PER_SECOND);
  const seconds = pivot + BigInt.asIntN(32, (timestamp >> 32n) - pivot);
  return accept(seconds * NS_PER_SECOND + nanoseconds);
}
