/**
 * Bounds on what goes out in answers that are longer than their requests: any forged sender can compute the MAC of a request,
 * so they could be turned on somebody else. Who is one caller, and what it may draw, stands in budget.ts. Pure: seconds are
 * passed in, from any clock that only goes on.
 */

/** A leaky bucket: `rate` a second run out, `burst` fit in. */
interface Measure {
  readonly rate: number;
  readonly burst: number;
}

const perMinute = (bytes: number): Measure => ({ rate: bytes / 60, burst: bytes });

export const CALLER_ANSWERS: Measure = { rate: 4, burst: 4 };
export const CALLER_BYTES: Measure = perMinute(8192);
export const TOTALS = {
  anybody: { answers: { rate: 16, burst: 16 }, bytes: perMinute(65_536) },
  proven: { answers: { rate: 64, burst: 64 }, bytes: perMinute(1_048_576) },
} as const;

/** No answer is longer; so much must fit before one is begun, so that the bounds hold to the byte. */
const MOST_ANSWER = 2120;

class Bucket {
  #held = 0;
  #at = 0;
  constructor(readonly measure: Measure) {}

  level(now: number): number {
    this.#held = Math.max(0, this.#held - Math.max(0, now - this.#at) * this.measure.rate);
    this.#at = now;
    return this.#held;
  }

  /** Seconds until so much fits in; 0: now. */
  wait(now: number, amount: number): number {
    return Math.max(0, (this.level(now) + amount - this.measure.burst) / this.measure.rate);
  }

  pour(now: number, amount: number): void {
    this.#held = this.level(now) + amount;
  }
}

/** How many long answers, and how many bytes in them, one caller or all may draw. */
export class Allowance {
  readonly #answers: Bucket;
  readonly #bytes: Bucket;
  constructor(answers: Measure, bytes: Measure) {
    this.#answers = new Bucket(answers);
    this.#bytes = new Bucket(bytes);
  }
  /** Seconds until an answer of at most so many bytes may go out; 0: now. */
  wait(now: number, most = MOST_ANSWER): number {
    return Math.max(this.#answers.wait(now, 1), this.#bytes.wait(now, most));
  }
  spend(now: number, bytes: number): void {
    this.#answers.pour(now, 1);
    this.#bytes.pour(now, bytes);
  }
  isEmpty(now: number): boolean {
    return this.#answers.level(now) === 0 && this.#bytes.level(now) === 0;
  }
}

/** Callers that have not shown that they receive what is sent to them, each and all together. */
export class AnswerBounds {
  readonly #total = new Allowance(TOTALS.anybody.answers, TOTALS.anybody.bytes);
  readonly #callers = new Map<string, Allowance>();

  /** May a packet of so many bytes go to a caller of this group now? It is counted then. */
  admit(now: number, group: string, bytes: number): boolean {
    const own = this.#callers.get(group) ?? new Allowance(CALLER_ANSWERS, CALLER_BYTES);
    if (own.wait(now, bytes) > 0 || this.#total.wait(now, bytes) > 0) return false;
    for (const [other, allowance] of this.#callers) if (allowance.isEmpty(now)) this.#callers.delete(other);
    this.#callers.set(group, own);
    own.spend(now, bytes);
    this.#total.spend(now, bytes);
    return true;
  }
}
