/**
 * Extension fields as the dances make them: one message, its header and body, as bytes ready for a packet, or as a draft
 * whose signature is made elsewhere in its own time (private-key work is the crypto thread's).
 */
import {
  AUTOKEY_OPERATION,
  AUTOKEY_VERSION,
  type AutokeyHeader,
  type AutokeyOperationName,
  type AutokeyValue,
  autokeyFieldLength,
  encodeAutokeyField,
  signedBytes,
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

/** A field that can be sent, or one that still lacks the signature over `toSign`. */
export type FieldDraft =
  | { readonly kind: 'ready'; readonly field: Uint8Array }
  | {
      readonly kind: 'unsigned';
      /** for PKCS#1 v1.5 with our sign key and our certificate's digest */
      readonly toSign: Uint8Array;
      /** The bytes of the field. */
      finish(signature: Uint8Array): Uint8Array;
    };

export const readyField = (header: AutokeyHeader, body: AutokeyValue | undefined): FieldDraft => ({
  kind: 'ready',
  field: fieldBytes(header, body),
});

/** The draft of a field with a value signed at `timestamp` (NTP seconds, not 0). */
export const unsignedField = (
  header: AutokeyHeader,
  timestamp: number,
  filestamp: number,
  value: Uint8Array,
): FieldDraft => ({
  kind: 'unsigned',
  toSign: signedBytes(timestamp, filestamp, value),
  finish: (signature) => fieldBytes(header, { timestamp, filestamp, value, signature }),
});

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
