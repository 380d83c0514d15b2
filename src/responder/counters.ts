/**
 * The responder's counters in shared memory: one word each, added to by the responder's thread with Atomics, read by main.
 * Words wrap at 2^32; the reader adds up differences, so it must look more often than once in 2^32 packets.
 * Owns the names; what is counted when is decided in respond.ts and loop.ts.
 */
import type { Counters } from '../status/view.js';

/** Why a packet got no answer, as a closed union: shown by status and metrics. */
export const REFUSALS = [
  'too-short',
  'too-long',
  'bad-length',
  'bad-version',
  'bad-mode',
  'bad-mac-length',
  'port-zero',
  'ignored',
  'not-served',
  'no-query',
  'private-mode',
  'not-trusted',
  'flake',
  'rate',
  'crypto-nak',
  'autokey-network',
  'autokey-rate',
  'kiss-unauthentic',
  'multicast',
  'interface',
  'ring-full',
] as const;
export type Refusal = (typeof REFUSALS)[number];

const COUNTERS = [
  'received',
  'thisVersion',
  'oldVersion',
  'badFormat',
  'badAuthentication',
  'declined',
  'restricted',
  'rateLimited',
  'kodSent',
  'processed',
  'sent',
  'sendFailures',
  'droppedInput',
  'nakSent',
  'authenticated',
] as const satisfies readonly (keyof Counters)[];

export type CounterName = (typeof COUNTERS)[number];

/** An object with a value for each name; the one place that tells the compiler so. */
function byName<K extends string>(names: readonly K[], value: (index: number) => number): Record<K, number> {
  return Object.fromEntries(names.map((name, index) => [name, value(index)])) as Record<K, number>;
}

const FIRST_REFUSAL = COUNTERS.length;
/** Word of each counter. */
export const COUNT: Readonly<Record<CounterName, number>> = byName(COUNTERS, (i) => i);
/** Word of each refusal. */
export const REFUSAL: Readonly<Record<Refusal, number>> = byName(REFUSALS, (i) => FIRST_REFUSAL + i);

const WORDS = COUNTERS.length + REFUSALS.length;

export const createCounters = (): SharedArrayBuffer => new SharedArrayBuffer(4 * WORDS);

/** The counting side. */
export class CounterPage {
  readonly #words: Int32Array;
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }
  /** `word`: one of COUNT or REFUSAL. */
  add(word: number): void {
    Atomics.add(this.#words, word, 1);
  }
  addMany(word: number, n: number): void {
    Atomics.add(this.#words, word, n);
  }
}

/** The reading side: totals since it was made. */
export class CounterReader {
  readonly #words: Int32Array;
  readonly #last = new Uint32Array(WORDS);
  readonly #totals = new Float64Array(WORDS);
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }
  /** Takes over what was counted since the last call; to be called at least once a minute. */
  collect(): void {
    for (let i = 0; i < WORDS; i += 1) {
      const now = Atomics.load(this.#words, i) >>> 0;
      this.#totals[i]! += (now - this.#last[i]!) >>> 0;
      this.#last[i] = now;
    }
  }
  counters(): Counters {
    this.collect();
    return byName(COUNTERS, (i) => this.#totals[i]!);
  }
  refusals(): Readonly<Record<Refusal, number>> {
    this.collect();
    return byName(REFUSALS, (i) => this.#totals[FIRST_REFUSAL + i]!);
  }
}
