/**
 * UBX-NAV-POSLLH (01 02): geodetic position. 28 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4, 8   I4   lon, lat         1e-7 degrees
 *   12, 16 I4   height, hMSL     mm above ellipsoid, above mean sea level
 *   20, 24 U4   hAcc, vAcc       mm
 *
 * Source: u-blox M8 interface description, UBX-NAV-POSLLH.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i4, readFields, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  lonE7: i4(4),
  latE7: i4(8),
  heightMm: i4(12),
  heightMslMm: i4(16),
  horizontalAccuracyMm: u4(20),
  verticalAccuracyMm: u4(24),
};

export type NavPosLlh = Values<typeof layout>;

export function decodeNavPosLlh(payload: DataView): Decoded<NavPosLlh> {
  if (payload.byteLength < 28) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeNavPosLlh(position: NavPosLlh): Uint8Array {
  const { payload, view } = blank(28);
  writeFields(layout, view, position);
  return payload;
}
