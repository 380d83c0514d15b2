/**
 * Key lists: IDs of session keys, each the hash of the one before, used in reverse, so that who sees one can tell that
 * it belongs to those seen earlier and cannot foretell the next. Owns making, spending and following a list; when one
 * is thrown away (spent, new cookie, other poll interval, cleared association) is the dance's choice.
 * Sources: RFC 5906 §8 and §11.1; autokey-reference.md §5.2; old-reference.md §4.
 */
import type { Random } from '../ports/random.js';
import { accept, type Decoded, reject } from '../units/decoded.js';
import { MAX_FILE_KEY_ID } from '../wire/mac-trailer.js';
import { leadingUint32 } from '../wire/session-key-input.js';
import type { SessionDigest } from './digest.js';
import { isSessionKeyId, nextKeyId } from './session-key.js';

/** Entries of the reference's longest list. */
export const MAX_KEY_LIST = 100;
/** No more hashes than this are spent on a key ID, whatever sequence a peer announces. */
export const MAX_HASHES = 1024;

/** From where to where the packets of a list go, and the private value its keys are made with (0 in broadcast). */
export interface KeyPath {
  readonly digest: SessionDigest;
  /** network order, 4 or 16 bytes */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** 0 .. 2^32-1 */
  readonly cookie: number;
}

/** Autokey values: what a peer is told of a list, signed. */
export interface AutokeyValues {
  /** the ID that the first one sent hashes to */
  readonly keyId: number;
  /** index of the first one sent: the list has one entry more */
  readonly sequence: number;
}

export const AUTOKEY_VALUES_LENGTH = 8;

export function encodeAutokeyValues({ keyId, sequence }: AutokeyValues): Uint8Array {
  const bytes = new Uint8Array(AUTOKEY_VALUES_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, keyId);
  view.setUint32(4, sequence);
  return bytes;
}

/** Refuses any other length than 8. The sequence may be anything up to 2^32-1: following it is bounded. */
export const decodeAutokeyValues = (value: Uint8Array): Decoded<AutokeyValues> =>
  value.length === AUTOKEY_VALUES_LENGTH
    ? accept({ keyId: leadingUint32(value), sequence: leadingUint32(value.subarray(4)) })
    : reject('bad-length');

/**
 * How many entries a list may have: as many polls as fit into its life of 2^automax seconds or 100 polls, and one more,
 * at most 100; a single one while the clock is not set, since its values cannot be signed.
 */
export function keyListSize(automax: number, pollSeconds: number, isSynchronised: boolean): number {
  if (!isSynchronised) return 1;
  const life = Math.min(2 ** automax, MAX_KEY_LIST * pollSeconds);
  return Math.min(MAX_KEY_LIST, Math.floor(life / pollSeconds) + 1);
}

export class KeyList {
  /** in the order of making; sent from the end */
  readonly #ids: number[];
  readonly values: AutokeyValues;
  constructor(
    readonly path: KeyPath,
    ids: readonly number[],
    keyId: number,
  ) {
    this.#ids = [...ids];
    this.values = { keyId, sequence: ids.length - 1 };
  }
  /** entries not yet used */
  get remaining(): number {
    return this.#ids.length;
  }
  /** The key ID of the next packet; undefined: the list is spent. */
  take(): number | undefined {
    return this.#ids.pop();
  }
}

/** Lifts the IDs of key files above them, as the reference does. */
const sessionKeyIdFrom = (keyId: number): number =>
  isSessionKeyId(keyId) ? keyId : keyId + MAX_FILE_KEY_ID + 1;

/**
 * A new list of at most `size` entries. It ends early when the ID that would follow is one of key files (<= 65535), is in
 * the list already, or is taken elsewhere.
 */
export function makeKeyList(
  path: KeyPath,
  size: number,
  random: Random,
  isTaken: (keyId: number) => boolean = () => false,
): KeyList {
  let keyId = sessionKeyIdFrom(leadingUint32(random.bytes(4)));
  while (isTaken(keyId)) keyId = sessionKeyIdFrom((keyId + 1) >>> 0);
  const ids: number[] = [];
  const used = new Set<number>();
  do {
    ids.push(keyId);
    used.add(keyId);
    keyId = nextKeyId(path.digest, path.source, path.destination, keyId, path.cookie);
  } while (ids.length < size && isSessionKeyId(keyId) && !used.has(keyId) && !isTaken(keyId));
  return new KeyList(path, ids, keyId);
}

/** How many hashes, 1 to `bound`, lead from a key ID to another; undefined: none of them does. */
export function hashesBetween(path: KeyPath, from: number, to: number, bound: number): number | undefined {
  let keyId = from;
  for (let hashes = 1; hashes <= Math.min(bound, MAX_HASHES); hashes += 1) {
    keyId = nextKeyId(path.digest, path.source, path.destination, keyId, path.cookie);
    if (keyId === to) return hashes;
  }
  return undefined;
}

/** Where one stands on a peer's list. */
export interface ListPosition {
  readonly values: AutokeyValues;
  /** key ID of the latest packet that was found on the list; undefined: none since the values came */
  readonly last: number | undefined;
}

/**
 * Is this key ID a later one of the list? The position it leads to, or undefined. Packets may be lost in between.
 *
 * The reference also takes an ID that hashes to the values' own ID when later ones were seen; those before the last are
 * public, and in broadcast, where the private value is 0, anybody could use them again. Here the way leads to the last.
 */
export function followKeyList(
  path: KeyPath,
  position: ListPosition,
  keyId: number,
): ListPosition | undefined {
  const target = position.last ?? position.values.keyId;
  const hashes = hashesBetween(path, keyId, target, position.values.sequence + 1);
  return hashes === undefined ? undefined : { values: position.values, last: keyId };
}
