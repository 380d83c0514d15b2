/**
 * UBX-NAV-TIMEUTC (01 21): UTC of the epoch and whether its leap seconds are known. 20 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      U4   tAcc             ns
 *   8      I4   nano             ns, -1e9 .. 1e9, to be added to sec
 *   12     U2   year
 *   14     U1   month, day, hour, min, sec (14 .. 18; sec 0 .. 60)
 *   19     X1   valid            0 time of week, 1 week, 2 UTC (leap seconds known), 4-7 UTC standard (15: unknown)
 *
 * Source: u-blox M8 interface description, UBX-NAV-TIMEUTC.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  accuracyNs: u4(4),
  nanoNs: i4(8),
  year: u2(12),
  month: u1(14),
  day: u1(15),
  hour: u1(16),
  minute: u1(17),
  second: u1(18),
  valid: u1(19),
};

export type NavTimeUtc = Values<typeof layout>;

export const TIMEUTC_VALID_TOW = 1;
export const TIMEUTC_VALID_WEEK = 2;
export const TIMEUTC_VALID_UTC = 4;

export function decodeNavTimeUtc(payload: DataView): Decoded<NavTimeUtc> {
  if (payload.byteLength < 20) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeNavTimeUtc(utc: NavTimeUtc): Uint8Array {
  const { payload, view } = blank(20);
  writeFields(layout, view, utc);
  return payload;
}
