/**
 * Extension fields between header and MAC, in both dialects: the frame alone (type, length, body), not the contents.
 * mac-trailer.ts's scanTail has found how many there are and that their lengths hold together.
 *
 * | offset | size       | field                                                                  |
 * | ------ | ---------- | ---------------------------------------------------------------------- |
 * |      0 | 2          | type (Autokey: code, version and operation, autokey-field.ts)          |
 * |      2 | 2          | length of the whole field, a multiple of 4                             |
 * |      4 | length - 4 | body, padded with zeros                                                |
 *
 * RFC 7822 §7.5: at least 16 bytes, and 28 for the last one of a packet without MAC. Autokey knows neither rule: its
 * fields have at least 8 bytes (RFC 5906 §10, ntpd 4.2.8p15), and its packets always carry a MAC.
 */
import { accept, type Decoded, reject } from '../units/decoded.js';
import { MAX_FILE_KEY_ID, MIN_FIELD_LENGTH, type PacketTail, scanTail } from './mac-trailer.js';

export type FieldDialect = 'autokey' | 'rfc7822';

/** RFC 7822 §7.5. */
export const MIN_RFC7822_FIELD = 16;
export const MIN_LAST_RFC7822_FIELD = 28;
const FIELD_HEADER = 4;

export interface ExtensionField {
  /** 0..65535 */
  readonly type: number;
  /** offset of the field in the packet */
  readonly at: number;
  /** of the whole field, its four bytes of frame included */
  readonly length: number;
  /** a view over the packet, padding included, length - 4 bytes */
  readonly body: Uint8Array;
}

/**
 * Which dialect the fields of a scanned packet are in. Type numbers cannot tell (0x0204 is Autokey's AUTO request and
 * an NTS cookie), the MAC can: session keys of Autokey have IDs above 65535 (RFC 5906 §10.1), and NTS has no MAC.
 */
export const dialectOf = (tail: Readonly<PacketTail>): FieldDialect =>
  tail.keyId > MAX_FILE_KEY_ID ? 'autokey' : 'rfc7822';

/**
 * The fields of a packet whose tail has been scanned without failure. Refuses a field that RFC 7822 finds too short
 * ('bad-field'), when that is the dialect.
 */
export function decodeFields(
  view: DataView,
  tail: Readonly<PacketTail>,
  dialect: FieldDialect = dialectOf(tail),
): Decoded<readonly ExtensionField[]> {
  const fields: ExtensionField[] = [];
  const cursor = newCursor(tail);
  while (nextField(view, cursor)) {
    if (dialect === 'rfc7822' && cursor.length < MIN_RFC7822_FIELD) return reject('bad-field');
    fields.push({
      type: cursor.type,
      at: cursor.at,
      length: cursor.length,
      body: new Uint8Array(
        view.buffer,
        view.byteOffset + cursor.at + FIELD_HEADER,
        cursor.length - FIELD_HEADER,
      ),
    });
  }
  return accept(fields);
}

/** Walks the fields without allocating: made once, set to a packet by startFields. */
export interface FieldCursor {
  at: number;
  length: number;
  type: number;
  /** where the next field begins */
  next: number;
  /** where the last one ends */
  end: number;
}

const HEADER_END = 48;

export const newCursor = (tail: Readonly<PacketTail>): FieldCursor => ({
  at: HEADER_END,
  length: 0,
  type: 0,
  next: HEADER_END,
  end: tail.macAt,
});

/** Sets a cursor before the first field of a scanned packet. */
export function startFields(cursor: FieldCursor, tail: Readonly<PacketTail>): void {
  cursor.next = HEADER_END;
  cursor.end = tail.macAt;
}

/** Moves to the next field; false: there is none. Ends as well on a length that scanTail would have refused. */
export function nextField(view: DataView, cursor: FieldCursor): boolean {
  const left = Math.min(cursor.end, view.byteLength) - cursor.next;
  if (left < MIN_FIELD_LENGTH) return false;
  const length = view.getUint16(cursor.next + 2);
  if (length < MIN_FIELD_LENGTH || (length & 3) !== 0 || length > left) return false;
  cursor.at = cursor.next;
  cursor.type = view.getUint16(cursor.at);
  cursor.length = length;
  cursor.next = cursor.at + length;
  return true;
}

/** Length on the wire of a field with a body of so many bytes. */
export function fieldLength(bodyLength: number, dialect: FieldDialect, isLastWithoutMac: boolean): number {
  const padded = (FIELD_HEADER + bodyLength + 3) & ~3;
  if (dialect === 'autokey') return Math.max(padded, MIN_FIELD_LENGTH);
  return Math.max(padded, isLastWithoutMac ? MIN_LAST_RFC7822_FIELD : MIN_RFC7822_FIELD);
}

/**
 * Writes a field at `at` of a buffer that has room for it, padded with zeros to what the dialect asks for; answers where
 * the next one begins. `isLastWithoutMac`: nothing follows it in the packet (RFC 7822 then asks for 28 bytes).
 */
export function encodeField(
  view: DataView,
  at: number,
  type: number,
  body: Uint8Array,
  dialect: FieldDialect,
  isLastWithoutMac = false,
): number {
  const length = fieldLength(body.length, dialect, isLastWithoutMac);
  view.setUint16(at, type);
  view.setUint16(at + 2, length);
  const target = new Uint8Array(view.buffer, view.byteOffset + at + FIELD_HEADER, length - FIELD_HEADER);
  target.set(body);
  target.fill(0, body.length);
  return at + length;
}

/** Scans a packet and decodes its fields in one go, for code off the hot path. */
export function decodePacketFields(
  view: DataView,
  length: number,
  tail: PacketTail,
): Decoded<readonly ExtensionField[]> {
  const failure = scanTail(view, length, tail);
  return failure === undefined ? decodeFields(view, tail) : reject(failure);
}
