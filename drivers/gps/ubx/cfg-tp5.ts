/**
 * UBX-CFG-TP5 (06 31): a time pulse. 32 bytes.
 *
 *   offset type field            unit
 *   0      U1   tpIdx            0 TIMEPULSE, 1 TIMEPULSE2
 *   1      U1   version
 *   4      I2   antCableDelay    ns
 *   6      I2   rfGroupDelay     ns
 *   8      U4   freqPeriod       us or Hz
 *   12     U4   freqPeriodLock   the same, while locked to GNSS time
 *   16     U4   pulseLenRatio    us or 2^-32
 *   20     U4   pulseLenRatioLock
 *   24     I4   userConfigDelay  ns
 *   28     X4   flags            0 active, 1 lockGnssFreq, 2 lockedOtherSet, 3 isFreq, 4 isLength, 5 alignToTow,
 *                                6 polarity (1: rising edge at the second), 7-10 grid (0 UTC, 1 GPS), 11-13 syncMode
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-TP5.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i2, i4, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  index: u1(0),
  version: u1(1),
  cableDelayNs: i2(4),
  groupDelayNs: i2(6),
  period: u4(8),
  periodLocked: u4(12),
  length: u4(16),
  lengthLocked: u4(20),
  userDelayNs: i4(24),
  flags: u4(28),
};

export type CfgTp5 = Values<typeof layout>;

export const TP5 = {
  active: 1,
  lockGnssFrequency: 2,
  lockedOtherSet: 4,
  isFrequency: 8,
  isLength: 0x10,
  alignToTow: 0x20,
  rising: 0x40,
  gridMask: 0x780,
} as const;

export function decodeCfgTp5(payload: DataView): Decoded<CfgTp5> {
  if (payload.byteLength < 32) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgTp5(pulse: CfgTp5): Uint8Array {
  const { payload, view } = blank(32);
  writeFields(layout, view, pulse);
  return payload;
}
