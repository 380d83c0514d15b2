/**
 * The NTP packet header, modes 0-5 and versions 1-4: one offset table, an object codec over it, and accessors that
 * allocate nothing. It knows nothing of what follows the header (extension.ts, mac-trailer.ts) nor of modes 6 and 7.
 *
 * | offset | size | field           | unit                                         |
 * | ------ | ---- | --------------- | -------------------------------------------- |
 * |      0 |    1 | LI, VN, mode    | 2, 3, 3 bits                                 |
 * |      1 |    1 | stratum         | 0: unspecified or kiss-o'-death; 1..15; 16   |
 * |      2 |    1 | poll            | signed log2 s                                |
 * |      3 |    1 | precision       | signed log2 s                                |
 * |      4 |    4 | root delay      | 16.16 s                                      |
 * |      8 |    4 | root dispersion | 16.16 s                                      |
 * |     12 |    4 | reference ID    | ASCII (stratum 0, 1) or address hash         |
 * |     16 |    8 | reference time  | 32.32 s                                      |
 * |     24 |    8 | origin time     | 32.32 s                                      |
 * |     32 |    8 | receive time    | 32.32 s                                      |
 * |     40 |    8 | transmit time   | 32.32 s                                      |
 *
 * Source: RFC 5905 §7.3, figures 8 and 10; RFC 1305 §3.2.1 (v3), RFC 1119 (v2), RFC 1059 (v1: mode 0).
 */
import { accept, type Decoded, reject } from '../units/decoded.js';
import type { NtpShort, NtpTimestamp } from '../units/time.js';

export const HEADER_LENGTH = 48;

/** Byte offsets; the four timestamps are read and written by theirs. */
export const AT = {
  flags: 0,
  stratum: 1,
  poll: 2,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  refid: 12,
  referenceTime: 16,
  originTime: 24,
  receiveTime: 32,
  transmitTime: 40,
} as const;

/** Offset of one of the four timestamps. */
export type TimestampAt =
  | typeof AT.referenceTime
  | typeof AT.originTime
  | typeof AT.receiveTime
  | typeof AT.transmitTime;

/** RFC 5905 figure 10. */
export const MODE = {
  reserved: 0,
  symmetricActive: 1,
  symmetricPassive: 2,
  client: 3,
  server: 4,
  broadcast: 5,
  control: 6,
  private: 7,
} as const;

/** RFC 5905 figure 9. */
export const LEAP = { none: 0, insert: 1, delete: 2, unsynchronised: 3 } as const;

/** The value on the wire when unsynchronised (RFC 5905 figure 11). */
export const STRATUM_UNSYNCHRONISED = 16;

export interface NtpHeader {
  /** 0..3 */
  leap: number;
  /** 1..4 */
  version: number;
  /** 0..5 */
  mode: number;
  /** 0..255 */
  stratum: number;
  /** log2 s, -128..127 */
  poll: number;
  /** log2 s, -128..127 */
  precision: number;
  rootDelay: NtpShort;
  rootDispersion: NtpShort;
  /** the four bytes as one unsigned number, first byte highest */
  refid: number;
  referenceTime: NtpTimestamp;
  originTime: NtpTimestamp;
  receiveTime: NtpTimestamp;
  transmitTime: NtpTimestamp;
}

/**
 * The header at the start of a datagram of `length` bytes. Refuses: shorter than a header or than the view says
 * (too-short), version 0 or above 4 (bad-version), mode 6 or 7 (bad-mode: another layout).
 */
export function decodeHeader(view: DataView, length: number): Decoded<NtpHeader> {
  if (length < HEADER_LENGTH || view.byteLength < HEADER_LENGTH) return reject('too-short');
  const version = versionOf(view);
  if (version < 1 || version > 4) return reject('bad-version');
  const mode = modeOf(view);
  if (mode > MODE.broadcast) return reject('bad-mode');
  return accept({
    leap: leapOf(view),
    version,
    mode,
    stratum: stratumOf(view),
    poll: pollOf(view),
    precision: precisionOf(view),
    rootDelay: rootDelayOf(view),
    rootDispersion: rootDispersionOf(view),
    refid: refidOf(view),
    referenceTime: view.getBigUint64(AT.referenceTime),
    originTime: view.getBigUint64(AT.originTime),
    receiveTime: view.getBigUint64(AT.receiveTime),
    transmitTime: view.getBigUint64(AT.transmitTime),
  });
}

