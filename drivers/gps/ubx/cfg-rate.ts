/**
 * UBX-CFG-RATE (06 08): how often a solution is computed. 6 bytes.
 *
 *   offset type field            unit
 *   0      U2   measRate         ms between measurements
 *   2      U2   navRate          measurements for each solution
 *   4      U2   timeRef          what measurements are aligned to: 0 UTC, 1 GPS
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-RATE.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u2, type Values, writeFields } from './layout.js';

const layout = {
  measureMs: u2(0),
  each: u2(2),
  alignedTo: u2(4),
};

export type CfgRate = Values<typeof layout>;

export function decodeCfgRate(payload: DataView): Decoded<CfgRate> {
  if (payload.byteLength < 6) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgRate(rate: CfgRate): Uint8Array {
  const { payload, view } = blank(6);
  writeFields(layout, view, rate);
  return payload;
}
