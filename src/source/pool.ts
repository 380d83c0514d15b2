/**
 * `pool NAME`: as many client associations as `tos maxclock` allows, from the addresses of one name; those that are dead,
 * wrong or hostile are let go and replaced. Never one address twice, never one of our own.
 * Itself a source that is never selected, so that ntpq shows the pool and what it is doing.
 * Sources: ntpd 4.2.8's discover.html (pool scheme, preemption); RFC 8633 §3.2, §4.5 (how many, and from where).
 */
import type { AssociationConfig } from '../config/types.js';
import { every, type Timer } from '../ports/scheduler.js';
import { canonicalAddress } from './address.js';
import { unauthenticated } from './association/authenticator.js';
import { ClientAssociation } from './association/client.js';
import type { AssociationContext, SourceHost } from './association/context.js';
import { PeerState } from './association/peer-state.js';
import { Resolution } from './association/resolution.js';
import type { Candidate, Source, SourceView } from './types.js';

/** How often the members are reviewed, s. */
const REVIEW_SECONDS = 64;
/** A member that has not answered this many polls in a row, or at first this many seconds, is dead. */
const DEAD_POLLS = 10;
const DEAD_AT_FIRST_SECONDS = 120;
/** A member that is a falseticker, unsynchronised or superfluous for this long (s, and polls) is let go. */
const USELESS_SECONDS = 1800;
const USELESS_POLLS = 4;
/** The name is asked again for more after this pause, doubled each time it gave nothing new, s. */
const FIRST_PAUSE = 64;
const LONGEST_PAUSE = 4096;
/** An address that was let go is not taken again within a day; this many are remembered. */
const BANNED_SECONDS = 86_400;
const MOST_BANNED = 256;

interface Member {
  readonly association: ClientAssociation;
  readonly address: string;
  readonly sinceNs: bigint;
  /** the same, served time */
  readonly sinceServedNs: bigint;
  /** monotonic time since when it has been of no use; undefined: it is of use */
  uselessSinceNs: bigint | undefined;
  denied: boolean;
}

