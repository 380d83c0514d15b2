/**
 * Packets of the flood bench: requests of dances from many addresses, with MACs as clients make them, and a client's packets
 * with its cookie. Bytes only.
 */
import { randomBytes } from 'node:crypto';
import { fieldBytes, requestHeader } from '../src/autokey/dance/field.js';
import { sessionMacLength } from '../src/autokey/digest.js';
import { appendSessionMac, sessionKey } from '../src/autokey/session-key.js';
import { unsignedValue } from '../src/autokey/value.js';
import { AT, HEADER_LENGTH, LEAP, MODE, setFlags } from '../src/wire/header.js';

export const SERVER = Uint8Array.of(127, 0, 0, 1);
export const CLIENT = Uint8Array.of(127, 0, 0, 1);
const DIGEST = 'MD5';
const FIRST_KEY_ID = 65_536;
const ROOM = 2120;

/** One address of the flood. */
export interface FloodSender {
  readonly source: Uint8Array;
  /** a question whose answer is no longer than itself, by which the server learns that the address is real */
  readonly hello: Uint8Array;
  /** a GQ challenge and a COOKIE request */
  readonly requests: readonly Uint8Array[];
}

/** A client's packet, sealed: with a field the private value is 0. */
function clientPacket(
  source: Uint8Array,
  keyId: number,
  privateValue: number,
  field?: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(ROOM);
  const view = new DataView(bytes.buffer);
  setFlags(view, LEAP.none, 4, MODE.client);
  view.setBigUint64(AT.transmitTime, 1n);
  if (field !== undefined) bytes.set(field, HEADER_LENGTH);
  const key = sessionKey(DIGEST, source, SERVER, keyId, privateValue);
  const length = appendSessionMac(DIGEST, key, keyId, bytes, HEADER_LENGTH + (field?.length ?? 0));
  return bytes.slice(0, length);
}

/** Senders with addresses of their own in 127.0.0.0/8. */
export function floodSenders(
  count: number,
  publicDer: Uint8Array,
  challengeBytes: number,
  filestamp: number,
): FloodSender[] {
  return Array.from({ length: count }, (_, i) => {
    // 127.0 is left to those who measure.
    const source = Uint8Array.of(127, 1 + (i % 250), (i >> 3) & 255, 1 + (i % 253));
    const packet = (operation: 'assoc' | 'gq' | 'cookie', stamp: number, value: Uint8Array) => {
      const field = fieldBytes(requestHeader(operation, 1 + (i & 0x7fff)), unsignedValue(0, stamp, value));
      return clientPacket(source, keyIdOf(i), 0, field);
    };
    return {
      source,
      hello: packet('assoc', 0x029c_0001, Buffer.from(`flood-${i}`.padEnd(64, 'x'))),
      requests: [packet('gq', filestamp, challenge(challengeBytes)), packet('cookie', 0, publicDer)],
    };
  });
}

const keyIdOf = (sender: number): number => FIRST_KEY_ID + sender;

/** Writes into a sender's packet when it was answered last, and seals it again. */
export function repeatIn(bytes: Uint8Array, source: Uint8Array, transmitTime: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigUint64(AT.originTime, transmitTime);
  const length = bytes.length - sessionMacLength(DIGEST);
  const keyId = view.getUint32(length);
  appendSessionMac(DIGEST, sessionKey(DIGEST, source, SERVER, keyId, 0), keyId, bytes, length);
}

/** Below every modulus of that length. */
function challenge(bytes: number): Uint8Array {
  const value = new Uint8Array(randomBytes(bytes));
  value[0] = ((value[0] ?? 0) & 0x3f) | 0x20;
  return value;
}

export const plainPacket = (): Uint8Array => clientPacket(CLIENT, FIRST_KEY_ID, 0).slice(0, HEADER_LENGTH);
/** The MAC is to be made anew when the transmit time is written: sealAgain. */
export const cookiePacket = (cookie: number): Uint8Array => clientPacket(CLIENT, FIRST_KEY_ID, cookie);
export const cookieRequest = (publicDer: Uint8Array): Uint8Array =>
  clientPacket(
    CLIENT,
    FIRST_KEY_ID,
    0,
    fieldBytes(requestHeader('cookie', 1), unsignedValue(0, 0, publicDer)),
  );

/** Seals packets of this client's one after another. */
export function cookieSealer(cookie: number): (bytes: Uint8Array) => void {
  const key = sessionKey(DIGEST, CLIENT, SERVER, FIRST_KEY_ID, cookie);
  return (bytes) => {
    appendSessionMac(DIGEST, key, FIRST_KEY_ID, bytes, HEADER_LENGTH);
  };
}
