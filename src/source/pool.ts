/**
 * `pool NAME`: as many client associations as `tos maxclock` allows, from the addresses of one name; those that are dead,
 * wrong or hostile are let go (members.ts) and replaced.
 * Itself a source that is never selected, so that ntpq shows the pool and what it is doing.
 * Sources: ntpd 4.2.8's discover.html (pool scheme, preemption); RFC 8633 §3.2, §4.5 (how many, and from where).
 */
import type { AssociationConfig } from '../config/types.js';
import { every, type Timer } from '../ports/scheduler.js';
import { unauthenticated } from './association/authenticator.js';
import type { AssociationContext, SourceHost } from './association/context.js';
import { PeerState } from './association/peer-state.js';
import { Resolution } from './association/resolution.js';
import { Members } from './members.js';
import type { Candidate, Source, SourceView } from './types.js';

/** How often the members are reviewed, s. */
const REVIEW_SECONDS = 64;
/** The name is asked again for more after this pause, doubled each time it gave nothing new, s. */
const FIRST_PAUSE = 64;
const LONGEST_PAUSE = 4096;

export class Pool implements Source {
  readonly id: number;
  readonly taiOffsetSeconds = undefined;
  readonly #members: Members;
  readonly #state: PeerState;
  readonly #resolution: Resolution;
  #review: Timer | undefined;
  #askTimer: Timer | undefined;
  #asking = false;
  #pause = FIRST_PAUSE;
  #running = false;
  /** those that were let go are tried again, because there are no others */
  #desperate = false;

  constructor(
    id: number,
    config: AssociationConfig,
    private readonly context: AssociationContext,
    host: SourceHost,
  ) {
    this.id = id;
    this.#members = new Members(config, 'pool', context, host);
    this.#state = new PeerState(
      { id, kind: 'pool', hostMode: 3, name: config.host, config, configured: true },
      unauthenticated,
      context,
    );
    this.#state.forget('POOL');
    this.#resolution = new Resolution(config.host, config.family, context, {
      resolved: (addresses) => this.#resolved(addresses),
      failed: (reason) => {
        this.#state.remark = reason;
      },
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#review = every(this.context.scheduler, REVIEW_SECONDS, () => this.#reviewMembers());
    this.#ask();
  }

  /** Ends the pool and its members. */
  stop(): void {
    this.#running = false;
    this.#review?.cancel();
    this.#askTimer?.cancel();
    this.#resolution.stop();
    this.#members.stop();
  }

  /** The pool itself is no clock. */
  candidate(): Candidate {
    return { ...this.#state.candidate(), unfit: 'no-samples' };
  }

  view(): SourceView {
    return { ...this.#state.view(), unfit: 'no-samples' };
  }

  get memberIds(): readonly number[] {
    return this.#members.ids;
  }

  #ask(): void {
    this.#asking = true;
    this.#state.remark = 'its name is being looked up';
    this.#resolution.ask();
  }

  #resolved(addresses: readonly string[]): void {
    this.#asking = false;
    const members = this.#members;
    members.forgetOldBans();
    let gained = 0;
    for (const address of addresses) {
      if (members.room() <= 0) break;
      if (members.isTaken(address)) continue;
      members.mobilise(address);
      gained += 1;
    }
    if (gained === 0 && members.size === 0) {
      this.#desperate = true;
      members.forgive();
    }
    this.#pause = gained > 0 && !this.#desperate ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#state.remark = `${members.size} servers of this pool are asked`;
    this.context.sink.changed(this.id);
    this.#askLater();
  }

  /** When there is room for more, the name is asked again, each time later. */
  #askLater(): void {
    this.#askTimer?.cancel();
    this.#askTimer = undefined;
    if (!this.#running || this.#asking || this.#members.room() <= 0) return;
    const pause = this.#pause * (1 + this.context.random.uniform() / 8);
    this.#askTimer = this.context.scheduler.after(pause, () => {
      this.#askTimer = undefined;
      this.#ask();
    });
  }

  #reviewMembers(): void {
    if (this.#members.review() > 0) this.#pause = FIRST_PAUSE;
    if (this.#members.isAnyReached) this.#desperate = false;
    if (this.#askTimer === undefined) this.#askLater();
  }
}
