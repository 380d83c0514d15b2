/**
 * What a slot of the rings holds: a packet for main, a packet to be sent for main, or the report that it was sent.
 * The responder's side writes and reads in place; main's side copies to and from objects. Little-endian.
 *
 * | offset | size | to main: packet          | to main: sent         | to the responder: transmission           |
 * | ------ | ---- | ------------------------ | --------------------- | ---------------------------------------- |
 * |      0 |    1 | kind 1                   | kind 2                | kind 3                                   |
 * |      1 |    1 | family 4, 6              |                       | family                                   |
 * |      2 |    2 | sender's port            | 1 sent, 0 refused     | port                                     |
 * |      4 |    4 | length                   |                       | length                                   |
 * |      8 |    4 | socket                   |                       | socket                                   |
 * |     12 |    4 | interface index          |                       | interface index, 0: any                  |
 * |     16 |    8 | kernel stamp, s (float64)| kernel clock, s       |                                          |
 * |     24 |    4 | kernel stamp, ns         | kernel clock, ns      |                                          |
 * |     28 |    4 | RES bits                 | token                 | token, 0: no report                      |
 * |     32 |    4 | 1: stamped by the kernel | NTP seconds           | offset of the transmit time, -1: none    |
 * |     36 |    4 |                          | NTP fraction          | key ID, 0: no MAC                        |
 * |     40 |   16 | sender                   |                       | destination                              |
 * |     56 |   16 | address that was asked   |                       | local address                            |
 * |     72 |    4 |                          |                       | 1: the local address is given            |
 * |     76 |    1 |                          |                       | session digest + 1, 0: none              |
 * |     77 |    1 |                          |                       | hops of a multicast, 0: the system's     |
 * |     78 |    2 |                          |                       | length of the session key                |
 * |     80 |   64 |                          |                       | session key, wiped when it was used      |
 * |    144 | 2200 | packet                   |                       | packet                                   |
 */
import { SESSION_DIGESTS, type SessionDigest } from '../autokey/digest.js';
import { MAX_LENGTH_BEFORE_MAC, MAX_SESSION_KEY_LENGTH, type SessionSeal } from '../autokey/session-key.js';
import type { SocketHandle } from '../ports/packet-batch.js';
import { NS_PER_SECOND, type NtpTimestamp } from '../units/time.js';
import type { Exchange } from './respond.js';

export const PACKET_ROOM = 2200;
/** A MAC's longest trailer; a transmission must leave room for it. */
export const MAC_ROOM = 68;
const PACKET_AT = 144;
export const RECORD_BYTES = PACKET_AT + PACKET_ROOM;

const AT = {
  kind: 0,
  family: 1,
  port: 2,
  length: 4,
  socket: 8,
  interfaceIndex: 12,
  seconds: 16,
  nanoseconds: 24,
  restrictions: 28,
  token: 28,
  stamped: 32,
  ntpSeconds: 32,
  stampAt: 32,
  ntpFraction: 36,
  keyId: 36,
  address: 40,
  local: 56,
  localGiven: 72,
  sessionDigest: 76,
  hops: 77,
  sessionLength: 78,
  sessionKey: 80,
} as const;

const KIND = { packet: 1, sent: 2, transmission: 3 } as const;

/** A packet that the responder left to main. */
export interface ForwardedPacket {
  readonly bytes: Uint8Array;
  /** CLOCK_REALTIME ns */
  readonly kernelNs: bigint;
  /** false: the kernel gave no stamp, the clock was read after the packet was taken */
  readonly kernelStamped: boolean;
  /** sender, network order, 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly port: number;
  /** the address that was asked; may be a multicast group */
  readonly localAddress: Uint8Array;
  readonly interfaceIndex: number;
  readonly socket: SocketHandle;
  /** RES bits of the sender (auth/restrict.ts) */
  readonly restrictions: number;
}

/** What main asks the responder to send. */
export interface Transmission {
  readonly socket: SocketHandle;
  /** at most 2132 bytes, so that a MAC fits behind them */
  readonly bytes: Uint8Array;
  readonly address: Uint8Array;
  readonly port: number;
  /** undefined: the kernel chooses */
  readonly localAddress?: Uint8Array | undefined;
  readonly interfaceIndex?: number | undefined;
  /** 1 .. 255, of a multicast; undefined: the system's */
  readonly hops?: number | undefined;
  /** where the transmit time is written right before sending; undefined: nowhere */
  readonly stampAt?: number | undefined;
  /** key of the symmetric MAC that is appended; undefined: none */
  readonly keyId?: number | undefined;
  /** Autokey's MAC, which is appended instead; `bytes`, fields included, are then at most 2096 */
  readonly session?: SessionSeal | undefined;
  /** 1 .. 2^32-1: a SentReport is wanted; undefined: none */
  readonly token?: number | undefined;
}

