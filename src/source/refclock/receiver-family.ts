/**
 * How late the first byte of a receiver's messages can come behind the second that they describe.
 * Owns the one assumption about receivers that the pairing of pulses rests on when nothing outside helps.
 *
 * A receiver measures at T, computes, and then sends; nothing in its bytes tells how long that took, so that 0.1 s and
 * 1.1 s look the same beside a pulse. Known: u-blox, MediaTek and SiRF chips at 1 Hz begin within the second. Known to
 * come up to 1.2 s late: Garmin 18x (firmware before 3.70, and 4.00), which prints whole seconds; receivers that print
 * fractions of a second are of the former kind. Whoever is neither is not trusted beyond what 1.3 s allow.
 */
import type { GpsIdentity } from '../../ports/gps.js';

/** Seconds, first byte minus the described instant. */
export interface DelayRange {
  readonly leastSeconds: number;
  readonly mostSeconds: number;
  /** why, for people */
  readonly because: string;
}

const withinTheSecond = (because: string): DelayRange => ({ leastSeconds: 0, mostSeconds: 1, because });

export const UNKNOWN_RECEIVER: DelayRange = {
  leastSeconds: 0,
  mostSeconds: 1.3,
  because: 'its kind is unknown, and some receivers are more than a second late',
};

/** A line that is never idle delays messages by what is queued before them: nobody knows how much. */
export const BUSY_LINE: DelayRange = {
  leastSeconds: 0,
  mostSeconds: 2.3,
  because: 'the line is never idle, so messages queue; a higher baud rate or fewer sentences would help',
};

/** `from`: GpsEpoch.from; `timecode`: GpsDecoder.timecode. */
export function delayRange(identity: GpsIdentity | undefined, from: string, timecode: string): DelayRange {
  const vendor = identity?.vendor ?? 'unknown';
  if (vendor !== 'unknown') return withinTheSecond(`${vendor} receivers answer within the second`);
  if (from.startsWith('NAV-')) return withinTheSecond('u-blox receivers answer within the second');
  if (/,\d{6}\.\d{2,},/.test(timecode))
    return withinTheSecond('receivers of its kind answer within the second');
  return UNKNOWN_RECEIVER;
}
