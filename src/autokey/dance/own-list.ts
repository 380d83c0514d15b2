/**
 * Our key list towards one symmetric peer: whose turn it is, when it is thrown away, and whether its values are still to be
 * told. Owns that; making and following lists is key-list.ts, signing the values whoever sends them.
 * Sources: RFC 5906 §11.1; old-reference.md §4.
 */
import type { Random } from '../../ports/random.js';
import type { SessionDigest } from '../digest.js';
import { type AutokeyValues, type KeyList, keyListSize, makeKeyList } from '../key-list.js';

export interface OwnListOptions {
  readonly digest: SessionDigest;
  /** network order, 4 or 16 bytes */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  /** log2 s */
  readonly automax: number;
  readonly random: Random;
}

export interface ListMoment {
  /** 0: none yet */
  readonly cookie: number;
  readonly pollSeconds: number;
  readonly isSynchronised: boolean;
}

export class OwnList {
  #list: KeyList | undefined;
  #pollSeconds = 0;
  /** The values of the list in use have not been told. */
  isUntold = false;
  constructor(private readonly options: OwnListOptions) {}

  /** A new cookie, or another peer: the next packet begins a new list. */
  drop(): void {
    this.#list = undefined;
  }

  /** The key ID of the next packet. */
  take(moment: ListMoment): number {
    if (this.#pollSeconds !== moment.pollSeconds) this.#list = undefined;
    return this.#list?.take() ?? this.#begin(moment).take() ?? 0;
  }

  /** Of the list in use, or of one that is begun: nobody could follow one that is spent. */
  values(moment: ListMoment): AutokeyValues {
    const list = this.#list;
    const isSpent = list === undefined || (list.remaining === 0 && moment.isSynchronised);
    return (isSpent ? this.#begin(moment) : list).values;
  }

  #begin({ cookie, pollSeconds, isSynchronised }: ListMoment): KeyList {
    const { digest, own, peer, automax, random } = this.options;
    const path = { digest, source: own, destination: peer, cookie };
    this.#list = makeKeyList(path, keyListSize(automax, pollSeconds, isSynchronised), random);
    this.#pollSeconds = pollSeconds;
    this.isUntold = true;
    return this.#list;
  }
}
