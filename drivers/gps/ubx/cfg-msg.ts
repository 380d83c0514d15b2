/**
 * UBX-CFG-MSG (06 01): how often a message is sent, in solutions; 0: never.
 *
 *   poll    2 bytes: class, id of the message
 *   answer  8 bytes: class, id, rate on each port (DDC, UART1, UART2, USB, SPI, reserved)
 *   set     3 bytes: class, id, rate on the port that this comes through
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-MSG.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';

/** `message`: class << 8 | id. */
export interface MessageRates {
  readonly message: number;
  /** by portID */
  readonly rates: readonly number[];
}

const PORTS = 6;

export const encodeMessagePoll = (message: number): Uint8Array => Uint8Array.of(message >> 8, message & 0xff);

export const encodeMessageRate = (message: number, rate: number): Uint8Array =>
  Uint8Array.of(message >> 8, message & 0xff, rate);

export function decodeMessageRates(payload: DataView): Decoded<MessageRates> {
  if (payload.byteLength !== 2 + PORTS) return reject('bad-length');
  const rates = Array.from({ length: PORTS }, (_, i) => payload.getUint8(2 + i));
  return accept({ message: payload.getUint16(0), rates });
}

export const encodeMessageRates = ({ message, rates }: MessageRates): Uint8Array =>
  Uint8Array.of(message >> 8, message & 0xff, ...Array.from({ length: PORTS }, (_, i) => rates[i] ?? 0));
