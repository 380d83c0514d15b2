/**
 * Addresses of sources as text, compared and classed. The text forms are units/address.ts's; resolves no names.
 */
import { formatAddress, parseAddress as parseLiteral } from '../units/address.js';

/** 4 or 16 bytes, or undefined when `text` is no numeric address. A zone ("%eth0") is allowed and left out. */
export const parseAddress = (text: string): Uint8Array | undefined => parseLiteral(text)?.bytes;

export const isNumeric = (text: string): boolean => parseAddress(text) !== undefined;

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** One spelling for each address, for comparing; text that is no address is answered as it is. */
export function canonicalAddress(text: string): string {
  const bytes = parseAddress(text);
  if (bytes === undefined) return text;
  if (bytes.length === 4) return formatAddress(bytes);
  // An IPv4-mapped address is the IPv4 address.
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return formatAddress(bytes.subarray(12));
  const zone = text.includes('%') ? text.slice(text.indexOf('%')) : '';
  return formatAddress(bytes) + zone;
}
