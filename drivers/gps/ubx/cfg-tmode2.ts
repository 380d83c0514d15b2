/**
 * UBX-CFG-TMODE2 (06 3D): timing mode of timing receivers up to generation 8 (LEA-6T, M8T). 28 bytes.
 *
 *   offset type field            unit
 *   0      U1   timeMode         0 off, 1 survey-in, 2 fixed
 *   2      X2   flags            0 position is latitude, longitude and altitude, 1 altitude is not valid
 *   4      I4   ecefXOrLat       cm or 1e-7 degrees
 *   8      I4   ecefYOrLon       cm or 1e-7 degrees
 *   12     I4   ecefZOrAlt       cm
 *   16     U4   fixedPosAcc      mm
 *   20     U4   svinMinDur       s
 *   24     U4   svinAccLimit     mm
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-TMODE2.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  mode: u1(0),
  flags: u2(2),
  x: i4(4),
  y: i4(8),
  z: i4(12),
  accuracyMm: u4(16),
  surveySeconds: u4(20),
  surveyAccuracyMm: u4(24),
};

export type CfgTmode2 = Values<typeof layout>;

/** timeMode of CFG-TMODE2, rcvrMode of CFG-TMODE3 and CFG-TMODE-MODE */
export const TIME_MODE = { off: 0, survey: 1, fixed: 2 } as const;

export function decodeCfgTmode2(payload: DataView): Decoded<CfgTmode2> {
  if (payload.byteLength < 28) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgTmode2(mode: CfgTmode2): Uint8Array {
  const { payload, view } = blank(28);
  writeFields(layout, view, mode);
  return payload;
}
