/**
 * Questions a receiver is asked when its line comes up, so that it says who it is. They set nothing; a receiver that
 * does not know them leaves them alone.
 * Sources: u-blox M8/F9 interface descriptions (a poll is the message without payload); PMTK605 of the MTK manual.
 */
import { UBX } from './ubx/ids.js';

/** A UBX frame without payload: sync, class, ID, length 0, Fletcher checksum. */
export function ubxPoll(id: number): Uint8Array {
  const body = [id >> 8, id & 0xff, 0, 0];
  let a = 0;
  let b = 0;
  for (const byte of body) {
    a = (a + byte) & 0xff;
    b = (b + a) & 0xff;
  }
  return Uint8Array.of(0xb5, 0x62, ...body, a, b);
}

export const IDENTITY_QUERIES: readonly Uint8Array[] = [
  ubxPoll(UBX.MON_VER),
  ubxPoll(UBX.SEC_UNIQID),
  new TextEncoder().encode('$PMTK605*31\r\n'),
];