/** Writes the 48 bytes at the start of `view`, which must hold them; fields are cut to their width. Answers 48. */
export function encodeHeader(header: Readonly<NtpHeader>, view: DataView): number {
  setFlags(view, header.leap, header.version, header.mode);
  setStratum(view, header.stratum);
  setPoll(view, header.poll);
  setPrecision(view, header.precision);
  setRootDelay(view, header.rootDelay);
  setRootDispersion(view, header.rootDispersion);
  setRefid(view, header.refid);
  view.setBigUint64(AT.referenceTime, header.referenceTime);
  view.setBigUint64(AT.originTime, header.originTime);
  view.setBigUint64(AT.receiveTime, header.receiveTime);
  view.setBigUint64(AT.transmitTime, header.transmitTime);
  return HEADER_LENGTH;
}

/*
 * Accessors for the hot path: no allocation, no check. The caller has made sure that the view holds a header.
 */
export const leapOf = (view: DataView): number => view.getUint8(AT.flags) >> 6;
export const versionOf = (view: DataView): number => (view.getUint8(AT.flags) >> 3) & 7;
export const modeOf = (view: DataView): number => view.getUint8(AT.flags) & 7;
export const stratumOf = (view: DataView): number => view.getUint8(AT.stratum);
export const pollOf = (view: DataView): number => view.getInt8(AT.poll);
export const precisionOf = (view: DataView): number => view.getInt8(AT.precision);
export const rootDelayOf = (view: DataView): NtpShort => view.getUint32(AT.rootDelay);
export const rootDispersionOf = (view: DataView): NtpShort => view.getUint32(AT.rootDispersion);
export const refidOf = (view: DataView): number => view.getUint32(AT.refid);

/** Upper half of a timestamp: seconds of the era, 0 .. 2^32-1. */
export const secondsOf = (view: DataView, at: TimestampAt): number => view.getUint32(at);
/** Lower half of a timestamp: 2^-32 s, 0 .. 2^32-1. */
export const fractionOf = (view: DataView, at: TimestampAt): number => view.getUint32(at + 4);
/** Is the timestamp zero, that is "unknown"? */
export const isUnknown = (view: DataView, at: TimestampAt): boolean =>
  view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;

export function setFlags(view: DataView, leap: number, version: number, mode: number): void {
  view.setUint8(AT.flags, ((leap & 3) << 6) | ((version & 7) << 3) | (mode & 7));
}
export function setStratum(view: DataView, stratum: number): void {
  view.setUint8(AT.stratum, stratum);
}
export function setPoll(view: DataView, log2Seconds: number): void {
  view.setInt8(AT.poll, log2Seconds);
}
export function setPrecision(view: DataView, log2Seconds: number): void {
  view.setInt8(AT.precision, log2Seconds);
}
export function setRootDelay(view: DataView, short: NtpShort): void {
  view.setUint32(AT.rootDelay, short);
}
export function setRootDispersion(view: DataView, short: NtpShort): void {
  view.setUint32(AT.rootDispersion, short);
}
export function setRefid(view: DataView, refid: number): void {
  view.setUint32(AT.refid, refid);
}
export function setTimestamp(view: DataView, at: TimestampAt, seconds: number, fraction: number): void {
  view.setUint32(at, seconds);
  view.setUint32(at + 4, fraction);
}
/** Copies a timestamp from one packet into another, e.g. the client's transmit time into the reply's origin. */
export function copyTimestamp(from: DataView, fromAt: TimestampAt, to: DataView, toAt: TimestampAt): void {
  to.setUint32(toAt, from.getUint32(fromAt));
  to.setUint32(toAt + 4, from.getUint32(fromAt + 4));
}
