/**
 * Answers on the wire: GQ and IFF send SEQUENCE { INTEGER y, INTEGER hash }, the shape of a DSA signature; MV sends
 * SEQUENCE { INTEGER p, INTEGER q, INTEGER g }, that of DSA parameters (autokey-reference.md §5, table of operations).
 *
 *   30 len  { 02 len value }...      DER (X.690): lengths and values in their shortest form, values not negative
 *
 * Decoding refuses any other form, and sizes above LIMITS before a number is made.
 */
import { accept, type Decoded, reject } from '../../units/decoded.js';
import { toBytes, toInteger } from '../powers/integers.js';
import { LIMITS } from './bounds.js';
import type { MvProof, ProofPair } from './types.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const MAX_INTEGER_BYTES = LIMITS.maxModulusBits / 8;

export function decodeProofPair(bytes: Uint8Array): Decoded<ProofPair> {
  const decoded = decodeIntegers(bytes, 2);
  if (!decoded.ok) return decoded;
  const [y = 0n, hash = 0n] = decoded.value;
  return accept({ y, hash });
}

export function encodeProofPair({ y, hash }: ProofPair): Uint8Array {
  return encodeIntegerBytes([toBytes(y), toBytes(hash)]);
}

export function decodeMvProof(bytes: Uint8Array): Decoded<MvProof> {
  const decoded = decodeIntegers(bytes, 3);
  if (!decoded.ok) return decoded;
  const [p = 0n, q = 0n, g = 0n] = decoded.value;
  return accept({ p, q, g });
}

export function encodeMvProof({ p, q, g }: MvProof): Uint8Array {
  return encodeIntegerBytes([p, q, g].map(toBytes));
}

function decodeIntegers(bytes: Uint8Array, count: number): Decoded<bigint[]> {
  const outer = header(bytes, 0, SEQUENCE);
  if (!outer.ok) return outer;
  const end = outer.value.start + outer.value.length;
  if (end > bytes.length) return reject('too-short');
  if (end < bytes.length) return reject('too-long');
  const values: bigint[] = [];
  let at = outer.value.start;
  for (let i = 0; i < count; i += 1) {
    const inner = header(bytes, at, INTEGER);
    if (!inner.ok) return inner;
    const { start, length } = inner.value;
    if (start + length > bytes.length || length === 0) return reject('too-short');
    if (length > MAX_INTEGER_BYTES + 1) return reject('too-long');
    const first = bytes[start] ?? 0;
    const isPadded = length > 1 && first === 0 && (bytes[start + 1] ?? 0) < 0x80;
    if (first >= 0x80 || isPadded) return reject('bad-field');
    values.push(toInteger(bytes.subarray(start, start + length)));
    at = start + length;
  }
  return at === end ? accept(values) : reject('bad-length');
}

function header(
  bytes: Uint8Array,
  at: number,
  tag: number,
): Decoded<{ readonly start: number; readonly length: number }> {
  const first = bytes[at + 1];
  if (first === undefined) return reject('too-short');
  if (bytes[at] !== tag) return reject('unknown-type');
  if (first < 0x80) return accept({ start: at + 2, length: first });
  const width = first - 0x80;
  // Two bytes of length reach 65535, far beyond any packet.
  if (width < 1 || width > 2) return reject('bad-length');
  if (at + 2 + width > bytes.length) return reject('too-short');
  const length = width === 1 ? (bytes[at + 2] ?? 0) : (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
  if (length < (width === 1 ? 0x80 : 0x100)) return reject('bad-length');
  return accept({ start: at + 2 + width, length });
}

/**
 * SEQUENCE of unsigned big-endian numbers, leading zeros allowed; each of at most 65,000 bytes. One allocation: the answer's
 * way on a small board.
 */
export function encodeIntegerBytes(numbers: readonly Uint8Array[]): Uint8Array {
  let content = 0;
  for (const number of numbers) {
    const length = integerLength(number);
    content += headerLength(length) + length;
  }
  const out = new Uint8Array(headerLength(content) + content);
  let at = writeHeader(out, 0, SEQUENCE, content);
  for (const number of numbers) {
    const length = integerLength(number);
    at = writeHeader(out, at, INTEGER, length) + length;
    const start = leadingZeros(number);
    for (let i = number.length - 1, to = at - 1; i >= start; i -= 1, to -= 1) out[to] = number[i] ?? 0;
  }
  return out;
}

function leadingZeros(number: Uint8Array): number {
  let start = 0;
  while (start < number.length && number[start] === 0) start += 1;
  return start;
}

/** Content of an INTEGER: a zero in front when the top bit is set, or when there is nothing else. */
function integerLength(number: Uint8Array): number {
  const start = leadingZeros(number);
  return number.length - start + ((number[start] ?? 0x80) >= 0x80 ? 1 : 0);
}

const headerLength = (length: number): number => (length < 0x80 ? 2 : length < 0x100 ? 3 : 4);

function writeHeader(out: Uint8Array, at: number, tag: number, length: number): number {
  out[at] = tag;
  if (length < 0x80) out[at + 1] = length;
  else if (length < 0x100) {
    out[at + 1] = 0x81;
    out[at + 2] = length;
  } else {
    out[at + 1] = 0x82;
    out[at + 2] = length >> 8;
    out[at + 3] = length & 0xff;
  }
  return at + headerLength(length);
}
