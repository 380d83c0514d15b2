/**
 * UBX-TIM-SVIN (0D 04): progress of the survey-in of timing receivers (LEA-6T, M8T, F9T). 28 bytes.
 *
 *   offset type field            unit
 *   0      U4   dur              s
 *   4-12   I4   meanX, meanY, meanZ   cm, ECEF
 *   16     U4   meanV            mm^2, variance of the mean (3D)
 *   20     U4   obs              positions used
 *   24     U1   valid            1: the mean is good enough
 *   25     U1   active           1: it goes on
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-TIM-SVIN.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i4, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  seconds: u4(0),
  xCm: i4(4),
  yCm: i4(8),
  zCm: i4(12),
  varianceMm2: u4(16),
  observations: u4(20),
  valid: u1(24),
  active: u1(25),
};

export type TimSvin = Values<typeof layout>;

export function decodeTimSvin(payload: DataView): Decoded<TimSvin> {
  if (payload.byteLength < 28) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeTimSvin(survey: TimSvin): Uint8Array {
  const { payload, view } = blank(28);
  writeFields(layout, view, survey);
  return payload;
}
