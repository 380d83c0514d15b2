/**
 * UBX-SEC-UNIQID (27 03): the chip's own number. 9 bytes (version 1), 10 bytes (version 2).
 *
 *   offset type  field
 *   0      U1    version          1 or 2
 *   1      -     reserved (3)
 *   4      U1[n] uniqueId         n = 5 (version 1), 6 (version 2)
 *
 * Source: u-blox M8 and M10 interface descriptions, UBX-SEC-UNIQID.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';

export interface SecUniqId {
  readonly version: number;
  /** hex digits, lower case, most significant first as sent */
  readonly id: string;
}

const HEAD = 4;

export function decodeSecUniqId(payload: DataView): Decoded<SecUniqId> {
  if (payload.byteLength < HEAD + 5) return reject('too-short');
  const version = payload.getUint8(0);
  const size = version === 1 ? 5 : 6;
  if (payload.byteLength < HEAD + size) return reject('bad-length');
  let id = '';
  for (let i = 0; i < size; i += 1)
    id += payload
      .getUint8(HEAD + i)
      .toString(16)
      .padStart(2, '0');
  return accept({ version, id });
}

export function encodeSecUniqId(unique: SecUniqId): Uint8Array {
  const bytes = Buffer.from(unique.id, 'hex');
  return Uint8Array.from([unique.version, 0, 0, 0, ...bytes]);
}
