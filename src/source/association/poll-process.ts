/**
 * When to poll: the interval between minpoll and maxpoll, bursts, the reach register, back-off from the unreachable and
 * from servers that say RATE. Sends nothing and reads no clock; its owner calls turn() at each poll.
 * Sources: RFC 5905 §13, A.5.7 (poll process), A.5.5.6 (the counter that moves the interval), §7.4 (RATE).
 */
import type { Random } from '../../ports/random.js';
import { BURST_PACKETS, BURST_SPACING, MAX_POLL, MIN_POLL, UNREACH_LIMIT } from '../constants.js';

/**
 * The poll counter's threshold (RFC 5905 LIMIT), and how many path jitters a surprise may have to be calm: half of RFC
 * 5905's PGATE, because what the path explains has been taken out of it.
 */
const COUNTER_LIMIT = 30;
const CALM_JITTERS = 2;
const HEADWAY = 2 ** MIN_POLL;
/** The interval is varied by as much either way, so that clients do not march in step. */
const DITHER = 1 / 32;
/** Least exponent for a near server whose line names none: what servers bear by default. */
const NEAR_POLL = 3;
/** Polls that the estimator's memory should hold: with fewer, the clock wanders between them more than they can tell. */
const POLLS_REMEMBERED = 12;
/** A kiss may slow us down to this at most, lest a forged one silence us for days. */
const RATE_LIMIT_POLL = 12;

export interface PollOptions {
  readonly minpoll: number;
  readonly maxpoll: number;
  readonly iburst: boolean;
  readonly burst: boolean;
  /** false: minpoll is a default, and a server that is near is asked more often; default true */
  readonly minpollWritten?: boolean | undefined;
  /** symmetric modes: poll no slower than the peer does; a server only echoes what we said */
  readonly followsPeer: boolean;
}

export interface PollTurn {
  /** three polls in a row brought nothing */
  readonly missed: boolean;
  /** it was reachable until now */
  readonly lost: boolean;
}

export class PollProcess {
  /** eight bits, newest lowest: which polls were answered */
  reach = 0;
  /** polls since it was last reachable */
  unreach = 0;
  hostPoll: number;
  /** the peer's own exponent, as its packets say */
  peerPoll: number;
  /** packets of the burst still to come */
  burst = 0;
  /** seconds by which we are ahead of one packet per 8 s, what servers bear by default (`discard average 3`) */
  headwaySeconds = 0;
  #counter = 0;
  #minpoll: number;
  #maxpoll: number;
  #iburst: boolean;
  #backedOff = false;

  constructor(private readonly options: PollOptions) {
    this.#minpoll = Math.max(0, Math.min(options.minpoll, MAX_POLL));
    this.#maxpoll = Math.max(this.#minpoll, Math.min(options.maxpoll, MAX_POLL));
    this.#iburst = options.iburst;
    this.hostPoll = this.#minpoll;
    this.peerPoll = this.#maxpoll;
  }

  get minpoll(): number {
    return this.#minpoll;
  }

