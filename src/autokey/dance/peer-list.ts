/**
 * A symmetric peer's key list as we follow it: its values, where on it the last packet was, and when we last noticed that a
 * packet was off it. Owns that; what a packet on or off the list means is provenance.ts's.
 * Source: RFC 5906 §11.1 (key lists).
 */
import type { SessionDigest } from '../digest.js';
import { type AutokeyValues, followKeyList, type ListPosition } from '../key-list.js';

/** A peer that is off its list is asked for it again this often at most, s. */
const LOST_SECONDS = 8;

export interface PeerListOptions {
  readonly digest: SessionDigest;
  /** network order, 4 or 16 bytes */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
}

export class PeerList {
  #position: ListPosition | undefined;
  /** monotonic s */
  #lostAt: number | undefined;

  constructor(private readonly options: PeerListOptions) {}

  /** The peer told the values of its list. */
  learn(values: AutokeyValues): void {
    this.#position = { values, last: undefined };
  }

  /** Its values are of no use any more. */
  drop(): void {
    this.#position = undefined;
  }

  /** Another peer, or the dance begins anew. */
  forget(): void {
    this.drop();
    this.#lostAt = undefined;
  }

  /** Is the key ID of a packet on the list? Then it is where the next is looked for. `cookie`: 0 while there is none. */
  follow(keyId: number, cookie: number): boolean {
    const { digest, own, peer } = this.options;
    const path = { digest, source: peer, destination: own, cookie };
    const position = this.#position && followKeyList(path, this.#position, keyId);
    if (position === undefined) return false;
    this.#position = position;
    return true;
  }

  /** A packet was off the list: is that news? `now`: monotonic s. */
  isLostAnew(now: number): boolean {
    if (this.#lostAt !== undefined && now - this.#lostAt < LOST_SECONDS) return false;
    this.#lostAt = now;
    return true;
  }
}
