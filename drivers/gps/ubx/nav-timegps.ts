/**
 * UBX-NAV-TIMEGPS (01 20): GPS week, time of week and leap seconds. 16 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      I4   fTOW             ns, -500000 .. 500000, to be added to iTOW
 *   8      I2   week             GPS week, not truncated
 *   10     I1   leapS            s, GPS - UTC
 *   11     X1   valid            0 time of week, 1 week, 2 leap seconds
 *   12     U4   tAcc             ns
 *
 * Source: u-blox M8 interface description, UBX-NAV-TIMEGPS.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i2, i4, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  fractionNs: i4(4),
  week: i2(8),
  leapSeconds: i1(10),
  valid: u1(11),
  accuracyNs: u4(12),
};

export type NavTimeGps = Values<typeof layout>;

export const TIMEGPS_VALID_TOW = 1;
export const TIMEGPS_VALID_WEEK = 2;
export const TIMEGPS_VALID_LEAP = 4;

export function decodeNavTimeGps(payload: DataView): Decoded<NavTimeGps> {
  if (payload.byteLength < 16) return reject('too-short');
  const value = readFields(layout, payload);
  return value.week < 0 || value.iTowMs > 604_800_000 ? reject('bad-field') : accept(value);
}

export function encodeNavTimeGps(time: NavTimeGps): Uint8Array {
  const { payload, view } = blank(16);
  writeFields(layout, view, time);
  return payload;
}
