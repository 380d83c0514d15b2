/**
 * How soon another packet may follow, so that no server says RATE: its own arithmetic (`discard average 3 minimum 2`, what
 * servers bear by default) kept on our side, with some in hand for other programs of this host. Knows no timers.
 * Source: ntpd 4.2.8p15 ntp_monitor.c, as in auth/rate-limit.ts.
 */
import { RateLimiter, VERDICT } from '../../auth/rate-limit.js';
import { secondsToNs } from '../../units/time.js';
import { BURST_SPACING } from '../constants.js';

/** What is left unused: one packet's worth. */
const IN_HAND = 8;

/** Servers want 2 s, give a second of grace, and round. */
const SPACING = 0.8;
const HEADWAY = 8;

export class SendCredit {
  readonly #limiter = new RateLimiter({ averageLog2: 3, minimumSeconds: 2 });
  #score = 0;
  #lastNs: bigint | undefined;

  /** A packet leaves now (monotonic ns). */
  sent(nowNs: bigint): void {
    this.#limiter.judge(this.#score, this.#elapsed(nowNs));
    this.#score = this.#lastNs === undefined ? 0 : this.#limiter.score;
    this.#lastNs = nowNs;
  }

  /** Seconds from now (monotonic ns) to the next packet of a dance or of the burst it is in: 0.8, 2, or 8, always borne. */
  spacing(nowNs: bigint): number {
    const isBorne = (seconds: number) => this.#allows(nowNs + secondsToNs(seconds));
    return [SPACING, BURST_SPACING].find(isBorne) ?? HEADWAY;
  }

  /** Would servers bear one more at that time? */
  #allows(atNs: bigint): boolean {
    if (this.#lastNs === undefined) return true;
    return this.#limiter.judge(this.#score + IN_HAND, this.#elapsed(atNs)) === VERDICT.pass;
  }

  #elapsed(nowNs: bigint): number {
    return this.#lastNs === undefined ? 0 : Math.floor(Number(nowNs - this.#lastNs) / 1e9 + 0.5);
  }
}
