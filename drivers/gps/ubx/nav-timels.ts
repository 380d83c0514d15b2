/**
 * UBX-NAV-TIMELS (01 26): leap seconds now and the next (or last) change. 24 bytes.
 *
 *   offset type field            unit
 *   0      U4   iTOW             ms
 *   4      U1   version          0
 *   5      -    reserved (3)
 *   8      U1   srcOfCurrLs      0 default in firmware, 1 derived, 2 GPS, … 255 unknown
 *   9      I1   currLs           s, GPS - UTC
 *   10     U1   srcOfLsChange    0 none, 2 GPS, …
 *   11     I1   lsChange         s, -1, 0 or 1
 *   12     I4   timeToLsEvent    s, to the event; negative: since the last one
 *   16     U2   dateOfLsGpsWn    GPS week of the event
 *   18     U2   dateOfLsGpsDn    day of week, 1 (Sunday) .. 7, of the event (at the end of that day)
 *   20     -    reserved (3)
 *   23     X1   valid            0 currLs, 1 timeToLsEvent
 *
 * Source: u-blox M8 interface description, UBX-NAV-TIMELS.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, i4, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  iTowMs: u4(0),
  version: u1(4),
  currentSource: u1(8),
  currentLeapSeconds: i1(9),
  changeSource: u1(10),
  change: i1(11),
  secondsToEvent: i4(12),
  eventWeek: u2(16),
  eventDay: u2(18),
  valid: u1(23),
};

export type NavTimeLs = Values<typeof layout>;

export const TIMELS_VALID_CURRENT = 1;
export const TIMELS_VALID_EVENT = 2;

export function decodeNavTimeLs(payload: DataView): Decoded<NavTimeLs> {
  if (payload.byteLength < 24) return reject('too-short');
  const value = readFields(layout, payload);
  return Math.abs(value.change) > 1 ? reject('bad-field') : accept(value);
}

export function encodeNavTimeLs(time: NavTimeLs): Uint8Array {
  const { payload, view } = blank(24);
  writeFields(layout, view, time);
  return payload;
}
