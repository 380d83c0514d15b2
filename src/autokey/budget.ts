/**
 * Whose request of a dance is answered next, and when: the share of the processor, a bounded queue that is fair by client,
 * one step of a client at a time, and bounds on what goes out in answers that are longer than their requests (any forged
 * sender can compute the MAC of a request, so they could be turned on somebody else). What exceeds these waits its turn and
 * is dropped when the wait is too long. Pure: seconds are passed in, from any clock that only goes on.
 *
 * Who is one caller, and what it may draw in answers longer than their requests:
 *
 * | sender                                          | one caller is  | a caller, at most          | all of them, at most         |
 * | ----------------------------------------------- | -------------- | -------------------------- | ---------------------------- |
 * | anybody                                         | its /24 or /56 | 4 answers/s, 8 kB a minute | 16 answers/s, 64 kB a minute |
 * | proven: repeats a time stamp that we sent there | its address    | 4 answers/s, 8 kB a minute | 64 answers/s, 1 MB a minute  |
 *
 * A client that goes on with its dance proves itself with its second request (proven-clients.ts), so the narrow bounds are
 * for those who never see an answer, and a whole LAN may dance at once after a power cut. A dance with keys of 2048 bits
 * draws about 4 kB in such answers: a client may do one right away and another every half minute. While proven and other
 * clients wait, they are served in turn.
 */
import { Allowance, CALLER_ANSWERS, CALLER_BYTES, TOTALS } from './allowance.js';
import { FairQueue, type Place } from './fair-queue.js';

/** Work saved up while nothing is asked, s of the processor: a dance or two at once. */
export const SAVED_SECONDS = 0.5;
/** Requests that wait at most. */
export const QUEUE_LENGTH = 64;
/** A client has asked again by then, s. */
export const LONGEST_WAIT = 4;
/** Buckets that have run empty are looked for when there are so many. */
const SWEEP_AT = 256;

export interface Caller {
  /** its address */
  readonly client: string;
  /** its address if it is proven, else its /24 or /56 */
  readonly group: string;
  readonly isProven: boolean;
}

export interface Asked<T> {
  readonly caller: Caller;
  /** of the whole packet */
  readonly requestBytes: number;
  /** the answer is no longer than this; absent: any length there is */
  readonly mostAnswerBytes?: number | undefined;
  readonly request: T;
}

export type Turn<T> =
  | { readonly type: 'serve'; readonly asked: Asked<T> }
  /** nothing can be begun for so long; Infinity: until done() or offer() */
  | { readonly type: 'rest'; readonly seconds: number };

export interface BudgetCounts {
  readonly served: number;
  /** the client asked again before its turn came */
  readonly superseded: number;
  /** the queue was full */
  readonly crowded: number;
  /** its turn did not come in time */
  readonly late: number;
  /** of answers longer than their requests, and of those requests */
  readonly longBytesOut: number;
  readonly longBytesIn: number;
}

interface Waiting<T> extends Asked<T>, Place {
  readonly until: number;
}

type Kind = keyof typeof TOTALS;
const KINDS: readonly Kind[] = ['anybody', 'proven'];
const kindOf = <T>({ caller }: Asked<T>): Kind => (caller.isProven ? 'proven' : 'anybody');