export class Pool implements Source {
  readonly id: number;
  readonly taiOffsetSeconds = undefined;
  readonly #members = new Map<number, Member>();
  /** by address; oldest first, as a Map keeps the order of insertion */
  readonly #banned = new Map<string, { readonly untilNs: bigint; readonly denied: boolean }>();
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
    private readonly config: AssociationConfig,
    private readonly context: AssociationContext,
    private readonly host: SourceHost,
  ) {
    this.id = id;
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
    for (const id of [...this.#members.keys()]) this.host.remove(id);
    this.#members.clear();
  }

  /** The pool itself is no clock. */
  candidate(): Candidate {
    return { ...this.#state.candidate(), unfit: 'no-samples' };
  }

  view(): SourceView {
    return { ...this.#state.view(), unfit: 'no-samples' };
  }

  get memberIds(): readonly number[] {
    return [...this.#members.keys()];
  }

  #ask(): void {
    this.#asking = true;
    this.#state.remark = 'its name is being looked up';
    this.#resolution.ask();
  }

  #resolved(addresses: readonly string[]): void {
    this.#asking = false;
    this.#forgetBans();
    let gained = 0;
    for (const address of addresses) {
      if (this.#room() <= 0) break;
      if (this.#isTaken(address)) continue;
      this.#mobilise(address);
      gained += 1;
    }
    if (gained === 0 && this.#members.size === 0) this.#forgive();
    this.#pause = gained > 0 && !this.#desperate ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#state.remark = `${this.#members.size} servers of this pool are asked`;
    this.context.sink.changed(this.id);
    this.#askLater();
  }

  /** When there is room for more, the name is asked again, each time later. */
  #askLater(): void {
    this.#askTimer?.cancel();
    this.#askTimer = undefined;
    if (!this.#running || this.#asking || this.#room() <= 0) return;
    const pause = this.#pause * (1 + this.context.random.uniform() / 8);
    this.#askTimer = this.context.scheduler.after(pause, () => {
      this.#askTimer = undefined;
      this.#ask();
    });
  }

  /** How many more associations `tos maxclock` allows, over all pools and servers. */
  #room(): number {
    const used = this.host.all().filter((source) => {
      const { kind, configured } = source.view();
      return !(kind === 'pool' && configured);
    });
    return this.context.tos.maxclock - used.length;
  }

  #isTaken(address: string): boolean {
    if (this.#banned.has(address) || this.context.ownAddresses().has(address)) return true;
    return this.host.all().some((source) => canonicalAddress(source.view().address) === address);
  }

  #mobilise(address: string): void {
    const { config, context, host } = this;
    const id = host.nextId();
    const association = new ClientAssociation(
      { id, kind: 'pool', hostMode: 3, name: config.host, config, configured: false },
      context,
      {
        denied: () => {
          const member = this.#members.get(id);
          if (member !== undefined) member.denied = true;
        },
      },
    );
    this.#members.set(id, {
      association,
      address,
      sinceNs: context.scheduler.monotonic(),
      sinceServedNs: context.clock.now(),
      uselessSinceNs: undefined,
      denied: false,
    });
    association.assign(address);
    association.state.events.report('mobilised', `${config.host}: ${address} is to be asked for the time`);
    host.add(association);
  }

  #reviewMembers(): void {
    const nowNs = this.context.scheduler.monotonic();
    const lastAnswerNs = this.host
      .all()
      .map((source) => source.view())
      .filter((view) => view.kind !== 'refclock')
      .reduce((last, view) => (view.receivedTimeNs > last ? view.receivedTimeNs : last), 0n);
    for (const [id, member] of this.#members) {
      const reason = this.#reasonToRelease(id, member, nowNs, lastAnswerNs);
      if (reason === undefined) continue;
      member.association.state.events.report(
        'demobilised',
        `${this.config.host}: ${member.address} ${reason}`,
      );
      this.#members.delete(id);
      this.#ban(member, nowNs);
      this.host.remove(id);
      if (member.association.state.receivedTimeNs !== 0n) this.#pause = FIRST_PAUSE;
    }
    for (const { association } of this.#members.values())
      if (association.state.poll.reach !== 0) this.#desperate = false;
    if (this.#askTimer === undefined) this.#askLater();
  }

  #reasonToRelease(id: number, member: Member, nowNs: bigint, lastAnswerNs: bigint): string | undefined {
    const { state } = member.association;
    if (member.denied) return 'denies us';
    if (state.refusal === 'loop') return 'is our own address';
    const age = Number(nowNs - member.sinceNs) / 1e9;
    // Silence counts only while others answer: when nobody does, it is our own network that is down.
    if (state.receivedTimeNs === 0n) {
      const othersAnswer = lastAnswerNs > member.sinceServedNs;
      return othersAnswer && age > DEAD_AT_FIRST_SECONDS ? 'never answered' : undefined;
    }
    if (state.poll.reach === 0 && state.poll.unreach >= DEAD_POLLS) {
      const silent = Number(lastAnswerNs - state.receivedTimeNs) / 1e9;
      return silent > DEAD_POLLS * 2 ** state.poll.minpoll ? 'does not answer any more' : undefined;
    }
    // Silence is no uselessness: it has its own rule above.
    if (state.poll.reach === 0) return undefined;
    const fate = this.host.fateOf(id);
    const ofUse = state.isFit() && fate !== 'falsetick' && fate !== 'backup';
    if (ofUse) member.uselessSinceNs = undefined;
    else member.uselessSinceNs ??= nowNs;
    const useless = member.uselessSinceNs === undefined ? 0 : Number(nowNs - member.uselessSinceNs) / 1e9;
    return useless >= Math.max(USELESS_SECONDS, USELESS_POLLS * 2 ** state.poll.interval())
      ? `is of no use (${fate})`
      : undefined;
  }

  #ban(member: Member, nowNs: bigint): void {
    const oldest = this.#banned.keys().next().value;
    if (this.#banned.size >= MOST_BANNED && oldest !== undefined) this.#banned.delete(oldest);
    const untilNs = nowNs + BigInt(BANNED_SECONDS) * 1_000_000_000n;
    this.#banned.set(member.address, { untilNs, denied: member.denied });
  }

  #forgetBans(): void {
    const nowNs = this.context.scheduler.monotonic();
    for (const [address, { untilNs }] of this.#banned) if (untilNs <= nowNs) this.#banned.delete(address);
  }

  /** Nothing is left but what was let go: better that, next time, than nothing. Not those that denied us. */
  #forgive(): void {
    this.#desperate = true;
    for (const [address, { denied }] of this.#banned) if (!denied) this.#banned.delete(address);
  }
}
