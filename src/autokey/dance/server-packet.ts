/**
 * A client's packet at the server's door: which session key made its MAC, and so what kind of answer it gets. Owns that
 * decision and the MAC of the answer; what a field says is server.ts. Costs two digests and, without a field, an HMAC; a
 * responder that knows the client's cookie already passes it by.
 *
 * A packet with a field has the private value 0, so that anybody can make its MAC: it proves nothing but that it arrived
 * whole. One without has the cookie, which is looked up from nothing: the secret, and the two addresses.
 * Sources: RFC 5906 §9 and §11.3; autokey-reference.md §5.1 and §7.
 */
import { HEADER_LENGTH } from '../../wire/header.js';
import { CRYPTO_NAK_LENGTH, type PacketTail } from '../../wire/mac-trailer.js';
import { type CookieSecrets, makeCookie, oldCookie } from '../cookie.js';
import type { SessionDigest } from '../digest.js';
import { appendSessionMac, isSessionKeyId, sessionKey, verifySessionMac } from '../session-key.js';

export type ClientPacket =
  /** the first field answers; further ones are passed over, as the reference has it */
  | { readonly kind: 'dance'; readonly keyId: number; readonly at: number; readonly length: number }
  /** authentic: the answer takes the same key ID and this cookie */
  | {
      readonly kind: 'time';
      readonly keyId: number;
      readonly cookie: number;
      /** made from the secret before the present one */
      readonly isOldSecret: boolean;
    }
  /** the MAC is not the client's: answer with a crypto-NAK, within the rate limit */
  | { readonly kind: 'nak' }
  /** no Autokey packet */
  | { readonly kind: 'none' };

export interface ServerPath {
  readonly digest: SessionDigest;
  /** network order, 4 or 16 bytes */
  readonly client: Uint8Array;
  /** the address the client sent to */
  readonly server: Uint8Array;
}

/**
 * Looks at a mode 3 packet that scanTail has taken apart. `now`: NTP seconds, for how long the old secret is honoured.
 */
export function openClientPacket(
  bytes: Uint8Array,
  tail: Readonly<PacketTail>,
  { digest, client, server }: ServerPath,
  secrets: CookieSecrets,
  now: number,
): ClientPacket {
  const { keyId, macAt, macLength, fieldCount } = tail;
  if (macLength <= CRYPTO_NAK_LENGTH || !isSessionKeyId(keyId)) return { kind: 'none' };
  const fits = (privateValue: number): boolean =>
    verifySessionMac(
      digest,
      sessionKey(digest, client, server, keyId, privateValue),
      bytes,
      macAt,
      macLength,
    );
  if (fieldCount > 0) {
    if (!fits(0)) return { kind: 'nak' };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { kind: 'dance', keyId, at: HEADER_LENGTH, length: view.getUint16(HEADER_LENGTH + 2) };
  }
  const cookie = makeCookie(secrets, client, server);
  if (fits(cookie)) return { kind: 'time', keyId, cookie, isOldSecret: false };
  const old = oldCookie(secrets, client, server, now);
  if (old !== undefined && fits(old)) return { kind: 'time', keyId, cookie: old, isOldSecret: true };
  return { kind: 'nak' };
}

/**
 * Appends the MAC of an answer: bytes[0, length) is header and field, `privateValue` the cookie or, with a field, 0.
 * Answers the new length; undefined: no room.
 */
export const sealServerPacket = (
  { digest, client, server }: ServerPath,
  keyId: number,
  privateValue: number,
  bytes: Uint8Array,
  length: number,
): number | undefined =>
  appendSessionMac(digest, sessionKey(digest, server, client, keyId, privateValue), keyId, bytes, length);
