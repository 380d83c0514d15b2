/**
 * UBX-NAV-PVT (01 07): position, velocity and time in one message; UTC with its own account of how sure it is.
 * 92 bytes since u-blox 8, 84 on u-blox 7.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms, GPS time of week of the epoch
 *   4      U2   year             UTC
 *   6      U1   month, day, hour, min, sec (6 .. 10; sec 0 .. 60)
 *   11     X1   valid            0 date, 1 time, 2 fully resolved (no uncertainty of seconds), 3 magnetic
 *   12     U4   tAcc             ns
 *   16     I4   nano             ns, -1e9 .. 1e9, to be added to sec
 *   20     U1   fixType          0 none, 1 dead reckoning, 2 2D, 3 3D, 4 GNSS + dead reckoning, 5 time only
 *   21     X1   flags            0 gnssFixOK, 1 differential, 2-4 power save, 6-7 carrier
 *   22     X1   flags2           5 confirmation available, 6 date confirmed, 7 time confirmed
 *   23     U1   numSV            satellites used
 *   24, 28 I4   lon, lat         1e-7 degrees
 *   32, 36 I4   height, hMSL     mm above ellipsoid, above mean sea level
 *   40, 44 U4   hAcc, vAcc       mm
 *   48-60  I4   velN, velE, velD, gSpeed   mm/s
 *   64     I4   headMot          1e-5 degrees
 *   68     U4   sAcc             mm/s
 *   72     U4   headAcc          1e-5 degrees
 *   76     U2   pDOP             0.01
 *
 * Source: u-blox M8 interface description, UBX-NAV-PVT; F9 the same with reserved bytes renamed.
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
  accuracyNs: u4(12),
  nanoNs: i4(16),
  fixType: u1(20),
  flags: u1(21),
  flags2: u1(22),
  satellitesUsed: u1(23),
  lonE7: i4(24),
  latE7: i4(28),
  heightMm: i4(32),
  heightMslMm: i4(36),
  horizontalAccuracyMm: u4(40),
  verticalAccuracyMm: u4(44),
  velocityNorth: i4(48),
  velocityEast: i4(52),
  velocityDown: i4(56),
  groundSpeed: i4(60),
  headingE5: i4(64),
  speedAccuracy: u4(68),
  headingAccuracyE5: u4(72),
  pdopE2: u2(76),
};

export type NavPvt = Values<typeof layout>;

export const PVT_VALID_DATE = 1;
export const PVT_VALID_TIME = 2;
export const PVT_FULLY_RESOLVED = 4;
export const PVT_FIX_OK = 1;

export function decodeNavPvt(payload: DataView): Decoded<NavPvt> {
  if (payload.byteLength < 84) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeNavPvt(pvt: NavPvt): Uint8Array {
  const { payload, view } = blank(92);
  writeFields(layout, view, pvt);
  return payload;
}
