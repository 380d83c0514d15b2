/**
 * UBX-NAV-STATUS (01 03): kind of fix, and on u-blox 8 and later the spoofing detector. 16 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      U1   gpsFix           as NAV-PVT fixType
 *   5      X1   flags            0 gpsFixOk, 1 differential, 2 week set, 3 time of week set
 *   6      X1   fixStat
 *   7      X1   flags2           3-4 spoofing: 0 unknown, 1 none, 2 indicated, 3 multiple indications
 *   8      U4   ttff             ms
 *   12     U4   msss             ms since start-up
 *
 * Source: u-blox M8 interface description, UBX-NAV-STATUS.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u1, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  fixType: u1(4),
  flags: u1(5),
  fixStatus: u1(6),
  flags2: u1(7),
  timeToFirstFixMs: u4(8),
  uptimeMs: u4(12),
};

export type NavStatus = Values<typeof layout>;

export function decodeNavStatus(payload: DataView): Decoded<NavStatus> {
  if (payload.byteLength < 16) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeNavStatus(status: NavStatus): Uint8Array {
  const { payload, view } = blank(16);
  writeFields(layout, view, status);
  return payload;
}

export const spoofingOf = (status: NavStatus): 'unknown' | 'ok' | 'indicated' | 'multiple' =>
  spoofingCode((status.flags2 >> 3) & 3);

/** The code that NAV-STATUS and SEC-SIG share. */
export const spoofingCode = (code: number): 'unknown' | 'ok' | 'indicated' | 'multiple' =>
  (['unknown', 'ok', 'indicated', 'multiple'] as const)[code] ?? 'unknown';