/** What became of a transmission with a token. */
export interface SentReport {
  readonly token: number;
  /** false: the kernel refused, or the key is not there */
  readonly sent: boolean;
  /** CLOCK_REALTIME ns, read right before sending */
  readonly kernelNs: bigint;
  /** the same on the served clock, as it stands in the packet */
  readonly transmitTime: NtpTimestamp;
}

export type InboundRecord =
  | { readonly type: 'packet'; readonly packet: ForwardedPacket }
  | { readonly type: 'sent'; readonly report: SentReport };

function copyBytes(from: Uint8Array, to: DataView, at: number, length: number): void {
  for (let i = 0; i < length; i += 1) to.setUint8(at + i, from[i]!);
}

/** Responder: copies a packet for main. */
export function writePacket(
  slot: DataView,
  exchange: Exchange,
  length: number,
  socket: SocketHandle,
  kernelStamped: boolean,
): void {
  const addressLength = exchange.family === 4 ? 4 : 16;
  slot.setUint8(AT.kind, KIND.packet);
  slot.setUint8(AT.family, exchange.family);
  slot.setUint16(AT.port, exchange.sourcePort, true);
  slot.setUint32(AT.length, length, true);
  slot.setInt32(AT.socket, socket, true);
  slot.setUint32(AT.interfaceIndex, exchange.interfaceIndex, true);
  slot.setFloat64(AT.seconds, exchange.stampSeconds, true);
  slot.setUint32(AT.nanoseconds, exchange.stampNanoseconds, true);
  slot.setUint32(AT.restrictions, exchange.restrictions, true);
  slot.setUint32(AT.stamped, kernelStamped ? 1 : 0, true);
  copyBytes(exchange.source, slot, AT.address, addressLength);
  copyBytes(exchange.destination, slot, AT.local, addressLength);
  copyBytes(exchange.input, slot, PACKET_AT, length);
}

/** Responder: tells main when and whether a transmission went out. */
export function writeSent(
  slot: DataView,
  token: number,
  sent: boolean,
  seconds: number,
  nanoseconds: number,
  ntpSeconds: number,
  ntpFraction: number,
): void {
  slot.setUint8(AT.kind, KIND.sent);
  slot.setUint16(AT.port, sent ? 1 : 0, true);
  slot.setFloat64(AT.seconds, seconds, true);
  slot.setUint32(AT.nanoseconds, nanoseconds, true);
  slot.setUint32(AT.token, token, true);
  slot.setUint32(AT.ntpSeconds, ntpSeconds, true);
  slot.setUint32(AT.ntpFraction, ntpFraction, true);
}

