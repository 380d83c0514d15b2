/**
 * UBX-CFG-NAV5 (06 24): the navigation engine. 36 bytes; a set changes only what `mask` names.
 *
 *   offset type field            unit
 *   0      X2   mask             0 dynModel, 1 minElev, 2 fixMode, 3 drLim, 4 pos, 5 time, 6 static hold, 7 DGPS, 8 C/N0, 10 UTC
 *   2      U1   dynModel         0 portable, 2 stationary, 3 pedestrian, 4 automotive, 5 sea, 6-8 airborne
 *   3      U1   fixMode          1 2D only, 2 3D only, 3 either
 *   12     I1   minElev          degrees
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-NAV5.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, readFields, u1, u2, type Values, writeFields } from './layout.js';

const layout = {
  mask: u2(0),
  model: u1(2),
  fixMode: u1(3),
  elevationDegrees: i1(12),
};

export type CfgNav5 = Values<typeof layout>;

/** `mask` of dynModel and minElev */
export const NAV5_MODEL_AND_ELEVATION = 3;
/** dynModel of an antenna that does not move */
export const MODEL_STATIONARY = 2;

export function decodeCfgNav5(payload: DataView): Decoded<CfgNav5> {
  if (payload.byteLength < 36) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgNav5(navigation: CfgNav5): Uint8Array {
  const { payload, view } = blank(36);
  writeFields(layout, view, navigation);
  return payload;
}
