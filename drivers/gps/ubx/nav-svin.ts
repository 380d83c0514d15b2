/**
 * UBX-NAV-SVIN (01 3B): progress of the survey-in of receivers with high precision positions (M8P, F9). 40 bytes.
 *
 *   offset type field            unit
 *   0      U1   version          0
 *   4      U4   iTOW             ms
 *   8      U4   dur              s
 *   12-20  I4   meanX, meanY, meanZ       cm, ECEF
 *   24-26  I1   meanXHP, meanYHP, meanZHP 0.1 mm
 *   28     U4   meanAcc          0.1 mm
 *   32     U4   obs              positions used
 *   36     U1   valid            1: the mean is good enough
 *   37     U1   active           1: it goes on
 *
 * Source: u-blox M8 and F9 interface descriptions, UBX-NAV-SVIN.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i4, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  version: u1(0),
  iTowMs: u4(4),
  seconds: u4(8),
  xCm: i4(12),
  yCm: i4(16),
  zCm: i4(20),
  xHigh: i1(24),
  yHigh: i1(25),
  zHigh: i1(26),
  accuracy: u4(28),
  observations: u4(32),
  valid: u1(36),
  active: u1(37),
};

export type NavSvin = Values<typeof layout>;

export function decodeNavSvin(payload: DataView): Decoded<NavSvin> {
  if (payload.byteLength < 40) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeNavSvin(survey: NavSvin): Uint8Array {
  const { payload, view } = blank(40);
  writeFields(layout, view, survey);
  return payload;
}
