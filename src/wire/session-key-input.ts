/**
 * What an Autokey session key is the digest of. The digest itself, cookies and key lists are autokey's business.
 *
 * | offset (IPv4, IPv6) | size  | field                                                                      |
 * | ------------------- | ----- | -------------------------------------------------------------------------- |
 * |               0,  0 | 4, 16 | source address of this packet                                              |
 * |               4, 16 | 4, 16 | destination address (broadcast: the address sent to)                       |
 * |               8, 32 | 4     | key ID                                                                     |
 * |              12, 36 | 4     | private value: 0 with an extension field and in broadcasts, else the cookie |
 *
 * Source: RFC 5906 §8 (figure 4); autokey-reference.md §5.1.
 */

/** Longest input, IPv6. */
export const MAX_SESSION_KEY_INPUT = 40;

/**
 * Writes the input at the start of `out` and answers its length: 16 or 40. Allocates nothing. Addresses are in network
 * order, both of 4 or both of 16 bytes; key ID and private value 0 .. 2^32-1.
 */
export function writeSessionKeyInput(
  out: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  keyId: number,
  privateValue: number,
): number {
  const size = source.length;
  for (let i = 0; i < size; i += 1) {
    out[i] = source[i] ?? 0;
    out[size + i] = destination[i] ?? 0;
  }
  writeUint32(out, 2 * size, keyId);
  writeUint32(out, 2 * size + 4, privateValue);
  return 2 * size + 8;
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = (value >>> 16) & 0xff;
  out[at + 2] = (value >>> 8) & 0xff;
  out[at + 3] = value & 0xff;
}

/** The key ID that follows in a key list, and a cookie: the first four bytes of the digest (RFC 5906 §8, §9). */
export const leadingUint32 = (digest: Uint8Array): number =>
  (((digest[0] ?? 0) << 24) | ((digest[1] ?? 0) << 16) | ((digest[2] ?? 0) << 8) | (digest[3] ?? 0)) >>> 0;
