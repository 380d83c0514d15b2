/**
 * UBX-HNR-PVT (28 00): NAV-PVT's little sister at a high rate, of receivers with dead reckoning (u-blox M8L, M8U). 72 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      U2   year             UTC
 *   6      U1   month, day, hour, min, sec (6 .. 10)
 *   11     X1   valid            0 date, 1 time, 2 fully resolved
 *   12     I4   nano             ns, to be added to sec
 *   16     U1   gpsFix           as NAV-PVT fixType
 *   17     X1   flags            0 fix ok, 1 differential, 2 week set, 3 time of week set
 *   20, 24 I4   lon, lat         1e-7 degrees
 *   28, 32 I4   height, hMSL     mm
 *   36-44  I4   gSpeed, speed (mm/s), headMot (1e-5 degrees)
 *   48     I4   headVeh          1e-5 degrees
 *   52-64  U4   hAcc, vAcc (mm), sAcc (mm/s), headAcc (1e-5 degrees)
 *
 * Source: u-blox M8 interface description, UBX-HNR-PVT.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  year: u2(4),
  month: u1(6),
  day: u1(7),
  hour: u1(8),
  minute: u1(9),
  second: u1(10),
  valid: u1(11),
  nanoNs: i4(12),
  fixType: u1(16),
  flags: u1(17),
  lonE7: i4(20),
  latE7: i4(24),
  heightMm: i4(28),
  heightMslMm: i4(32),
  groundSpeed: i4(36),
  speed: i4(40),
  headingE5: i4(44),
  vehicleHeadingE5: i4(48),
  horizontalAccuracyMm: u4(52),
  verticalAccuracyMm: u4(56),
  speedAccuracy: u4(60),
  headingAccuracyE5: u4(64),
};

export type HnrPvt = Values<typeof layout>;

export function decodeHnrPvt(payload: DataView): Decoded<HnrPvt> {
  if (payload.byteLength < 72) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeHnrPvt(pvt: HnrPvt): Uint8Array {
  const { payload, view } = blank(72);
  writeFields(layout, view, pvt);
  return payload;
}
