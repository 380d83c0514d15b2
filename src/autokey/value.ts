/**
 * Autokey values: what carries a timestamp, a filestamp and a signature. Owns signing and checking them and the rules of
 * order between stamps; what a value means, and which error an operation answers, is the dance's business. The bytes on
 * the wire are wire/autokey-field.ts.
 * Sources: RFC 5906 §8, §10 and appendix A; autokey-reference.md §5, §5.5 and §7 (error codes).
 */
import type { KeyObject } from 'node:crypto';
import { type AutokeyValue, signedBytes } from '../wire/autokey-field.js';
import { MAX_PACKET_LENGTH } from '../wire/mac-trailer.js';
import type { SignatureDigest } from './digest.js';
import type { HostKey } from './host-key.js';
import { rsaBytes, verifyRsa } from './rsa.js';
import { isBefore } from './seconds.js';

/** No packet holds a longer one. */
export const MAX_VALUE_LENGTH = MAX_PACKET_LENGTH;

/** Why a value is refused, with the number that the reference writes to cryptostats. */
export const VALUE_FAULTS = {
  length: 0x101,
  timestamp: 0x102,
  filestamp: 0x103,
  'signature-length': 0x107,
  signature: 0x108,
} as const;
export type ValueFault = keyof typeof VALUE_FAULTS;

/** The stamps of the most recent value of a kind that was accepted. */
export interface Stamps {
  readonly timestamp: number;
  readonly filestamp: number;
}

/** Who signed: the public key of a certificate, and the digest of its scheme. */
export interface Signer {
  readonly publicKey: KeyObject;
  readonly digest: SignatureDigest;
}

const NO_SIGNATURE = new Uint8Array(0);

/** A value signed now. Timestamp and filestamp are NTP seconds, the timestamp not 0. */
export const signValue = (
  key: HostKey,
  digest: SignatureDigest,
  timestamp: number,
  filestamp: number,
  value: Uint8Array,
): AutokeyValue => ({
  timestamp,
  filestamp,
  value,
  signature: key.sign(digest, signedBytes(timestamp, filestamp, value)),
});

/** A value without signature: timestamp 0 while the clock is not set, else now. */
export const unsignedValue = (timestamp: number, filestamp: number, value: Uint8Array): AutokeyValue => ({
  timestamp,
  filestamp,
  value,
  signature: NO_SIGNATURE,
});

/**
 * Checks length and stamps before anything is computed: the value is there, its timestamp is not 0 and not before its
 * filestamp, and neither stamp is before that of `previous`, the last accepted value of its kind. Equal timestamps pass,
 * as with the reference, which sends a value again as it was signed; RFC 5906 appendix A would refuse them.
 */
export function checkValue(
  body: AutokeyValue | undefined,
  previous: Stamps | undefined,
): ValueFault | undefined {
  if (body === undefined || body.value.length === 0 || body.value.length > MAX_VALUE_LENGTH) return 'length';
  if (body.timestamp === 0) return 'timestamp';
  if (body.filestamp !== 0 && isBefore(body.timestamp, body.filestamp)) return 'filestamp';
  if (previous === undefined) return undefined;
  if (previous.timestamp !== 0 && isBefore(body.timestamp, previous.timestamp)) return 'timestamp';
  if (previous.filestamp !== 0 && isFilestampBefore(body.filestamp, previous.filestamp)) return 'filestamp';
  return undefined;
}

/** No filestamp counts as older than any. */
const isFilestampBefore = (a: number, b: number): boolean => a === 0 || isBefore(a, b);

/** Checks the signature; run checkValue first, which costs nothing. */
export function verifyValue(signer: Signer, body: AutokeyValue): ValueFault | undefined {
  if (body.signature.length !== rsaBytes(signer.publicKey)) return 'signature-length';
  const bytes = signedBytes(body.timestamp, body.filestamp, body.value);
  return verifyRsa(signer.publicKey, signer.digest, bytes, body.signature) ? undefined : 'signature';
}

/**
 * The order of a server's stamps (RFC 5906 appendix A, 3): sign key's filestamp, certificate's filestamp, cookie's
 * timestamp, autokey's timestamp, each not before the one ahead of it; those that are 0 or undefined are passed over.
 */
export function areStampsInOrder(stamps: readonly (number | undefined)[]): boolean {
  let last: number | undefined;
  for (const stamp of stamps) {
    if (stamp === undefined || stamp === 0) continue;
    if (last !== undefined && isBefore(stamp, last)) return false;
    last = stamp;
  }
  return true;
}
