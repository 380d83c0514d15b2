/**
 * The rate limit of `restrict limited kod` and `discard`: a leaky bucket per client, as arithmetic on two numbers.
 * Where scores are kept is responder/client-table.ts; what a verdict does to a packet is responder/respond.ts.
 * Source: ntpd 4.2.8p15, ntp_monitor.c ntp_monitor() and its comment (RFC 5905 §7.4 asks for KoD RATE).
 */
export interface RatePolicy {
  /** log2 s between packets on average, `discard average`, default 3 */
  readonly averageLog2: number;
  /** s, the least gap, `discard minimum`, default 2; one second of grace is given */
  readonly minimumSeconds: number;
}

/** pass; or over the limit, to be told so (at most once an average headway); or over the limit, in silence. */
export const VERDICT = { pass: 0, tell: 1, silent: 2 } as const;

/** Eight average gaps may be used up in a burst (NTP_SHIFT). */
const BURST = 8;
/** Grace of two seconds on each headway. */
const HEADWAY_GRACE = 2;

/** Judges one packet at a time; the new score stands in `score`. Allocates nothing. */
export class RateLimiter {
  /** of the last judge(): 0 .. 9 * 2^average */
  score = 0;
  #headway = 8;
  #minimum = 2;

  constructor(policy: RatePolicy) {
    this.setPolicy(policy);
  }

  setPolicy({ averageLog2, minimumSeconds }: RatePolicy): void {
    this.#headway = 2 ** Math.max(0, Math.min(17, averageLog2));
    this.#minimum = minimumSeconds;
  }

  /**
   * `score`: what the client had after its last packet; `elapsedSeconds` since then, whole seconds rounded to nearest.
   * A negative time means that the clock was stepped back: that is not the client's fault.
   */
  judge(score: number, elapsedSeconds: number): number {
    const elapsed = elapsedSeconds < 0 ? this.#minimum : elapsedSeconds;
    const limit = BURST * this.#headway;
    const left = Math.max(0, score - elapsed);
    const next = left + this.#headway;
    if (elapsed + 1 >= this.#minimum && next < limit) {
      this.score = Math.max(0, next - HEADWAY_GRACE);
      return VERDICT.pass;
    }
    if (left < limit) {
      this.score = limit + this.#headway;
      return VERDICT.tell;
    }
    this.score = left;
    return VERDICT.silent;
  }
}