export class DanceBudget<T> {
  readonly #queues = { anybody: new FairQueue<Waiting<T>>(), proven: new FairQueue<Waiting<T>>() };
  readonly #totals = {
    anybody: new Allowance(TOTALS.anybody.answers, TOTALS.anybody.bytes),
    proven: new Allowance(TOTALS.proven.answers, TOTALS.proven.bytes),
  };
  readonly #callers = new Map<string, Allowance>();
  readonly #counts = { served: 0, superseded: 0, crowded: 0, late: 0, longBytesOut: 0, longBytesIn: 0 };
  #share: number;
  #credit = SAVED_SECONDS;
  #creditAt = 0;
  #serving: Waiting<T> | undefined;
  #lastKind: Kind = 'anybody';

  /** `share` of one processor, 0 < share <= 1. */
  constructor(share: number) {
    this.#share = share;
  }

  get share(): number {
    return this.#share;
  }

  setShare(share: number): void {
    this.#share = share;
  }

  get waiting(): number {
    return this.#queues.anybody.length + this.#queues.proven.length;
  }
  get counts(): BudgetCounts {
    return { ...this.#counts };
  }

  /** Takes a request into the queue, in place of one of the same client that waits. False: there is no room. */
  offer(now: number, asked: Asked<T>): boolean {
    const { client, group } = asked.caller;
    const waiting: Waiting<T> = { ...asked, client, group, until: now + LONGEST_WAIT };
    const queue = this.#queues[kindOf(asked)];
    if (!queue.has(waiting) && this.waiting >= QUEUE_LENGTH) {
      this.#counts.crowded += 1;
      if (!this.#makeRoom(asked, queue.sizeOf(group) + 1)) return false;
    }
    if (queue.put(waiting)) this.#counts.superseded += 1;
    return true;
  }

  /** What to do next; 'serve' is to be followed by done(). */
  take(now: number): Turn<T> {
    for (const kind of KINDS) this.#counts.late += this.#queues[kind].drop(({ until }) => now > until);
    if (this.#serving !== undefined || this.waiting === 0)
      return { type: 'rest', seconds: Number.POSITIVE_INFINITY };
    this.#save(now);
    if (this.#credit <= 0) return { type: 'rest', seconds: -this.#credit / this.#share };
    let seconds = LONGEST_WAIT;
    for (const kind of KINDS.toSorted((a, b) => Number(a === this.#lastKind) - Number(b === this.#lastKind)))
      for (const waiting of this.#queues[kind].heads()) {
        const wait = this.#wait(now, waiting);
        seconds = Math.min(seconds, wait);
        if (wait > 0) continue;
        this.#queues[kind].take(waiting);
        this.#serving = waiting;
        this.#lastKind = kind;
        return { type: 'serve', asked: waiting };
      }
    return { type: 'rest', seconds };
  }

  /** The request given last is answered: so many seconds of work, so many bytes; 0: no answer goes out. */
  done(now: number, seconds: number, answerBytes: number): void {
    const served = this.#serving;
    this.#serving = undefined;
    this.charge(now, seconds);
    if (served === undefined) return;
    this.#counts.served += 1;
    if (answerBytes <= served.requestBytes) return;
    this.#counts.longBytesOut += answerBytes;
    this.#counts.longBytesIn += served.requestBytes;
    const own = this.#callers.get(served.group) ?? new Allowance(CALLER_ANSWERS, CALLER_BYTES);
    this.#callers.set(served.group, own);
    own.spend(now, answerBytes);
    this.#totals[kindOf(served)].spend(now, answerBytes);
    // The bounds of all together keep this map small: what is in it is not empty, but for the last few.
    if (this.#callers.size % SWEEP_AT === 0)
      for (const [group, allowance] of this.#callers) if (allowance.isEmpty(now)) this.#callers.delete(group);
  }

  /** Work that was done for the answers to come. */
  charge(now: number, seconds: number): void {
    this.#save(now);
    this.#credit -= seconds;
  }

  /** Work that nobody asked for: it may use up what was saved, and as much again, and no client waits longer for it. */
  chargeOwn(now: number, seconds: number): void {
    this.#save(now);
    this.#credit = Math.min(this.#credit, Math.max(-SAVED_SECONDS, this.#credit - seconds));
  }

  #wait(now: number, waiting: Waiting<T>): number {
    const most = waiting.mostAnswerBytes;
    // Nothing to turn on anybody: so a client shows that it is there though others use up its network's share.
    if (most !== undefined && most <= waiting.requestBytes) return 0;
    const own = this.#callers.get(waiting.group)?.wait(now, most) ?? 0;
    return Math.max(own, this.#totals[kindOf(waiting)].wait(now, most));
  }

  #save(now: number): void {
    const elapsed = Math.max(0, now - this.#creditAt);
    this.#credit = Math.min(SAVED_SECONDS, this.#credit + elapsed * this.#share);
    this.#creditAt = now;
  }

  /** Proven clients push out others; else whoever has most waiting, if that is more than the newcomer would have. */
  #makeRoom(asked: Asked<T>, size: number): boolean {
    const { anybody, proven } = this.#queues;
    if (!asked.caller.isProven) return anybody.largest > size && anybody.shrink();
    return anybody.shrink() || (proven.largest > size && proven.shrink());
  }
}