const bytesOf = (slot: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(slot.buffer, slot.byteOffset + at, length).slice();

/** Main: copies a record out of its slot. */
export function readInbound(slot: DataView): InboundRecord {
  const seconds = BigInt(slot.getFloat64(AT.seconds, true));
  const kernelNs = seconds * NS_PER_SECOND + BigInt(slot.getUint32(AT.nanoseconds, true));
  if (slot.getUint8(AT.kind) === KIND.sent) {
    const ntpSeconds = BigInt(slot.getUint32(AT.ntpSeconds, true));
    return {
      type: 'sent',
      report: {
        token: slot.getUint32(AT.token, true),
        sent: slot.getUint16(AT.port, true) === 1,
        kernelNs,
        transmitTime: (ntpSeconds << 32n) | BigInt(slot.getUint32(AT.ntpFraction, true)),
      },
    };
  }
  const addressLength = slot.getUint8(AT.family) === 4 ? 4 : 16;
  return {
    type: 'packet',
    packet: {
      bytes: bytesOf(slot, PACKET_AT, Math.min(PACKET_ROOM, slot.getUint32(AT.length, true))),
      kernelNs,
      kernelStamped: slot.getUint32(AT.stamped, true) === 1,
      address: bytesOf(slot, AT.address, addressLength),
      port: slot.getUint16(AT.port, true),
      localAddress: bytesOf(slot, AT.local, addressLength),
      interfaceIndex: slot.getUint32(AT.interfaceIndex, true),
      socket: slot.getInt32(AT.socket, true),
      restrictions: slot.getUint32(AT.restrictions, true),
    },
  };
}

/**
 * Main: puts a transmission into its slot. Answers false when it is too long, its transmit time lies outside, or its
 * session key has no such length.
 */
export function writeTransmission(slot: DataView, transmission: Transmission): boolean {
  const { bytes, address, localAddress, stampAt, session } = transmission;
  if (bytes.length > (session === undefined ? PACKET_ROOM - MAC_ROOM : MAX_LENGTH_BEFORE_MAC)) return false;
  if (session !== undefined && session.key.length > MAX_SESSION_KEY_LENGTH) return false;
  if (stampAt !== undefined && (stampAt < 0 || stampAt + 8 > bytes.length)) return false;
  slot.setUint8(AT.kind, KIND.transmission);
  slot.setUint8(AT.family, address.length === 4 ? 4 : 6);
  slot.setUint16(AT.port, transmission.port, true);
  slot.setUint32(AT.length, bytes.length, true);
  slot.setInt32(AT.socket, transmission.socket, true);
  slot.setUint32(AT.interfaceIndex, transmission.interfaceIndex ?? 0, true);
  slot.setUint32(AT.token, transmission.token ?? 0, true);
  slot.setInt32(AT.stampAt, stampAt ?? -1, true);
  slot.setUint32(AT.keyId, session?.keyId ?? transmission.keyId ?? 0, true);
  slot.setUint8(AT.sessionDigest, session === undefined ? 0 : SESSION_DIGESTS.indexOf(session.digest) + 1);
  slot.setUint8(AT.hops, transmission.hops ?? 0);
  slot.setUint16(AT.sessionLength, session?.key.length ?? 0, true);
  if (session !== undefined) copyBytes(session.key, slot, AT.sessionKey, session.key.length);
  slot.setUint32(AT.localGiven, localAddress === undefined ? 0 : 1, true);
  copyBytes(address, slot, AT.address, address.length);
  if (localAddress !== undefined) copyBytes(localAddress, slot, AT.local, localAddress.length);
  copyBytes(bytes, slot, PACKET_AT, bytes.length);
  return true;
}

/** Responder: a slot of the ring as a transmission, read in place; one for each slot, made once. */
export class TransmissionSlot {
  readonly #slot: DataView;
  readonly bytes: Uint8Array;
  readonly packet: DataView;
  readonly #address4: Uint8Array;
  readonly #address6: Uint8Array;
  readonly #local4: Uint8Array;
  readonly #local6: Uint8Array;
  readonly #sessionKey: Uint8Array;

  constructor(slot: DataView) {
    const part = (at: number, length: number) => new Uint8Array(slot.buffer, slot.byteOffset + at, length);
    this.#slot = slot;
    this.bytes = part(PACKET_AT, PACKET_ROOM);
    this.packet = new DataView(slot.buffer, slot.byteOffset + PACKET_AT, PACKET_ROOM);
    this.#address4 = part(AT.address, 4);
    this.#address6 = part(AT.address, 16);
    this.#local4 = part(AT.local, 4);
    this.#local6 = part(AT.local, 16);
    this.#sessionKey = part(AT.sessionKey, MAX_SESSION_KEY_LENGTH);
  }

  get length(): number {
    return this.#slot.getUint32(AT.length, true);
  }
  get socket(): SocketHandle {
    return this.#slot.getInt32(AT.socket, true);
  }
  get port(): number {
    return this.#slot.getUint16(AT.port, true);
  }
  get interfaceIndex(): number {
    return this.#slot.getUint32(AT.interfaceIndex, true);
  }
  /** -1: none */
  get stampAt(): number {
    return this.#slot.getInt32(AT.stampAt, true);
  }
  /** 0: none */
  get keyId(): number {
    return this.#slot.getUint32(AT.keyId, true);
  }
  /** undefined: the MAC, if any, is that of a key of the file */
  get sessionDigest(): SessionDigest | undefined {
    return SESSION_DIGESTS[this.#slot.getUint8(AT.sessionDigest) - 1];
  }
  /** 0: the system's */
  get hops(): number {
    return this.#slot.getUint8(AT.hops);
  }
  /** a view over the slot */
  get sessionKey(): Uint8Array {
    const length = Math.min(MAX_SESSION_KEY_LENGTH, this.#slot.getUint16(AT.sessionLength, true));
    return this.#sessionKey.subarray(0, length);
  }
  wipe(): void {
    this.#sessionKey.fill(0);
  }
  /** 0: no report */
  get token(): number {
    return this.#slot.getUint32(AT.token, true);
  }
  get address(): Uint8Array {
    return this.#slot.getUint8(AT.family) === 4 ? this.#address4 : this.#address6;
  }
  get localAddress(): Uint8Array | undefined {
    if (this.#slot.getUint32(AT.localGiven, true) === 0) return undefined;
    return this.#slot.getUint8(AT.family) === 4 ? this.#local4 : this.#local6;
  }
}
