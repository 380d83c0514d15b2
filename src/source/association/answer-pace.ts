/**
 * When a symmetric association with Autokey sends beside its polls: answers at once where the peer bears it, two seconds
 * apart where something was lost, and no more than a budget allows. Pure: times are passed in, monotonic seconds.
 *
 * A peer of the reference's sends at most every 2 s, so that one packet for each of its own keeps to its rate limit (2 s,
 * and 8 s in the mean); two noonmarks go at the pace of their public-key work until the dance is over. Two packets in a row
 * make the older reference daemons lose track of the origin timestamp, so a packet is tried again only after a while.
 * Sources: old-reference.md §3 (timing) and §6; ntpd 4.2.8p15 ntp_monitor.c (`discard`).
 */

/** Packets at once, and how long each takes to come back, s. */
const CREDIT = 24;
const REFILL_SECONDS = 4;
/** Between two packets of ours, s. */
const QUICK_SECONDS = 0.1;
const PATIENT_SECONDS = 2;
/** Until a packet that brought nothing is followed by another, s: twice what an answer of the reference takes. */
const RETRY_SECONDS = 4;
const MAX_RETRIES = 3;
/** One packet is lost by chance; two, and the peer wants more time between them. */
const LOSSES_TO_PATIENCE = 2;

export class AnswerPace {
  #credit = CREDIT;
  #countedAt = Number.NEGATIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  #losses = 0;
  #retries = 0;
  /** no packet of the peer since our last */
  #isUnanswered = false;

  /** Seconds since our last packet. */
  idle(now: number): number {
    return now - this.#sentAt;
  }

  /** Was our last packet the last of both? */
  get isUnanswered(): boolean {
    return this.#isUnanswered;
  }

  sent(now: number): void {
    this.#credit = Math.max(0, this.#has(now) - 1);
    this.#countedAt = now;
    this.#sentAt = now;
    this.#isUnanswered = true;
  }

  heard(): void {
    this.#isUnanswered = false;
    this.#retries = 0;
  }

  /** Seconds until an answer may leave; undefined: it waits for the next poll. */
  answerIn(now: number): number | undefined {
    if (this.#has(now) < 1) return undefined;
    const spacing = this.#losses >= LOSSES_TO_PATIENCE ? PATIENT_SECONDS : QUICK_SECONDS;
    return Math.max(0, spacing - this.idle(now));
  }

  /** Seconds after a packet with a question until it is put again; undefined: at the next poll. */
  retryIn(now: number): number | undefined {
    if (this.#retries >= MAX_RETRIES || this.#has(now) < 1) return undefined;
    return RETRY_SECONDS;
  }

  /** It is put again now: something was lost, perhaps because it came too soon. */
  retry(): void {
    this.#retries += 1;
    this.#losses += 1;
  }

  #has(now: number): number {
    return Math.min(CREDIT, this.#credit + Math.max(0, now - this.#countedAt) / REFILL_SECONDS);
  }
}
