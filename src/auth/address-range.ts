/**
 * An address with an optional prefix length, as the keys file's fourth column lists them.
 */
import { isIP } from 'node:net';

export interface AddressRange {
  /** network order, 4 or 16 bytes */
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`, `[2001:db8::1]`; undefined: none of these (a zone is not taken). */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host);
  if (address === undefined) return undefined;
  if (slash < 0) return { address, prefixLength: address.length * 8 };
  const bits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > address.length * 8) return undefined;
  return { address, prefixLength: Number(bits) };
}

/** Numeric address to its 4 or 16 bytes in network order. */
function parseAddress(text: string): Uint8Array | undefined {
  const kind = isIP(text);
  if (kind === 0 || text.includes('%')) return undefined;
  if (kind === 4) return Uint8Array.from(text.split('.'), Number);
  // A dotted tail (::ffff:192.0.2.1) becomes two groups.
  const groups = text.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`,
  );
  const [left = '', right] = groups.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const words = [...head, ...new Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => {
    const value = Number.parseInt(word, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}
