/**
 * The value of LEAP: TAI offset, and when it began and ends to hold. Owns the twelve bytes; where the numbers come from
 * is discipline/leap.ts, what a client makes of them the dance's business.
 *
 * | offset | size | field                                                                          |
 * | ------ | ---- | ------------------------------------------------------------------------------ |
 * |      0 | 4    | TAI - UTC, seconds; 0: not known (the reference without leapfile, all zero)     |
 * |      4 | 4    | NTP seconds of the last leap second, since when the offset holds                |
 * |      8 | 4    | NTP seconds until when it is known to hold                                      |
 *
 * ntpd 4.2.8p15 fills the third word with the second plus 25 days, or the coming leap second plus 7 days, not with the
 * file's expiry as RFC 5906 §10.7 says; its client uses only the first word. Ours tells the expiry.
 * Sources: RFC 5906 §10.7; autokey-reference.md §10.
 */
import { accept, type Decoded, reject } from '../units/decoded.js';
import { leadingUint32 } from '../wire/session-key-input.js';

export interface LeapValues {
  /** TAI - UTC, seconds, 0..255; 0: not known */
  readonly taiOffset: number;
  /** NTP seconds */
  readonly lastLeap: number;
  /** NTP seconds */
  readonly expiry: number;
}

export const LEAP_VALUES_LENGTH = 12;
/** One leap second a year for two centuries more. */
const MAX_TAI_OFFSET = 255;

export const UNKNOWN_LEAP: LeapValues = { taiOffset: 0, lastLeap: 0, expiry: 0 };

export function encodeLeapValues({ taiOffset, lastLeap, expiry }: LeapValues): Uint8Array {
  const bytes = new Uint8Array(LEAP_VALUES_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, taiOffset);
  view.setUint32(4, lastLeap);
  view.setUint32(8, expiry);
  return bytes;
}

/** Refuses another length than 12 ('bad-length') and an offset beyond 255 s ('bad-field'). */
export function decodeLeapValues(value: Uint8Array): Decoded<LeapValues> {
  if (value.length !== LEAP_VALUES_LENGTH) return reject('bad-length');
  const taiOffset = leadingUint32(value);
  if (taiOffset > MAX_TAI_OFFSET) return reject('bad-field');
  return accept({
    taiOffset,
    lastLeap: leadingUint32(value.subarray(4)),
    expiry: leadingUint32(value.subarray(8)),
  });
}
