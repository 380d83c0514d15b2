/**
 * Which packets of a symmetric peer are proventic, so that their time may be used: those on its key list, under the cookie
 * that both have, of a peer whose identity is proven. Owns the two watches that tell; what is sent then is symmetric.ts's.
 *
 * By the textbook each side has its own key list. Time is taken from packets on that list, and once there is a cookie from
 * plain ones alone: with a field anybody could have made the MAC.
 * Sources: RFC 5906 §9.2 and §11.2; old-reference.md §4.
 */
import { FLAG } from '../flags.js';
import { CookieWatch } from './cookie-watch.js';
import type { DanceTime } from './host.js';
import type { Partner } from './partner.js';
import { PeerList, type PeerListOptions } from './peer-list.js';

/** An authentic packet. */
export interface HeardPacket {
  readonly keyId: number;
  readonly hasField: boolean;
  /** it answers ours, so that no stranger made it, and brought nothing that moves its key list */
  readonly isIdle: boolean;
}

export class PeerProvenance {
  readonly cookies: CookieWatch;
  readonly list: PeerList;

  /** `half`: our half of the cookie. */
  constructor(path: PeerListOptions, half: number) {
    this.cookies = new CookieWatch(half);
    this.list = new PeerList(path);
  }

  restart(): void {
    this.list.forget();
    this.cookies.restart();
  }

  /** May this packet bring time, and is the peer still on its list? `wantsAnswer`: it is to be asked for it. */
  judge(
    partner: Partner,
    { keyId, hasField, isIdle }: HeardPacket,
    { monotonic }: DanceTime,
  ): { readonly isTime: boolean; readonly wantsAnswer: boolean } {
    const { cookie } = partner;
    const isOnList = this.list.follow(keyId, cookie ?? 0);
    // Before the cookie a field makes a packet no weaker than one without.
    if (isOnList)
      return {
        isTime: (!hasField || cookie === undefined) && this.#prove(partner, monotonic),
        wantsAnswer: false,
      };
    if (hasField && !(isIdle && partner.has(FLAG.autokey) && this.list.isLostAnew(monotonic)))
      return { isTime: false, wantsAnswer: false };
    // lost, or made anew with the cookie
    partner.unmark(FLAG.autokey);
    this.list.drop();
    return { isTime: false, wantsAnswer: partner.has(FLAG.verified) };
  }

  /** A plain packet under another cookie, or anybody's. `now`: monotonic s. */
  judgeStrange(partner: Partner, now: number): ReturnType<CookieWatch['judge']> {
    const verdict = this.cookies.judge(partner.has(FLAG.cookie), now);
    if (verdict === 'ours-is-old') {
      partner.unmark(FLAG.cookie | FLAG.autokey);
      this.list.drop();
    }
    return verdict;
  }

  /** A packet on the list; is the peer one whose time may be used? */
  #prove(partner: Partner, now: number): boolean {
    const isTime = partner.has(FLAG.certificate | FLAG.verified | FLAG.proventic);
    if (isTime) this.cookies.proven(now);
    return isTime;
  }
}
