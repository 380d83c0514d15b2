/**
 * Where an NMEA 0183 sentence begins and ends: '$' (or '!'), address, fields, '*' and two hex digits.
 * Owns the framing of one sentence; the fields are sentence.ts's.
 */
import { BAD_CHECKSUM, type Match, MORE, NO } from '../match.js';

export const CR = 0x0d;
export const LF = 0x0a;
const DOLLAR = 0x24;
const EXCLAMATION = 0x21;
const STAR = 0x2a;

/** The standard allows 82; MTK and others send channel lists of more than 200. */
export const MAX_NMEA_BYTES = 256;

export const isAddressStart = (byte: number): boolean => byte === DOLLAR || byte === EXCLAMATION;

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
};

const isAddressByte = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39);

/**
 * Matches from `at` (a '$' or '!') within `bytes[0 .. end)`. Complete at the checksum's second digit, without waiting
 * for CR LF: that is earlier, and a lost line end costs nothing.
 */
export function matchNmea(bytes: Uint8Array, at: number, end: number): Match {
  let sum = 0;
  let commaAt = -1;
  const limit = Math.min(end, at + MAX_NMEA_BYTES);
  for (let i = at + 1; i < limit; i += 1) {
    const byte = bytes[i] as number;
    if (byte === STAR) {
      if (i < at + 4) return NO;
      if (i + 2 >= end) return i + 1 < end && hexDigit(bytes[i + 1]) < 0 ? NO : MORE;
      const high = hexDigit(bytes[i + 1]);
      const low = hexDigit(bytes[i + 2]);
      if (high < 0 || low < 0) return NO;
      return high * 16 + low === sum ? { kind: 'frame', length: i + 3 - at, checked: true } : BAD_CHECKSUM;
    }
    if (byte === CR || byte === LF)
      return commaAt > 0 ? { kind: 'frame', length: i - at, checked: false } : NO;
    if (byte < 0x20 || byte > 0x7e || byte === DOLLAR) return NO;
    if (commaAt < 0) {
      if (byte === 0x2c) {
        if (i < at + 4) return NO;
        commaAt = i;
      } else if (!isAddressByte(byte) || i > at + 10) return NO;
    }
    sum ^= byte;
  }
  return limit < at + MAX_NMEA_BYTES ? MORE : NO;
}
