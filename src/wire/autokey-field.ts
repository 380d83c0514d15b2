/**
 * The Autokey extension field: header, and the signed value it may carry. What a value means for each operation is
 * autokey's business; nothing is verified here.
 *
 * | offset | size | field                                                                           |
 * | ------ | ---- | ------------------------------------------------------------------------------- |
 * |      0 |    2 | 0x8000 response, 0x4000 error, 0x3f00 version (2), 0x003f operation              |
 * |      2 |    2 | length of the whole field                                                        |
 * |      4 |    4 | association ID                                                                   |
 * |      8 |    4 | timestamp: NTP seconds of the signature, 0 unsigned; the field may end before it |
 * |     12 |    4 | filestamp: NTP seconds; in ASSOC the status word                                 |
 * |     16 |    4 | value length                                                                     |
 * |     20 |    v | value, zero padded to 4                                                          |
 * |      . |    4 | signature length, 0: none                                                        |
 * |      . |    s | signature over offset 8 up to the value's last byte, zero padded to 4            |
 *
 * Source: RFC 5906 §10 figures 7 and 8; autokey-reference.md §5 (ntpd 4.2.8p15, which takes a field that is longer than
 * its contents, and one that ends right behind the value).
 */
import { accept, type Decoded, reject } from '../units/decoded.js';

export const AUTOKEY_VERSION = 2;
export const AUTOKEY_HEADER_LENGTH = 8;
const VALUE_AT = 20;

/** RFC 5906 §10 and the reference's numbering. */
export const AUTOKEY_OPERATION = {
  null: 0,
  assoc: 1,
  cert: 2,
  cookie: 3,
  autokey: 4,
  leap: 5,
  sign: 6,
  iff: 7,
  gq: 8,
  mv: 9,
} as const;
export type AutokeyOperationName = keyof typeof AUTOKEY_OPERATION;

const operationNames = new Map<number, AutokeyOperationName>(
  (Object.keys(AUTOKEY_OPERATION) as AutokeyOperationName[]).map((name) => [AUTOKEY_OPERATION[name], name]),
);
/** Name of an operation; undefined: none of ours. */
export const autokeyOperationName = (operation: number): AutokeyOperationName | undefined =>
  operationNames.get(operation);

export interface AutokeyHeader {
  readonly response: boolean;
  readonly error: boolean;
  /** 0..63; 2 is the one in use */
  readonly version: number;
  /** 0..63 */
  readonly operation: number;
  /** 0 .. 2^32-1 */
  readonly associationId: number;
}

export interface AutokeyValue {
  /** NTP seconds, 0: not signed */
  readonly timestamp: number;
  /** NTP seconds; ASSOC: status word */
  readonly filestamp: number;
  /** without padding */
  readonly value: Uint8Array;
  /** empty: none */
  readonly signature: Uint8Array;
}

export interface AutokeyField extends AutokeyHeader {
  /** of the whole field */
  readonly length: number;
  /** undefined: an 8-byte field */
  readonly body: AutokeyValue | undefined;
}

/** The first 8 bytes at `at`, which must be there; enough to answer a field whose rest is wrong. */
export function decodeAutokeyHeader(view: DataView, at: number): AutokeyHeader {
  const type = view.getUint16(at);
  return {
    response: (type & 0x8000) !== 0,
    error: (type & 0x4000) !== 0,
    version: (type >> 8) & 0x3f,
    operation: type & 0x3f,
    associationId: view.getUint32(at + 4),
  };
}

/**
 * The field of `length` bytes at `at`. Value and signature are views over the packet. Refuses: shorter than 8 or not
 * all there (too-short), no multiple of 4 (bad-length), a value or signature that does not fit (bad-field).
 */
export function decodeAutokeyField(view: DataView, at: number, length: number): Decoded<AutokeyField> {
  if (length < AUTOKEY_HEADER_LENGTH || at + length > view.byteLength) return reject('too-short');
  if ((length & 3) !== 0) return reject('bad-length');
  const header = decodeAutokeyHeader(view, at);
  if (length === AUTOKEY_HEADER_LENGTH) return accept({ ...header, length, body: undefined });
  if (length < VALUE_AT) return reject('bad-field');
  const valueLength = view.getUint32(at + 16);
  if (valueLength > length - VALUE_AT) return reject('bad-field');
  const signatureLengthAt = VALUE_AT + ((valueLength + 3) & ~3);
  let signatureLength = 0;
  if (signatureLengthAt + 4 <= length) {
    signatureLength = view.getUint32(at + signatureLengthAt);
    if (signatureLength > length - signatureLengthAt - 4) return reject('bad-field');
  }
  const start = view.byteOffset + at;
  return accept({
    ...header,
    length,
    body: {
      timestamp: view.getUint32(at + 8),
      filestamp: view.getUint32(at + 12),
      value: new Uint8Array(view.buffer, start + VALUE_AT, valueLength),
      signature: new Uint8Array(
        view.buffer,
        start + (signatureLength === 0 ? VALUE_AT : signatureLengthAt + 4),
        signatureLength,
      ),
    },
  });
}

/** The bytes a signature is made over, as they stand in a packet: timestamp .. value, without padding. */
export const signedPart = (view: DataView, at: number, valueLength: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + at + 8, VALUE_AT - 8 + valueLength);

/** The bytes a signature is made over, for a value that stands in no packet yet. */
export function signedBytes(timestamp: number, filestamp: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(VALUE_AT - 8 + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, timestamp);
  view.setUint32(4, filestamp);
  view.setUint32(8, value.length);
  bytes.set(value, VALUE_AT - 8);
  return bytes;
}

/** Length on the wire of a field with this body. */
export const autokeyFieldLength = (body: AutokeyValue | undefined): number =>
  body === undefined
    ? AUTOKEY_HEADER_LENGTH
    : VALUE_AT + ((body.value.length + 3) & ~3) + 4 + ((body.signature.length + 3) & ~3);

/**
 * Writes the field at `at` of a buffer with room for it and answers where the next one begins. `length`: as given, for
 * a field longer than its contents; by default just what they need.
 */
export function encodeAutokeyField(
  header: AutokeyHeader,
  body: AutokeyValue | undefined,
  view: DataView,
  at: number,
  length: number = autokeyFieldLength(body),
): number {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  bytes.fill(0);
  view.setUint16(
    at,
    (header.response ? 0x8000 : 0) |
      (header.error ? 0x4000 : 0) |
      ((header.version & 0x3f) << 8) |
      (header.operation & 0x3f),
  );
  view.setUint16(at + 2, length);
  view.setUint32(at + 4, header.associationId);
  if (body === undefined) return at + length;
  view.setUint32(at + 8, body.timestamp);
  view.setUint32(at + 12, body.filestamp);
  view.setUint32(at + 16, body.value.length);
  bytes.set(body.value, VALUE_AT);
  const signatureLengthAt = VALUE_AT + ((body.value.length + 3) & ~3);
  if (signatureLengthAt + 4 <= length) {
    view.setUint32(at + signatureLengthAt, body.signature.length);
    bytes.set(body.signature, signatureLengthAt + 4);
  }
  return at + length;
}
