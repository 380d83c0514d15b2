/**
 * UBX-TIM-TP (0D 01): what the receiver knows of the *next* time pulse. 16 bytes.
 * Owns the payload and which second it speaks of; applying it to an edge is the refclock's.
 *
 *   offset type field            unit
 *   0      U4   towMS            ms, time of week of the pulse, on the scale that `flags` names
 *   4      U4   towSubMS         2^-32 ms
 *   8      I4   qErr             ps
 *   12     U2   week             on the same scale
 *   14     X1   flags            0 time base (0 GNSS, 1 UTC), 1 UTC available, 2-3 RAIM, 4 qErr invalid (protocol 32)
 *   15     X1   refInfo          0-3 GNSS of the base (0 GPS, 1 GLONASS, 2 BeiDou, 3 Galileo), 4-7 UTC standard
 *
 * The sign of qErr is not in the documents. It is ADDED to the stamp of the edge to correct it (measured by others
 * against better clocks: anderswallin.net 2019/10 "uBlox F9T qErr correction"), so a pulse with a positive qErr is
 * early; noonmark says "pulse minus ideal", the opposite sign.
 * Source: u-blox M8 and F9 interface descriptions, UBX-TIM-TP.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { GPS_EPOCH_UNIX_SECONDS } from '../calendar.js';
import { blank, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = { towMs: u4(0), towSubMs: u4(4), qErrPs: i4(8), week: u2(12), flags: u1(14), refInfo: u1(15) };

export type TimTp = Values<typeof layout>;

export const TIMTP_BASE_UTC = 1;
export const TIMTP_UTC_AVAILABLE = 2;
export const TIMTP_QERR_INVALID = 0x10;

export function decodeTimTp(payload: DataView): Decoded<TimTp> {
  if (payload.byteLength < 16) return reject('too-short');
  const value = readFields(layout, payload);
  return value.towMs > 604_800_000 ? reject('bad-field') : accept(value);
}

export function encodeTimTp(tp: TimTp): Uint8Array {
  const { payload, view } = blank(16);
  writeFields(layout, view, tp);
  return payload;
}

/** Pulse minus ideal, picoseconds; positive: late. Undefined when the receiver says that it does not know. */
export const quantisationErrorPs = (tp: TimTp): number | undefined =>
  (tp.flags & TIMTP_QERR_INVALID) !== 0 ? undefined : 0 - tp.qErrPs;

/**
 * Unix second (week rollover not repaired) of the pulse. `leapSeconds`: GPS - UTC when known; needed only for a base
 * on GPS or Galileo time. Undefined: the pulse is not on a whole second, or its scale cannot be brought to UTC.
 */
export function pulseSecond(tp: TimTp, leapSeconds: number | undefined): bigint | undefined {
  const ms = tp.towMs + tp.towSubMs / 2 ** 32;
  const second = Math.round(ms / 1000);
  if (Math.abs(ms - second * 1000) > 1) return undefined;
  const onScale = BigInt(GPS_EPOCH_UNIX_SECONDS) + BigInt(tp.week) * 604_800n + BigInt(second);
  if ((tp.flags & TIMTP_BASE_UTC) !== 0) return (tp.flags & TIMTP_UTC_AVAILABLE) !== 0 ? onScale : undefined;
  const gnss = tp.refInfo & 15;
  if ((gnss !== 0 && gnss !== 3) || leapSeconds === undefined) return undefined;
  return onScale - BigInt(leapSeconds);
}
