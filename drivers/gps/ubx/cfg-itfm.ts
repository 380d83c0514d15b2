/**
 * UBX-CFG-ITFM (06 39): the monitor of interference. 8 bytes.
 *
 *   offset type field
 *   0      X4   config           0-3 broadband threshold (dB), 4-8 CW threshold (dB), 9-30 algorithm (0x16b156), 31 enable
 *   4      X4   config2          0-11 general (0x31e), 12-13 antenna (0 unknown, 1 passive, 2 active), 14 enable2
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-ITFM.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u4, type Values, writeFields } from './layout.js';

const layout = {
  config: u4(0),
  config2: u4(4),
};

export type CfgItfm = Values<typeof layout>;

export const ITFM_ENABLE = 0x8000_0000;

export function decodeCfgItfm(payload: DataView): Decoded<CfgItfm> {
  if (payload.byteLength < 8) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgItfm(monitor: CfgItfm): Uint8Array {
  const { payload, view } = blank(8);
  writeFields(layout, view, monitor);
  return payload;
}
