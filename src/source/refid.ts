/**
 * Reference identifiers: the four bytes that say whom a clock follows, for people and against loops.
 * Source: RFC 5905 §7.3 (refid): four characters at stratum 1 and in kisses, the IPv4 address of the system peer, or the
 * first four bytes of the MD5 of its IPv6 address.
 */
import { createHash } from 'node:crypto';
import { parseAddress } from './address.js';

/** Four ASCII characters, padded with zero bytes; what is longer is cut, what is not printable becomes '?'. */
export function refidOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(4);
  for (let i = 0; i < Math.min(4, text.length); i += 1) {
    const code = text.charCodeAt(i);
    bytes[i] = code >= 0x20 && code < 0x7f ? code : 0x3f;
  }
  return bytes;
}

/** Of an address in text; 0.0.0.0 when it is none. */
export function refidOfAddress(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (bytes === undefined) return new Uint8Array(4);
  if (bytes.length === 4) return bytes;
  return new Uint8Array(createHash('md5').update(bytes).digest().subarray(0, 4));
}

export const refidToNumber = (refid: Uint8Array): number =>
  (((refid[0] ?? 0) << 24) | ((refid[1] ?? 0) << 16) | ((refid[2] ?? 0) << 8) | (refid[3] ?? 0)) >>> 0;

export const sameRefid = (a: Uint8Array, b: Uint8Array): boolean => refidToNumber(a) === refidToNumber(b);

/** The kiss code or clock name in a refid, or undefined when it is not four printable characters (zero-padded). */
export function refidText(refid: Uint8Array): string | undefined {
  let text = '';
  for (const byte of refid.subarray(0, 4)) {
    if (byte === 0) break;
    if (byte < 0x20 || byte >= 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text === '' ? undefined : text;
}

/**
 * The refid to serve while following a source: a stratum 0 source's own name, else the address it has (127.127.t.u for a
 * refclock that was given a stratum, as ntpd does).
 */
export const servedRefid = (source: {
  readonly stratum: number;
  readonly refid: Uint8Array;
  readonly address: string;
}): Uint8Array => (source.stratum === 0 ? source.refid : refidOfAddress(source.address));
