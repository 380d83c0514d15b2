/**
 * The end of an NTP packet: where the extension fields stop and what message authentication code follows.
 * Owns that decision and the MAC trailer's layout; it checks no MAC (auth/mac.ts) and reads no field (extension.ts).
 *
 * | offset | size   | field                                                        |
 * | ------ | ------ | ------------------------------------------------------------ |
 * |      0 | 4      | key ID; alone and zero: crypto-NAK                           |
 * |      4 | 16, 20 | digest; longer ones are cut to 20 in version 4 (RFC 7822)    |
 * |      4 | 28..64 | digest in full, by chrony in version 3 (SHA-224 .. SHA-512)  |
 *
 * How the split is decided, and who does so:
 * - Version 1 to 3 has no extension fields: all that follows the header is the MAC (chrony ntp_core.c parse_packet; it
 *   sends keys whose digest exceeds 20 bytes in version 3 for this very reason).
 * - Version 4: 24 bytes or less are the MAC (RFC 7822 §7.5.1.4 and ntpd 4.2.8p15 alike), more begins with a field.
 *   Consequently a last field without MAC is 28 bytes or longer, and 8-byte Autokey fields are found only before a MAC.
 * - No field has type 0 and keys of a file have IDs below 65536, so two zero bytes where a field would begin are the
 *   upper half of a key ID: an untruncated MAC in version 4, as chrony before 4.0 sent it.
 */
import type { WireFailure } from '../units/decoded.js';
import { HEADER_LENGTH, versionOf } from './header.js';

/** The longest packet ntpd 4.2.8p15 takes is 2120 bytes; nobody sends more (autokey-reference.md §5). */
export const MAX_PACKET_LENGTH = 2120;
/** Shorter fields do not occur: this is Autokey's minimum (RFC 5906 §10); RFC 7822 has 16. */
export const MIN_FIELD_LENGTH = 8;
/** More fields than any packet has; NTS sends up to nine. */
export const MAX_FIELDS = 32;
/** From version 4 on, a MAC that follows fields is at most this long (RFC 7822 §7.5.1.4). */
export const MAX_V4_MAC_LENGTH = 24;
export const CRYPTO_NAK_LENGTH = 4;
/** Keys from a file have IDs 1..65535; larger ones belong to Autokey (RFC 5906 §10.1). */
export const MAX_FILE_KEY_ID = 65_535;

/** What scanTail found; made once by the caller and used again for each packet. */
export interface PacketTail {
  /** extension fields between header and MAC, 0..MAX_FIELDS */
  fieldCount: number;
  /** where the fields end and the MAC, if any, begins: also the length over which the MAC is computed */
  macAt: number;
  /** key ID and digest together: 0 no MAC, 4 crypto-NAK, else 20 .. 68 */
  macLength: number;
  /** 0 when there is no MAC or a crypto-NAK */
  keyId: number;
}

export const newTail = (): PacketTail => ({
  fieldCount: 0,
  macAt: HEADER_LENGTH,
  macLength: 0,
  keyId: 0,
});

/** Is this a possible length of a MAC of `remaining` bytes, key ID included, given in full or cut to 20 bytes of digest? */
const isMacLength = (remaining: number): boolean =>
  remaining === 20 ||
  remaining === 24 ||
  remaining === 32 ||
  remaining === 36 ||
  remaining === 52 ||
  remaining === 68;

/**
 * Splits a datagram of `length` bytes (modes 0-5) behind its header and fills `tail`; undefined: well. Allocates
 * nothing. On a failure `tail` holds how far it came, which nobody should use.
 */
export function scanTail(view: DataView, length: number, tail: PacketTail): WireFailure | undefined {
  tail.fieldCount = 0;
  tail.macAt = HEADER_LENGTH;
  tail.macLength = 0;
  tail.keyId = 0;
  if (length < HEADER_LENGTH || length > view.byteLength) return 'too-short';
  if (length > MAX_PACKET_LENGTH) return 'too-long';
  if ((length & 3) !== 0) return 'bad-length';
  let at = HEADER_LENGTH;
  if (versionOf(view) >= 4) {
    while (length - at > MAX_V4_MAC_LENGTH && view.getUint16(at) !== 0) {
      const fieldLength = view.getUint16(at + 2);
      if (fieldLength < MIN_FIELD_LENGTH || (fieldLength & 3) !== 0 || fieldLength > length - at)
        return 'bad-length';
      if (tail.fieldCount === MAX_FIELDS) return 'too-long';
      tail.fieldCount += 1;
      at += fieldLength;
      tail.macAt = at;
    }
  }
  const remaining = length - at;
  if (remaining === 0) return undefined;
  const keyId = view.getUint32(at);
  if (remaining === CRYPTO_NAK_LENGTH ? keyId !== 0 : !isMacLength(remaining)) return 'bad-mac-length';
  tail.macLength = remaining;
  tail.keyId = keyId;
  return undefined;
}

/** A key ID of 0 and no digest: the sender could not authenticate the packet that this one answers (RFC 5905 §8.3). */
export const isCryptoNak = (tail: Readonly<PacketTail>): boolean => tail.macLength === CRYPTO_NAK_LENGTH;

/** Writes a crypto-NAK at `at`; answers the packet's new length. */
export function appendCryptoNak(view: DataView, at: number): number {
  view.setUint32(at, 0);
  return at + CRYPTO_NAK_LENGTH;
}
