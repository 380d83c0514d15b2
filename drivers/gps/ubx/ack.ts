/**
 * UBX-ACK-ACK (05 01) and UBX-ACK-NAK (05 00): the answer to a configuration message. 2 bytes.
 *
 *   offset type field
 *   0      U1   clsID            class of the message answered
 *   1      U1   msgID            its id
 *
 * Source: u-blox M8 interface description, UBX-ACK.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';

export interface Ack {
  /** class << 8 | id of the message answered */
  readonly message: number;
}

export function decodeAck(payload: DataView): Decoded<Ack> {
  return payload.byteLength === 2 ? accept({ message: payload.getUint16(0) }) : reject('bad-length');
}

export const encodeAck = (ack: Ack): Uint8Array => Uint8Array.from([ack.message >> 8, ack.message & 0xff]);
