/**
 * UBX-NAV-SOL (01 06): GPS time and position of receivers before NAV-PVT (u-blox 4 to 6; deprecated, still sent by 8).
 * 52 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      I4   fTOW             ns, -500000 .. 500000, to be added to iTOW
 *   8      I2   week             GPS week, not truncated
 *   10     U1   gpsFix           as NAV-PVT fixType
 *   11     X1   flags            0 gpsFixOk, 1 differential, 2 week set, 3 time of week set
 *   12-20  I4   ecefX, Y, Z      cm
 *   24     U4   pAcc             cm
 *   28-36  I4   ecefVX, VY, VZ   cm/s
 *   40     U4   sAcc             cm/s
 *   44     U2   pDOP             0.01
 *   47     U1   numSV            satellites used
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-NAV-SOL.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { WGS84_A, WGS84_E2 } from '../../../src/units/geodesy.js';
import { blank, i2, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  fractionNs: i4(4),
  week: i2(8),
  fixType: u1(10),
  flags: u1(11),
  xCm: i4(12),
  yCm: i4(16),
  zCm: i4(20),
  positionAccuracyCm: u4(24),
  velocityX: i4(28),
  velocityY: i4(32),
  velocityZ: i4(36),
  speedAccuracy: u4(40),
  pdopE2: u2(44),
  reserved1: u1(46),
  satellitesUsed: u1(47),
  reserved2: u4(48),
};

export type NavSol = Values<typeof layout>;

export const SOL_FIX_OK = 1;
export const SOL_WEEK_SET = 4;
export const SOL_TOW_SET = 8;

export function decodeNavSol(payload: DataView): Decoded<NavSol> {
  if (payload.byteLength < 52) return reject('too-short');
  const value = readFields(layout, payload);
  return value.week < 0 || value.iTowMs > 604_800_000 ? reject('bad-field') : accept(value);
}

export function encodeNavSol(sol: NavSol): Uint8Array {
  const { payload, view } = blank(52);
  writeFields(layout, view, sol);
  return payload;
}

/** Earth-centred metres to degrees (WGS 84), to a centimetre near the ground; undefined at the Earth's centre. */
export function ecefToDegrees(x: number, y: number, z: number): { lat: number; lon: number } | undefined {
  const p = Math.hypot(x, y);
  if (Math.hypot(p, z) < 1e6) return undefined;
  let lat = Math.atan2(z, p * (1 - WGS84_E2));
  for (let i = 0; i < 5; i += 1) {
    const n = WGS84_A / Math.sqrt(1 - WGS84_E2 * Math.sin(lat) ** 2);
    lat = Math.atan2(z + WGS84_E2 * n * Math.sin(lat), p);
  }
  return { lat: (lat * 180) / Math.PI, lon: (Math.atan2(y, x) * 180) / Math.PI };
}
