/**
 * NTP control messages (mode 6): header, status words, and how a reply is cut into packets.
 * What the variables mean is control's business; the text form of their list is mode6-variables.ts.
 *
 * | offset | size | field          |                                                                   |
 * | ------ | ---- | -------------- | ----------------------------------------------------------------- |
 * |      0 |    1 | LI, VN, mode 6 | ntpq 4.2.8p15 sends 0x16, ntpsec's 0xd6 (LI 3)                      |
 * |      1 |    1 | R E M opcode   | 0x80 response, 0x40 error, 0x20 more to come, 5 bits              |
 * |      2 |    2 | sequence       | chosen by the requester, echoed                                   |
 * |      4 |    2 | status         | a status word; an error's code is in its upper byte               |
 * |      6 |    2 | association ID | 0: the system                                                     |
 * |      8 |    2 | offset         | of this fragment's data in the whole reply, bytes                 |
 * |     10 |    2 | count          | bytes of data in this packet, padding not counted; at most 468    |
 * |     12 |    n | data           | padded with zeros to 4, and to 8 when a MAC follows (RFC 9327 §2) |
 *
 * Source: RFC 9327; ntpd 4.2.8p15 where that is silent (padding before the MAC).
 */
import { accept, type Decoded, reject } from '../units/decoded.js';

export const CONTROL_HEADER_LENGTH = 12;
export const MAX_CONTROL_DATA = 468;

/** RFC 9327 §2 table 1. */
export const OPCODE = {
  unspecified: 0,
  readStatus: 1,
  readVariables: 2,
  writeVariables: 3,
  readClock: 4,
  writeClock: 5,
  setTrap: 6,
  trap: 7,
  configure: 8,
  saveConfig: 9,
  readMru: 10,
  readOrderedList: 11,
  requestNonce: 12,
  unsetTrap: 31,
} as const;

/** RFC 9327 §3.4 table 9. */
export const CONTROL_ERROR = {
  unspecified: 0,
  authentication: 1,
  badFormat: 2,
  badOpcode: 3,
  unknownAssociation: 4,
  unknownVariable: 5,
  badValue: 6,
  prohibited: 7,
} as const;
export type ControlErrorCode = (typeof CONTROL_ERROR)[keyof typeof CONTROL_ERROR];

export interface ControlHeader {
  /** 0..3 */
  readonly leap: number;
  /** 1..4 */
  readonly version: number;
  readonly response: boolean;
  readonly error: boolean;
  readonly more: boolean;
  /** 0..31 */
  readonly opcode: number;
  readonly sequence: number;
  readonly status: number;
  readonly associationId: number;
  readonly offset: number;
  /** bytes of data, 0..468 */
  readonly count: number;
}

export interface ControlMessage extends ControlHeader {
  /** a view over the datagram, `count` bytes */
  readonly data: Uint8Array;
  /**
   * Where the MAC begins, which is the length it is computed over; undefined: no MAC. A MAC starts on a multiple of 8
   * (an error reply of ntpd: right behind the header).
   */
  readonly macAt: number | undefined;
  /** 0 without a MAC, else 20 or 24 or, digest in full, up to 68 */
  readonly macLength: number;
  /** 0 without a MAC */
  readonly keyId: number;
}

/** A control message of `length` bytes. Refuses what ntpd refuses by its form alone; flags and opcode are the caller's. */
export function decodeControl(view: DataView, length: number): Decoded<ControlMessage> {
  if (length < CONTROL_HEADER_LENGTH || view.byteLength < length) return reject('too-short');
  const flags = view.getUint8(0);
  if ((flags & 7) !== 6) return reject('bad-mode');
  const version = (flags >> 3) & 7;
  if (version < 1 || version > 4) return reject('bad-version');
  const operation = view.getUint8(1);
  const count = view.getUint16(10);
  if (count > MAX_CONTROL_DATA) return reject('too-long');
  const available = length - CONTROL_HEADER_LENGTH;
  if (count > available || (length & 3) !== 0) return reject('bad-length');
  let macAt = (CONTROL_HEADER_LENGTH + count + 7) & ~7;
  if ((operation & 0x40) !== 0) macAt = CONTROL_HEADER_LENGTH + ((count + 3) & ~3);
  const macLength = length - macAt;
  const hasMac = macLength >= 20 && macLength <= 68;
  return accept({
    leap: flags >> 6,
    version,
    response: (operation & 0x80) !== 0,
    error: (operation & 0x40) !== 0,
    more: (operation & 0x20) !== 0,
    opcode: operation & 0x1f,
    sequence: view.getUint16(2),
    status: view.getUint16(4),
    associationId: view.getUint16(6),
    offset: view.getUint16(8),
    count,
    data: new Uint8Array(view.buffer, view.byteOffset + CONTROL_HEADER_LENGTH, count),
    macAt: hasMac ? macAt : undefined,
    macLength: hasMac ? macLength : 0,
    keyId: hasMac ? view.getUint32(macAt) : 0,
  });
}

