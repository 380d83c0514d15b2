/**
 * The client's half of Autokey in broadcast, once it listens: is a packet one of the server's key list? Owns the way along
 * the list; the dance that leads there is client.ts's, whose AUTO answer begins it.
 *
 * Anybody can make the MAC of a broadcast, since its private value is 0. What counts is that the key ID hashes to the one
 * before (at most MAX_HASHES times, for packets that were lost), and that the list's values are signed. A packet off the
 * list is dropped and changes nothing: a forger must not be able to make us ask.
 * Sources: RFC 5906 §9.3 and §11.1; autokey-reference.md §5.2 and §9.
 */
import { AUTOKEY_OPERATION, type AutokeyField, decodeAutokeyField } from '../../wire/autokey-field.js';
import { HEADER_LENGTH } from '../../wire/header.js';
import { type PacketTail, scanTail } from '../../wire/mac-trailer.js';
import { autokeyLine } from '../cryptostats.js';
import type { SessionDigest } from '../digest.js';
import { type AutokeyValues, followKeyList, type ListPosition } from '../key-list.js';
import { isSessionKeyId, sessionKey, verifySessionMac } from '../session-key.js';
import type { Partner } from './partner.js';
import type { Step } from './step.js';

/** From where to where a broadcast goes, network order. */
export interface BroadcastPath {
  readonly digest: SessionDigest;
  readonly source: Uint8Array;
  /** the broadcast or multicast address */
  readonly destination: Uint8Array;
}

/** A broadcast whose MAC is right, which anybody's may be. */
export interface HeardBroadcast {
  readonly keyId: number;
  readonly field: AutokeyField;
}

/** Undefined: not one whole field and the MAC of its session key. */
export function openBroadcast(
  bytes: Uint8Array,
  tail: PacketTail,
  { digest, source, destination }: BroadcastPath,
): HeardBroadcast | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (source.length !== destination.length || scanTail(view, bytes.length, tail) !== undefined)
    return undefined;
  const { fieldCount, keyId, macAt, macLength } = tail;
  if (fieldCount !== 1 || !isSessionKeyId(keyId)) return undefined;
  const field = decodeAutokeyField(view, HEADER_LENGTH, macAt - HEADER_LENGTH);
  if (!field.ok || !field.value.response || field.value.error) return undefined;
  const key = sessionKey(digest, source, destination, keyId, 0);
  return verifySessionMac(digest, key, bytes, macAt, macLength) ? { keyId, field: field.value } : undefined;
}

export const isAssociation = ({ field }: HeardBroadcast): boolean =>
  field.operation === AUTOKEY_OPERATION.assoc;

export class BroadcastFollower {
  #position: ListPosition | undefined;

  /** Is there a list to follow? */
  get isOnList(): boolean {
    return this.#position !== undefined;
  }

  /** Values of a list, from an answer to AUTO or a broadcast. The same again change nothing. */
  learn(values: AutokeyValues): void {
    const { keyId, sequence } = this.#position?.values ?? {};
    if (keyId !== values.keyId || sequence !== values.sequence) this.#position = { values, last: undefined };
  }

  /** The list was lost: it is to be asked for. */
  forget(): void {
    this.#position = undefined;
  }

  /** AUTO in a broadcast: the values of a new list, which the server must have signed. `line`: for cryptostats. */
  takeValues({ field }: HeardBroadcast, partner: Partner): Step | undefined {
    if (field.operation !== AUTOKEY_OPERATION.autokey) return undefined;
    const step = partner.acceptAutokey(field.body);
    if (step.kind !== 'values') return step;
    this.learn(step.values);
    return { kind: 'advanced', line: autokeyLine(step.values, field.body ?? { timestamp: 0, filestamp: 0 }) };
  }

  /** Is the packet the next of the list, or a later one? */
  follow({ keyId }: HeardBroadcast, path: BroadcastPath): boolean {
    const position = this.#position && followKeyList({ ...path, cookie: 0 }, this.#position, keyId);
    if (position === undefined) return false;
    this.#position = position;
    return true;
  }
}
