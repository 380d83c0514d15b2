/** Extension fields as the dances make them: one message, its header and body, as bytes ready for a packet. */
import {
  AUTOKEY_OPERATION,
  AUTOKEY_VERSION,
  type AutokeyHeader,
  type AutokeyOperationName,
  type AutokeyValue,
  autokeyFieldLength,
  encodeAutokeyField,
} from '../../wire/autokey-field.js';
import { HEADER_LENGTH } from '../../wire/header.js';
import { MAX_LENGTH_BEFORE_MAC } from '../session-key.js';

/** A packet with one field of ours is never longer than what the reference takes. */
export const MAX_SENT_FIELD = MAX_LENGTH_BEFORE_MAC - HEADER_LENGTH;

/** The bytes of a field. */
export function fieldBytes(header: AutokeyHeader, body: AutokeyValue | undefined): Uint8Array {
  const bytes = new Uint8Array(autokeyFieldLength(body));
  encodeAutokeyField(header, body, new DataView(bytes.buffer), 0);
  return bytes;
}

/** A question of ours. */
export const requestHeader = (operation: AutokeyOperationName, associationId: number): AutokeyHeader => ({
  response: false,
  error: false,
  version: AUTOKEY_VERSION,
  operation: AUTOKEY_OPERATION[operation],
  associationId,
});

/** The first word of a field: code and length, as cryptostats shows it. */
export const fieldWord = (header: AutokeyHeader, length: number): number =>
  ((header.response ? 0x8000_0000 : 0) |
    (header.error ? 0x4000_0000 : 0) |
    (header.version << 24) |
    (header.operation << 16) |
    (length & 0xffff)) >>>
  0;
