/**
 * Cookies: ours, made from a secret of 256 bits; the reference's, made from a seed of zero, only to check vectors; and
 * their way across, encrypted for the client's host key. Where the secret is kept is the daemon's business.
 *
 * Ours is the first 4 bytes of HMAC-SHA-256(secret, client address | server address). RFC 5906 §9.1 has a session key
 * of key ID 0 there; a client takes what it gets as it is. It has 32 bits whatever it is made of: docs/security.md.
 * Sources: RFC 5906 §9.1; autokey-reference.md §0 (items 3 and 4) and §5.1; old-reference.md §4.
 */
import type { KeyObject } from 'node:crypto';
import { hmacSha256Into } from '../auth/hashing.js';
import { leadingUint32 } from '../wire/session-key-input.js';
import type { SessionDigest } from './digest.js';
import type { HostKey } from './host-key.js';
import { encryptOaep } from './rsa.js';
import { stampDifference } from './seconds.js';
import { nextKeyId } from './session-key.js';

export const COOKIE_SECRET_LENGTH = 32;
export const COOKIE_LENGTH = 4;
/** How long the secret before the present one is honoured, s: twice the time after which clients ask anew (12 days). */
export const OLD_SECRET_LIFE = 2 ** 20;
/** Never rotated by itself sooner than this, s: ntpd 4.2.8p15 does not recover from a changed cookie. */
export const MIN_SECRET_LIFE = 365 * 86_400;

/** What is kept across restarts, in a file of mode 0600. */
export interface CookieSecrets {
  /** 32 bytes */
  readonly current: Uint8Array;
  /** NTP seconds since when `current` is in use */
  readonly since: number;
  /** the one before, in use until `since` */
  readonly old: Uint8Array | undefined;
}

/** Secrets of a server that has none yet. secret: 32 random bytes; now: NTP seconds. */
export const newCookieSecrets = (secret: Uint8Array, now: number): CookieSecrets => ({
  current: checkedSecret(secret),
  since: now,
  old: undefined,
});

/** Takes a new secret and keeps the present one as the old one. */
export const rotateCookieSecret = (
  secrets: CookieSecrets,
  secret: Uint8Array,
  now: number,
): CookieSecrets => ({ current: checkedSecret(secret), since: now, old: secrets.current });

/** Has the secret been in use for a year, so that it may be rotated without a command? */
export const mayRotateByItself = (secrets: CookieSecrets, now: number): boolean =>
  stampDifference(now, secrets.since) >= MIN_SECRET_LIFE;

function checkedSecret(secret: Uint8Array): Uint8Array {
  if (secret.length !== COOKIE_SECRET_LENGTH) throw new RangeError('a cookie secret has 32 bytes');
  return secret.slice();
}

const addresses = new Uint8Array(32);
const code = new Uint8Array(32);

function cookieOf(secret: Uint8Array, client: Uint8Array, server: Uint8Array): number {
  addresses.set(client);
  addresses.set(server, client.length);
  hmacSha256Into(secret, addresses, client.length + server.length, code);
  return leadingUint32(code);
}

/** The cookie that a client is told. Addresses in network order, 4 or 16 bytes. */
export const makeCookie = (secrets: CookieSecrets, client: Uint8Array, server: Uint8Array): number =>
  cookieOf(secrets.current, client, server);

/**
 * The cookie the client may still hold from the secret before; undefined: there is none, or its time is over. A clock
 * that was set back does not shorten it.
 */
export const oldCookie = (
  secrets: CookieSecrets,
  client: Uint8Array,
  server: Uint8Array,
  now: number,
): number | undefined =>
  secrets.old === undefined || stampDifference(now, secrets.since) >= OLD_SECRET_LIFE
    ? undefined
    : cookieOf(secrets.old, client, server);

/** The reference's cookie: the key ID that follows key ID 0. Its seed is always 0. */
export const referenceCookie = (
  digest: SessionDigest,
  client: Uint8Array,
  server: Uint8Array,
  seed: number,
): number => nextKeyId(digest, client, server, 0, seed);

/** The cookie of a symmetric association of 2008 and later: each side's random number, XORed. */
export const symmetricCookie = (own: number, peer: number): number => (own ^ peer) >>> 0;

/** The value of a COOKIE response; undefined: the key cannot carry it. */
export function encryptCookie(publicKey: KeyObject, cookie: number): Uint8Array | undefined {
  const bytes = new Uint8Array(COOKIE_LENGTH);
  new DataView(bytes.buffer).setUint32(0, cookie);
  return encryptOaep(publicKey, bytes);
}

/** The cookie that was in the value of a COOKIE response; undefined: not four bytes. */
export const readCookie = (opened: Uint8Array): number | undefined =>
  opened.length === COOKIE_LENGTH ? leadingUint32(opened) : undefined;

/** The cookie in the value of a COOKIE response; undefined: not for our key, or not four bytes. */
export function decryptCookie(hostKey: HostKey, value: Uint8Array): number | undefined {
  const bytes = hostKey.decryptOaep(value);
  return bytes && readCookie(bytes);
}
