/**
 * The client associations that a pool or a manycast search has made: how many there may be, which addresses are taken, and
 * which of them are let go because they are dead, wrong, superfluous or hostile. Never one address twice, never our own.
 * Where addresses come from is pool.ts's and manycast-search.ts's.
 * Sources: ntpd 4.2.8's discover.html (pool and manycast schemes, preemption); RFC 8633 §3.2, §4.5.
 */
import type { AssociationConfig } from '../config/types.js';
import { canonicalAddress } from './address.js';
import { ClientAssociation } from './association/client.js';
import type { AssociationContext, SourceHost } from './association/context.js';
import type { SourceView } from './types.js';

/** A member that has not answered this many polls in a row, or at first this many seconds, is dead. */
const DEAD_POLLS = 10;
const DEAD_AT_FIRST_SECONDS = 120;
/** A member that is a falseticker, unsynchronised or superfluous for this long (s, and polls) is let go. */
const USELESS_SECONDS = 1800;
const USELESS_POLLS = 4;
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

/** What asks or is asked: neither the line that finds others, nor one that only speaks. */
export const isCounted = ({ kind, configured }: SourceView): boolean =>
  kind !== 'broadcast' && !((kind === 'pool' || kind === 'manycast') && configured);

export class Members {
  readonly #members = new Map<number, Member>();
  /** by address; oldest first, as a Map keeps the order of insertion */
  readonly #banned = new Map<string, { readonly untilNs: bigint; readonly denied: boolean }>();

  /** `config`: the line that wants them; its members are asked as it says. */
  constructor(
    private readonly config: AssociationConfig,
    private readonly kind: 'pool' | 'manycast',
    private readonly context: AssociationContext,
    private readonly host: SourceHost,
  ) {}

  get ids(): readonly number[] {
    return [...this.#members.keys()];
  }
  get size(): number {
    return this.#members.size;
  }
  /** Does any of them answer? */
  get isAnyReached(): boolean {
    return [...this.#members.values()].some(({ association }) => association.state.poll.reach !== 0);
  }

  stop(): void {
    for (const id of this.ids) this.host.remove(id);
    this.#members.clear();
  }

  /** How many more associations `tos maxclock` allows, over all of them and servers. */
  room(): number {
    return this.context.tos.maxclock - this.host.all().filter((source) => isCounted(source.view())).length;
  }

  isTaken(address: string): boolean {
    if (this.#banned.has(address) || this.context.ownAddresses().has(address)) return true;
    return this.host
      .all()
      .some((source) => isCounted(source.view()) && canonicalAddress(source.view().address) === address);
  }

  /** An association with this address, started. `port`: of its answers, if it told one. */
  mobilise(address: string, port: number = this.config.port): void {
    const { config, kind, context, host } = this;
    const id = host.nextId();
    const association = new ClientAssociation(
      { id, kind, hostMode: 3, name: config.host, config: { ...config, port }, configured: false },
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

  /** Lets go of those that are of no use. Answers how many of them had answered before. */
  review(): number {
    const nowNs = this.context.scheduler.monotonic();
    const lastAnswerNs = this.host
      .all()
      .map((source) => source.view())
      .filter((view) => view.kind !== 'refclock')
      .reduce((last, view) => (view.receivedTimeNs > last ? view.receivedTimeNs : last), 0n);
    let answered = 0;
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
      if (member.association.state.receivedTimeNs !== 0n) answered += 1;
    }
    return answered;
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

  forgetOldBans(): void {
    const nowNs = this.context.scheduler.monotonic();
    for (const [address, { untilNs }] of this.#banned) if (untilNs <= nowNs) this.#banned.delete(address);
  }

  /** Nothing is left but what was let go: better that, next time, than nothing. Not those that denied us. */
  forgive(): void {
    for (const [address, { denied }] of this.#banned) if (!denied) this.#banned.delete(address);
  }
}
