/**
 * UBX-MON-HW (0A 09): antenna and jamming. 60 bytes since u-blox 8, 68 before (25 virtual pins instead of 17).
 *
 *   offset type  field
 *   0      X4    pinSel, pinBank, pinDir, pinVal (0, 4, 8, 12)
 *   16     U2    noisePerMS
 *   18     U2    agcCnt
 *   20     U1    aStatus          0 init, 1 unknown, 2 ok, 3 short, 4 open
 *   21     U1    aPower           0 off, 1 on, 2 unknown
 *   22     X1    flags            0 RTC calibrated, 1 safe boot, 2-3 jamming: 0 unknown, 1 ok, 2 warning, 3 critical
 *   24     X4    usedMask
 *   28     U1[n] VP               n = 17 (60 bytes) or 25 (68 bytes)
 *   28+n   U1    jamInd           0 .. 255
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-MON-HW.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const common = {
  pinSelect: u4(0),
  pinBank: u4(4),
  pinDirection: u4(8),
  pinValue: u4(12),
  noise: u2(16),
  gain: u2(18),
  antennaStatus: u1(20),
  antennaPower: u1(21),
  flags: u1(22),
  usedMask: u4(24),
};
const layout60 = { ...common, jamming: u1(45) };
const layout68 = { ...common, jamming: u1(53) };

export type MonHw = Values<typeof layout60>;

export function decodeMonHw(payload: DataView): Decoded<MonHw> {
  if (payload.byteLength >= 68) return accept(readFields(layout68, payload));
  return payload.byteLength >= 60 ? accept(readFields(layout60, payload)) : reject('too-short');
}

/** The form of u-blox 8; virtual pins and interrupt masks are zero. */
export function encodeMonHw(hardware: MonHw): Uint8Array {
  const { payload, view } = blank(60);
  writeFields(layout60, view, hardware);
  return payload;
}

/** The codes that MON-HW and MON-RF share. */
export const antennaOf = (status: number): 'ok' | 'open' | 'short' | 'unknown' =>
  (['unknown', 'unknown', 'ok', 'short', 'open'] as const)[status] ?? 'unknown';

export const jammingOf = (state: number): 'ok' | 'warning' | 'critical' | 'unknown' =>
  (['unknown', 'ok', 'warning', 'critical'] as const)[state] ?? 'unknown';