/** Writes the 12 bytes of the header. */
export function encodeControlHeader(header: ControlHeader, view: DataView): void {
  view.setUint8(0, ((header.leap & 3) << 6) | ((header.version & 7) << 3) | 6);
  view.setUint8(
    1,
    (header.response ? 0x80 : 0) |
      (header.error ? 0x40 : 0) |
      (header.more ? 0x20 : 0) |
      (header.opcode & 0x1f),
  );
  view.setUint16(2, header.sequence);
  view.setUint16(4, header.status);
  view.setUint16(6, header.associationId);
  view.setUint16(8, header.offset);
  view.setUint16(10, header.count);
}

/**
 * One whole packet: header, data, zero padding to a multiple of `align` (4; 8 when a MAC will be appended, for which
 * `room` more bytes are left free at the end).
 */
export function encodeControl(
  header: Omit<ControlHeader, 'count'>,
  data: Uint8Array,
  align: 4 | 8 = 4,
  room = 0,
): Uint8Array {
  const used = (CONTROL_HEADER_LENGTH + data.length + align - 1) & ~(align - 1);
  const packet = new Uint8Array(used + room);
  encodeControlHeader({ ...header, count: data.length }, new DataView(packet.buffer));
  packet.set(data, CONTROL_HEADER_LENGTH);
  return packet;
}

/** What a reply takes over from its request, and the status word it carries. */
export interface ReplyTo {
  readonly leap: number;
  readonly version: number;
  readonly opcode: number;
  readonly sequence: number;
  readonly associationId: number;
  readonly status: number;
}

/** The reply, in as many packets as it takes: 468 data bytes in each but the last, M set in each but the last. */
export function encodeReply(to: ReplyTo, data: Uint8Array, align: 4 | 8 = 4, room = 0): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let offset = 0;
  do {
    const part = data.subarray(offset, offset + MAX_CONTROL_DATA);
    const more = offset + part.length < data.length;
    packets.push(encodeControl({ ...to, response: true, error: false, more, offset }, part, align, room));
    offset += part.length;
  } while (offset < data.length);
  return packets;
}

/** An error reply: header alone, the code in the upper byte of the status word. */
export function encodeErrorReply(to: Omit<ReplyTo, 'status'>, code: ControlErrorCode, room = 0): Uint8Array {
  return encodeControl(
    { ...to, status: code << 8, response: true, error: true, more: false, offset: 0 },
    new Uint8Array(0),
    4,
    room,
  );
}

/** RFC 9327 §3.1. source 0..63, count 0..15 (more stay at 15), event 0..15. */
export const systemStatus = (leap: number, source: number, count: number, event: number): number =>
  ((leap & 3) << 14) | ((source & 0x3f) << 8) | (Math.min(count, 15) << 4) | (event & 15);

/** Peer status bits, RFC 9327 table 5. */
export const PEER_STATUS = {
  configured: 0x80,
  authEnabled: 0x40,
  authentic: 0x20,
  reachable: 0x10,
  broadcast: 0x08,
} as const;

/** RFC 9327 §3.2. bits: of PEER_STATUS; selection 0..7 (table 6: 0 rejected, 1 falseticker, …, 6 system peer, 7 PPS). */
export const peerStatus = (bits: number, selection: number, count: number, event: number): number =>
  ((bits & 0xf8) << 8) | ((selection & 7) << 8) | (Math.min(count, 15) << 4) | (event & 15);

/** RFC 9327 §3.3, as ntpd has it: the count nibble holds the last event's code, the code nibble the present status. */
export const clockStatus = (lastEvent: number, status: number): number =>
  ((lastEvent & 15) << 4) | (status & 15);

/** The error code of an error reply's status word. */
export const errorOf = (status: number): number => status >> 8;
