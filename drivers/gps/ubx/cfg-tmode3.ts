/**
 * UBX-CFG-TMODE3 (06 71): the same for receivers with high precision positions (M8P). 40 bytes.
 *
 *   offset type field            unit
 *   0      U1   version          0
 *   2      X2   flags            0-7 mode (0 off, 1 survey-in, 2 fixed), 8 position is latitude, longitude and altitude
 *   4      I4   ecefXOrLat       cm or 1e-7 degrees
 *   8, 12  I4   ecefYOrLon, ecefZOrAlt
 *   16-18  I1   ecefXOrLatHP, ecefYOrLonHP, ecefZOrAltHP   0.1 mm or 1e-9 degrees
 *   20     U4   fixedPosAcc      0.1 mm
 *   24     U4   svinMinDur       s
 *   28     U4   svinAccLimit     0.1 mm
 *
 * Source: u-blox M8 interface description, UBX-CFG-TMODE3.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  version: u1(0),
  flags: u2(2),
  x: i4(4),
  y: i4(8),
  z: i4(12),
  xHigh: i1(16),
  yHigh: i1(17),
  zHigh: i1(18),
  accuracy: u4(20),
  surveySeconds: u4(24),
  surveyAccuracy: u4(28),
};

export type CfgTmode3 = Values<typeof layout>;

export function decodeCfgTmode3(payload: DataView): Decoded<CfgTmode3> {
  if (payload.byteLength < 40) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgTmode3(mode: CfgTmode3): Uint8Array {
  const { payload, view } = blank(40);
  writeFields(layout, view, mode);
  return payload;
}
