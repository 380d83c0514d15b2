/**
 * Where a UBX frame begins and ends, and its checksum.
 * Owns the envelope; the payloads are one file each.
 *
 *   offset  size  field
 *   0       1     0xB5
 *   1       1     0x62
 *   2       1     class
 *   3       1     id
 *   4       2     payload length n, little endian
 *   6       n     payload
 *   6+n     2     checksum CK_A, CK_B over class .. payload (8-bit Fletcher, RFC 1145)
 *
 * Source: u-blox M8/F9 interface description, "UBX frame structure" and "UBX checksum".
 */
import { BAD_CHECKSUM, type Match, MORE, NO } from '../match.js';

export const UBX_SYNC_1 = 0xb5;
export const UBX_SYNC_2 = 0x62;
export const UBX_OVERHEAD = 8;
/** The longest message of interest is NAV-SAT with some 100 satellites (1.2 kB); RXM-RAWX reaches 3 kB. */
export const MAX_UBX_PAYLOAD = 4096;

/** Matches from `at` (a 0xB5) within `bytes[0 .. end)`. */
export function matchUbx(bytes: Uint8Array, at: number, end: number): Match {
  const have = end - at;
  if (have >= 2 && bytes[at + 1] !== UBX_SYNC_2) return NO;
  if (have < 6) return MORE;
  const payload = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
  if (payload > MAX_UBX_PAYLOAD) return NO;
  const length = payload + UBX_OVERHEAD;
  if (have < length) return MORE;
  const sum = ubxChecksum(bytes, at + 2, at + 6 + payload);
  const claimed = ((bytes[at + length - 1] as number) << 8) | (bytes[at + length - 2] as number);
  return sum === claimed ? { kind: 'frame', length, checked: true } : BAD_CHECKSUM;
}

/** CK_B << 8 | CK_A over bytes[from .. to). */
export function ubxChecksum(bytes: Uint8Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  for (let i = from; i < to; i += 1) {
    a = (a + (bytes[i] as number)) & 0xff;
    b = (b + a) & 0xff;
  }
  return (b << 8) | a;
}

/** A whole frame around a payload of up to 65535 bytes. `id`: class << 8 | id. */
export function encodeUbx(id: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payload.length + UBX_OVERHEAD);
  frame.set([UBX_SYNC_1, UBX_SYNC_2, id >> 8, id & 0xff, payload.length & 0xff, payload.length >> 8]);
  frame.set(payload, 6);
  const sum = ubxChecksum(frame, 2, frame.length - 2);
  frame[frame.length - 2] = sum & 0xff;
  frame[frame.length - 1] = sum >> 8;
  return frame;
}
