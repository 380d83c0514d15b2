/**
 * An address with an optional prefix length, as the keys file's fourth column lists them.
 */
import { parseAddress } from '../units/address.js';

export interface AddressRange {
  /** network order, 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

/** Does the range hold the address (network order, 4 or 16 bytes)? Allocates nothing. */
export function isInRange({ address: prefix, prefixLength }: AddressRange, address: Uint8Array): boolean {
  if (prefix.length !== address.length) return false;
  const whole = prefixLength >> 3;
  for (let i = 0; i < whole; i += 1) if (prefix[i] !== address[i]) return false;
  const rest = prefixLength & 7;
  return rest === 0 || ((prefix[whole] ?? 0) ^ (address[whole] ?? 0)) >> (8 - rest) === 0;
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`, `[2001:db8::1]`; undefined: none of these (a zone is not taken). */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const literal = parseAddress(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host);
  if (literal === undefined || literal.zone !== undefined) return undefined;
  const address = literal.bytes;
  if (slash < 0) return { address, prefixLength: address.length * 8 };
  const bits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > address.length * 8) return undefined;
  return { address, prefixLength: Number(bits) };
}
