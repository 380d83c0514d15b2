/**
 * The few DER shapes that key files and certificates are made of, over node-forge's asn1. Owns the bounds: what is no
 * strict DER, or holds a number of more than MAX_NUMBER_BITS, is refused before anything is computed with it.
 * Source: ITU-T X.690.
 */
import forge from 'node-forge';
import { bitLength, bytesToNumber, numberToBytes } from '../numbers.js';
import { damaged, KeyFileFault } from './fault.js';

/** Larger numbers have no use here and cost minutes (a 16-kbit modulus is an attack). */
export const MAX_NUMBER_BITS = 8192;

const { asn1 } = forge;
export type Node = forge.asn1.Asn1;

const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Strict DER to a tree; `line`: for the message. Throws KeyFileFault. */
export function parseDer(der: Uint8Array, line = 1): Node {
  try {
    return asn1.fromDer(toText(der), true);
  } catch (cause) {
    throw new KeyFileFault(
      line,
      'the key is not in DER form',
      'copy the file again from where it was made, or make a new one',
      { cause },
    );
  }
}

export const encodeDer = (node: Node): Uint8Array => toBytes(asn1.toDer(node).getBytes());

const isUniversal = (node: Node, type: number): boolean =>
  node.tagClass === asn1.Class.UNIVERSAL && node.type === type;

/** The elements of a SEQUENCE. Throws KeyFileFault. */
export function sequenceItems(node: Node | undefined, line = 1): readonly Node[] {
  if (node === undefined || !isUniversal(node, asn1.Type.SEQUENCE) || typeof node.value === 'string')
    throw damaged(line, 'a part of the key is missing');
  return node.value;
}

/** The value of an INTEGER, 0 .. 2^MAX_NUMBER_BITS-1. Throws KeyFileFault. */
export function integerValue(node: Node | undefined, line = 1): bigint {
  const bytes = contentOf(node, asn1.Type.INTEGER, line);
  if (bytes.length === 0 || bytes[0]! >= 0x80) throw damaged(line, 'a number of the key is negative');
  if (bytes.length > MAX_NUMBER_BITS / 8 + 1)
    throw new KeyFileFault(
      line,
      `a number of the key has more than ${MAX_NUMBER_BITS} bits`,
      'make a new key of 2048 bits',
    );
  const value = bytesToNumber(bytes);
  if (bitLength(value) > MAX_NUMBER_BITS)
    throw new KeyFileFault(
      line,
      `a number of the key has more than ${MAX_NUMBER_BITS} bits`,
      'make a new key of 2048 bits',
    );
  return value;
}

/** The content of an OCTET STRING. Throws KeyFileFault. */
export const octets = (node: Node | undefined, line = 1): Uint8Array =>
  contentOf(node, asn1.Type.OCTETSTRING, line);

/** An OBJECT IDENTIFIER in dotted form. Throws KeyFileFault. */
export function oidText(node: Node | undefined, line = 1): string {
  const bytes = contentOf(node, asn1.Type.OID, line);
  if (bytes.length === 0 || bytes.length > 64) throw damaged(line, 'an object identifier is wrong');
  return asn1.derToOid(toText(bytes));
}

export const isInteger = (node: Node | undefined): boolean =>
  node !== undefined && isUniversal(node, asn1.Type.INTEGER);

function contentOf(node: Node | undefined, type: number, line: number): Uint8Array {
  if (node === undefined || !isUniversal(node, type) || typeof node.value !== 'string')
    throw damaged(line, 'a part of the key is missing');
  return toBytes(node.value);
}

const universal = (type: number, constructed: boolean, value: string | Node[]): Node =>
  asn1.create(asn1.Class.UNIVERSAL, type, constructed, value);

export const sequence = (...items: readonly Node[]): Node =>
  universal(asn1.Type.SEQUENCE, true, [...items]);
export const set = (...items: readonly Node[]): Node => universal(asn1.Type.SET, true, [...items]);

/** An INTEGER >= 0. */
export function integer(value: bigint | number): Node {
  const bytes = toText(numberToBytes(BigInt(value)));
  return universal(asn1.Type.INTEGER, false, bytes.charCodeAt(0) >= 0x80 ? `\0${bytes}` : bytes);
}

export const octetString = (bytes: Uint8Array): Node =>
  universal(asn1.Type.OCTETSTRING, false, toText(bytes));
/** A BIT STRING of whole bytes. */
export const bitString = (bytes: Uint8Array): Node =>
  universal(asn1.Type.BITSTRING, false, `\0${toText(bytes)}`);
export const oid = (dotted: string): Node =>
  universal(asn1.Type.OID, false, asn1.oidToDer(dotted).getBytes());
export const nothing = (): Node => universal(asn1.Type.NULL, false, '');
export const boolean = (value: boolean): Node =>
  universal(asn1.Type.BOOLEAN, false, value ? '\xff' : '\0');
export const utf8String = (text: string): Node =>
  universal(asn1.Type.UTF8, false, forge.util.encodeUtf8(text));
/** A time in its written form, `261122235705Z` or with four digits of the year. */
export const timeString = (text: string): Node =>
  universal(text.length > 13 ? asn1.Type.GENERALIZEDTIME : asn1.Type.UTCTIME, false, text);
/** `[number]` around a node. */
export const explicitly = (number: number, node: Node): Node =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, number, true, [node]);