  /** The server is near, or is not (any more). */
  approach(near: boolean): void {
    const { minpoll, minpollWritten } = this.options;
    if (minpollWritten !== false || this.#backedOff) return;
    const least = near ? Math.min(NEAR_POLL, minpoll) : minpoll;
    if (least === this.#minpoll) return;
    this.#minpoll = least;
    this.#setPoll(near ? least : this.hostPoll);
  }

  /** Now is the time to send; call before sending. `fit`: it may be selected (for `burst`). */
  turn(fit: boolean): PollTurn {
    if (this.burst > 0) {
      this.burst -= 1;
      return { missed: false, lost: false };
    }
    const before = this.reach;
    this.reach = (this.reach << 1) & 0xff;
    const lost = before !== 0 && this.reach === 0;
    if (this.reach === 0) {
      if (this.#iburst && this.unreach === 0) this.#startBurst();
      else if (this.unreach >= UNREACH_LIMIT) this.#setPoll(this.hostPoll + 1);
      this.unreach += 1;
    } else {
      this.unreach = 0;
      if (this.options.burst && fit) this.#startBurst();
    }
    return { missed: (this.reach & 7) === 0, lost };
  }

  /** Seconds until the next turn; call after sending. `spacing`: within a burst, s. */
  nextSeconds(random: Random, spacing = BURST_SPACING): number {
    const interval = 2 ** this.interval();
    const next = this.burst > 0 ? spacing : interval * (1 + DITHER * (2 * random.uniform() - 1));
    this.headwaySeconds = Math.max(0, this.headwaySeconds + HEADWAY - next);
    return next;
  }

  /** The exponent in force: ours or, in symmetric modes, the peer's if that is shorter; within bounds. */
  interval(): number {
    const wanted = this.options.followsPeer ? Math.min(this.hostPoll, this.peerPoll) : this.hostPoll;
    return Math.max(this.#minpoll, Math.min(wanted, this.#maxpoll));
  }

  /** A valid answer came. True: it was unreachable until now, and the next poll is to be planned anew (nextSeconds). */
  answered(peerPoll: number): boolean {
    const wasLost = this.reach === 0;
    this.reach |= 1;
    this.peerPoll = Math.max(MIN_POLL, Math.min(peerPoll, MAX_POLL));
    if (wasLost) {
      this.hostPoll = this.#minpoll;
      this.#counter = 0;
      this.unreach = 0;
      if (this.#iburst && this.burst === 0) this.#startBurst();
    }
    return wasLost;
  }

  /**
   * A sample was taken: `surpriseSeconds` is how far it was from what was expected, `jitterSeconds` what the path
   * makes usual. While it is calm the interval grows, else it shrinks, twice as fast. (RFC 5905 compares the offset with
   * the jitter of the clock, which takes a wandering clock's own wander for noise and a constant asymmetry for unrest.)
   * It grows no longer than lets `memorySeconds`, what the estimate rests on, hold enough polls.
   */
  settled(surpriseSeconds: number, jitterSeconds: number, memorySeconds = Number.POSITIVE_INFINITY): void {
    if (this.burst > 0) return;
    const remembered = memorySeconds / 2 ** this.hostPoll;
    if (surpriseSeconds < CALM_JITTERS * jitterSeconds && remembered >= POLLS_REMEMBERED / 2) {
      if (remembered < 2 * POLLS_REMEMBERED) return;
      this.#counter += Math.max(this.hostPoll, 1);
      if (this.#counter > COUNTER_LIMIT) this.#setPoll(this.hostPoll + 1);
    } else {
      this.#counter -= 2 * Math.max(this.hostPoll, 1);
      if (this.#counter < -COUNTER_LIMIT) this.#setPoll(this.hostPoll - 1);
    }
  }

  /**
   * The server says RATE, with the exponent it can bear: never poll faster than that again, in any case slower than
   * before, and never in bursts.
   */
  backOff(pollExponent: number): void {
    const asked = Math.max(this.#minpoll + 1, Math.min(pollExponent, RATE_LIMIT_POLL));
    this.#minpoll = Math.max(this.#minpoll, Math.min(asked, RATE_LIMIT_POLL));
    this.#maxpoll = Math.max(this.#maxpoll, this.#minpoll);
    this.#backedOff = true;
    this.#iburst = false;
    this.burst = 0;
    this.#setPoll(Math.max(this.hostPoll, this.#minpoll));
  }

  /** Begins anew, for another address; what RATE taught is forgotten with the server that said it. */
  restart(): void {
    this.#backedOff = false;
    this.#minpoll = Math.max(0, Math.min(this.options.minpoll, MAX_POLL));
    this.#maxpoll = Math.max(this.#minpoll, Math.min(this.options.maxpoll, MAX_POLL));
    this.#iburst = this.options.iburst;
    this.#counter = 0;
    this.hostPoll = this.#minpoll;
    this.peerPoll = this.#maxpoll;
    this.reach = 0;
    this.unreach = 0;
    this.burst = 0;
  }

  /** The packet now being sent is the burst's first; none while the last one still counts. */
  #startBurst(): void {
    if (this.headwaySeconds > HEADWAY) return;
    this.burst = BURST_PACKETS - 1;
  }

  #setPoll(exponent: number): void {
    this.#counter = 0;
    this.hostPoll = Math.max(this.#minpoll, Math.min(exponent, this.#maxpoll));
  }
}
