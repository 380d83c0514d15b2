/**
 * Session keys and the MACs made with them. Which private value a packet takes (0 or the cookie) is the dance's choice,
 * where key IDs come from is key-list.ts, where the MAC stands in a packet is wire/mac-trailer.ts.
 * Sources: RFC 5906 §8; autokey-reference.md §5.1.
 */
import { timingSafeEqual } from 'node:crypto';
import { DIGESTS, prefixDigest } from '../auth/digest.js';
import { digestInto } from '../auth/hashing.js';
import { MAX_FILE_KEY_ID, MAX_PACKET_LENGTH, MAX_V4_MAC_LENGTH } from '../wire/mac-trailer.js';
import { leadingUint32, MAX_SESSION_KEY_INPUT, writeSessionKeyInput } from '../wire/session-key-input.js';
import { type SessionDigest, sessionMacLength } from './digest.js';

/**
 * Header and extension fields of a packet we send fill at most this much, so that the longest MAC still fits, as with the
 * reference; what it takes is bounded by the whole packet alone (§5, size limits).
 */
export const MAX_LENGTH_BEFORE_MAC = MAX_PACKET_LENGTH - MAX_V4_MAC_LENGTH;

/** Key IDs of Autokey are above those of key files. */
export const isSessionKeyId = (keyId: number): boolean => keyId > MAX_FILE_KEY_ID;

/** What a packet's MAC is made with. */
export interface SessionSeal {
  readonly digest: SessionDigest;
  /** 65536 .. 2^32-1 */
  readonly keyId: number;
  /** sessionKey() of the packet's direction */
  readonly key: Uint8Array;
}

/** No digest of DIGESTS is longer. */
export const MAX_SESSION_KEY_LENGTH = 64;

const scratch = new Uint8Array(MAX_SESSION_KEY_INPUT);

/**
 * The session key of a packet from `source` to `destination` (network order, both of 4 or both of 16 bytes), the digest
 * in its full length. Key ID and private value: 0 .. 2^32-1.
 */
export function sessionKey(
  digest: SessionDigest,
  source: Uint8Array,
  destination: Uint8Array,
  keyId: number,
  privateValue: number,
): Uint8Array {
  const length = writeSessionKeyInput(scratch, source, destination, keyId, privateValue);
  const { openssl, length: digestLength } = DIGESTS[digest];
  const key = new Uint8Array(digestLength);
  digestInto(openssl, scratch, length, key);
  return key;
}

/** The key ID that follows in a key list: the first 4 bytes of the session key. */
export const nextKeyId = (
  digest: SessionDigest,
  source: Uint8Array,
  destination: Uint8Array,
  keyId: number,
  privateValue: number,
): number => leadingUint32(sessionKey(digest, source, destination, keyId, privateValue));

/**
 * Appends key ID and MAC behind the packet bytes[0, length) and answers its new length; undefined: the packet or the
 * buffer has no room for them.
 */
export function appendSessionMac(
  digest: SessionDigest,
  key: Uint8Array,
  keyId: number,
  bytes: Uint8Array,
  length: number,
): number | undefined {
  const macLength = sessionMacLength(digest);
  if (length > MAX_LENGTH_BEFORE_MAC || length + macLength > bytes.length) return undefined;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(length, keyId);
  prefixDigest(digest, key, bytes, length, bytes, length + 4, macLength - 4);
  return length + macLength;
}

const computed = new Uint8Array(20);

/**
 * Is the MAC at bytes[macAt, macAt + macLength), key ID included, that of the key over bytes[0, macAt)? A length that is
 * not this digest's is false. The comparison takes the same time wherever the first difference is.
 */
export function verifySessionMac(
  digest: SessionDigest,
  key: Uint8Array,
  bytes: Uint8Array,
  macAt: number,
  macLength: number,
): boolean {
  if (macLength !== sessionMacLength(digest)) return false;
  if (macAt + macLength > Math.min(bytes.length, MAX_PACKET_LENGTH)) return false;
  const length = prefixDigest(digest, key, bytes, macAt, computed, 0, macLength - 4);
  return timingSafeEqual(computed.subarray(0, length), bytes.subarray(macAt + 4, macAt + macLength));
}
