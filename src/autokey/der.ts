/**
 * DER, as much of it as Autokey's values need: elements with low tag numbers and definite lengths.
 * Owns the encoding alone, reads hostile bytes without throwing, copies nothing on reading and recurses nowhere; what the
 * elements mean is certificate/ and rsa-public-key.ts.
 * Source: X.690 §8 and §10 (lengths in the fewest bytes).
 */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export interface DerElement {
  readonly tag: number;
  /** tag, length and content; a view */
  readonly raw: Uint8Array;
  /** a view */
  readonly content: Uint8Array;
}

/** The element that begins at `at`; undefined: none that is whole and in DER. */
export function readElement(bytes: Uint8Array, at: number): DerElement | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const size = first & 0x7f;
    if (size === 0 || size > 3 || start + size > bytes.length) return undefined;
    length = 0;
    for (let i = 0; i < size; i += 1) length = (length << 8) | (bytes[start + i] ?? 0);
    if (length < 0x80 || length < 1 << (8 * (size - 1))) return undefined;
    start += size;
  }
  if (length > bytes.length - start) return undefined;
  return { tag, raw: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) };
}

/** The elements that fill `content` to its last byte, at most `max` of them. */
export function readElements(content: Uint8Array, max = 64): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let at = 0; at < content.length; ) {
    const element = readElement(content, at);
    if (element === undefined || elements.length === max) return undefined;
    elements.push(element);
    at += element.raw.length;
  }
  return elements;
}

/** The only element of `bytes`, of this tag. */
export function readOnly(bytes: Uint8Array, tag: number): DerElement | undefined {
  const element = readElement(bytes, 0);
  return element?.tag === tag && element.raw.length === bytes.length ? element : undefined;
}

/** The elements of the SEQUENCE that `bytes` is. */
export function readSequence(bytes: Uint8Array, max = 64): readonly DerElement[] | undefined {
  const sequence = readOnly(bytes, TAG.sequence);
  return sequence && readElements(sequence.content, max);
}

/** Big-endian bytes as a number >= 0; no bytes: 0. */
export const unsignedFromBytes = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** A number >= 0 in the fewest big-endian bytes; 0: no byte. */
export function unsignedToBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return Uint8Array.from(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
}

/** An INTEGER of at most `maxBytes`, of either sign, in the fewest bytes. */
export function readInteger(element: DerElement | undefined, maxBytes: number): bigint | undefined {
  if (element?.tag !== TAG.integer) return undefined;
  const { content } = element;
  const [first, second] = content;
  if (first === undefined || content.length > maxBytes) return undefined;
  if (second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80))
    return undefined;
  const value = unsignedFromBytes(content);
  return first < 0x80 ? value : value - (1n << BigInt(8 * content.length));
}

/** An OBJECT IDENTIFIER in dotted decimals; arcs up to 2^32. */
export function readOid(element: DerElement | undefined): string | undefined {
  if (element?.tag !== TAG.oid || element.content.length === 0 || element.content.length > 32)
    return undefined;
  const arcs: number[] = [];
  let arc = 0;
  let isOpen = false;
  for (const byte of element.content) {
    if ((!isOpen && byte === 0x80) || arc >= 2 ** 25) return undefined;
    arc = arc * 128 + (byte & 0x7f);
    isOpen = byte >= 0x80;
    if (isOpen) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - 40 * root);
    } else arcs.push(arc);
    arc = 0;
  }
  return isOpen ? undefined : arcs.join('.');
}

/** An element of this tag around the parts. */
export function derElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const head = [tag];
  if (length < 0x80) head.push(length);
  else if (length < 0x100) head.push(0x81, length);
  else if (length < 0x10000) head.push(0x82, length >> 8, length & 0xff);
  else head.push(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const derSequence = (...parts: readonly Uint8Array[]): Uint8Array =>
  derElement(TAG.sequence, ...parts);

/** INTEGER of a number >= 0. */
export function derInteger(value: bigint): Uint8Array {
  const bytes = unsignedToBytes(value);
  const first = bytes[0];
  return first === undefined || first >= 0x80
    ? derElement(TAG.integer, Uint8Array.of(0), bytes)
    : derElement(TAG.integer, bytes);
}

/** OBJECT IDENTIFIER of dotted decimals. */
export function derOid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [40 * root + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) + 128);
    bytes.push(...groups);
  }
  return derElement(TAG.oid, Uint8Array.from(bytes));
}
