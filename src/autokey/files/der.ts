/**
 * DER of key files: autokey/der.ts with faults that name a line, and a bound on every number. What holds a number of
 * more than MAX_NUMBER_BITS is refused before anything is computed with it.
 */
import { type DerElement, readElement, readElements, readInteger, readOid, TAG } from '../der.js';
import { bitLength } from '../powers/integers.js';
import { damaged, KeyFileFault } from './fault.js';

/** Larger numbers have no use here and cost minutes (a 16-kbit modulus is an attack). */
export const MAX_NUMBER_BITS = 8192;
const MAX_ITEMS = 16;

/** The one element that the bytes are. Throws KeyFileFault. */
export function parseDer(der: Uint8Array, line: number): DerElement {
  const element = readElement(der, 0);
  if (element === undefined || element.raw.length !== der.length)
    throw damaged(line, 'the key is not in DER form');
  return element;
}

/** The elements of a SEQUENCE. Throws KeyFileFault. */
export function sequenceItems(element: DerElement | undefined, line: number): readonly DerElement[] {
  const items = element?.tag === TAG.sequence ? readElements(element.content, MAX_ITEMS) : undefined;
  if (items === undefined) throw damaged(line, 'a part of the key is missing');
  return items;
}

/** The value of an INTEGER, 0 .. 2^MAX_NUMBER_BITS-1. Throws KeyFileFault. */
export function integerValue(element: DerElement | undefined, line: number): bigint {
  if (element?.tag !== TAG.integer) throw damaged(line, 'a number of the key is missing');
  const value =
    element.content.length > MAX_NUMBER_BITS / 8 + 1
      ? undefined
      : readInteger(element, MAX_NUMBER_BITS / 8 + 1);
  if (
    element.content.length > MAX_NUMBER_BITS / 8 + 1 ||
    (value !== undefined && bitLength(value) > MAX_NUMBER_BITS)
  )
    throw new KeyFileFault(
      line,
      `a number of the key has more than ${MAX_NUMBER_BITS} bits`,
      'make a new key of 2048 bits',
    );
  if (value === undefined || value < 0n) throw damaged(line, 'a number of the key is negative or not in DER');
  return value;
}

/** The content of an OCTET STRING. Throws KeyFileFault. */
export function octets(element: DerElement | undefined, line: number): Uint8Array {
  if (element?.tag !== TAG.octetString) throw damaged(line, 'a part of the key is missing');
  return element.content;
}

/** An OBJECT IDENTIFIER in dotted form. Throws KeyFileFault. */
export function oidText(element: DerElement | undefined, line: number): string {
  const text = readOid(element);
  if (text === undefined) throw damaged(line, 'an object identifier is wrong');
  return text;
}

export const isInteger = (element: DerElement): boolean => element.tag === TAG.integer;
