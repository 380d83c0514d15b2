/**
 * Addresses of sources as text, compared and classed. The text forms are units/address.ts's; resolves no names.
 */
import { formatAddress, parseAddress as parseLiteral } from '../units/address.js';

/** 4 or 16 bytes, or undefined when `text` is no numeric address. A zone ("%eth0") is allowed and left out. */
export const parseAddress = (text: string): Uint8Array | undefined => parseLiteral(text)?.bytes;

export const isNumeric = (text: string): boolean => parseAddress(text) !== undefined;

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/**
 * Does it belong to whoever runs this machine, by its form: loopback, private (RFC 1918), link-local (RFC 3927, RFC 4291
 * §2.5.6) or unique local (RFC 4193)?
 */
export function isOwnNetwork(text: string): boolean {
  const [a = 0, b = 0] = parseAddress(canonicalAddress(text)) ?? [];
  if (familyOf(canonicalAddress(text)) === 6)
    return isLoopback(canonicalAddress(text)) || (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80);
  return (
    a === 10 ||
    a === 127 ||
    (a === 172 && b >> 4 === 1) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254)
  );
}

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

/** The /24 or /56 of an address of 4 or 16 bytes, as hex: who sends from there counts as one (autokey/budget.ts). */
export const networkPrefix = (address: Uint8Array): string =>
  Buffer.from(address.subarray(0, address.length === 4 ? 3 : 7)).toString('hex');
