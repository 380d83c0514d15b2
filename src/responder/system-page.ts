/**
 * The system variables in shared memory: eight slots, one writer (main), any number of readers (the responder).
 * The writer fills the next slot word by word with Atomics.store and then stores its index; the reader takes the index
 * and every word with Atomics.load, so the order holds on weakly ordered processors too (design: System variables).
 * It knows no packet; respond.ts turns what is read here into one.
 *
 * Words of a slot (32 bits each; pairs hold a float64 and start at even words):
 *
 * | word   | field                                                                   |
 * | ------ | ----------------------------------------------------------------------- |
 * | 0      | generation                                                              |
 * | 1      | leap, stratum << 8, precision << 16                                     |
 * | 2      | root delay, 16.16 s                                                     |
 * | 3      | reference ID                                                            |
 * | 4, 5   | reference time, 32.32 s                                                 |
 * | 6      | root dispersion at its moment, s                                        |
 * | 8      | growth of the root dispersion, s/s                                      |
 * | 10, 12 | that moment, served Unix time: seconds (float64), nanoseconds           |
 * | 14, 13 | stamp map's anchor, kernel clock: seconds (float64), nanoseconds        |
 * | 16, 20 | stamp map's anchor, served clock: seconds (float64), nanoseconds        |
 * | 18     | stamp map's rate                                                        |
 */
import type { Leap, StampMap } from '../ports/clock.js';
import { NS_PER_SECOND, secondsToShort, unixNsToNtp } from '../units/time.js';

export interface SystemVariables {
  readonly leap: Leap;
  /** 1..15; anything else, like leap 3, means unsynchronised and is published as leap 3, stratum 16 */
  readonly stratum: number;
  /** log2 s */
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  /** at `dispersionAtNs`; the reader extrapolates */
  readonly rootDispersionSeconds: number;
  /** s/s, e.g. 15e-6 (RFC 5905 PHI) */
  readonly dispersionGrowth: number;
  /** served time, Unix ns */
  readonly dispersionAtNs: bigint;
  /** 4 bytes as on the wire */
  readonly refid: Uint8Array;
  /** Unix ns; 0n: never */
  readonly referenceTimeNs: bigint;
  readonly stampMap: StampMap;
}

const SLOTS = 8;
const SLOT_WORDS = 24;
const FIRST_SLOT_WORD = 8;
const STRATUM_UNSYNCHRONISED = 16;

const WORD = {
  generation: 0,
  flags: 1,
  rootDelay: 2,
  refid: 3,
  referenceSeconds: 4,
  referenceFraction: 5,
  rootDispersion: 6,
  growth: 8,
  momentSeconds: 10,
  momentNanoseconds: 12,
  kernelNanoseconds: 13,
  kernelSeconds: 14,
  servedSeconds: 16,
  rate: 18,
  servedNanoseconds: 20,
} as const;

const slotWord = (generation: number): number => FIRST_SLOT_WORD + (generation & (SLOTS - 1)) * SLOT_WORDS;

/** Memory for a page that says "unsynchronised" until the first publish. */
export function createSystemPage(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4 * (FIRST_SLOT_WORD + SLOTS * SLOT_WORDS));
  new SystemPageWriter(memory).publish({
    leap: 3,
    stratum: STRATUM_UNSYNCHRONISED,
    precisionLog2: -20,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    dispersionGrowth: 0,
    dispersionAtNs: 0n,
    refid: Uint8Array.from([0x49, 0x4e, 0x49, 0x54]), // INIT
    referenceTimeNs: 0n,
    stampMap: { anchorKernelNs: 0n, anchorServedNs: 0n, rate: 0 },
  });
  return memory;
}

const floorSeconds = (ns: bigint): bigint => {
  const seconds = ns / NS_PER_SECOND;
  return ns < seconds * NS_PER_SECOND ? seconds - 1n : seconds;
};

/** The only writer of a page. */
export class SystemPageWriter {
  readonly #page: Int32Array;
  readonly #words = new Int32Array(SLOT_WORDS);
  readonly #doubles = new Float64Array(this.#words.buffer);

  constructor(memory: SharedArrayBuffer) {
    this.#page = new Int32Array(memory);
  }

  publish(variables: SystemVariables): void {
    const words = this.#words;
    const generation = (Atomics.load(this.#page, 0) + 1) | 0;
    const { stratum, refid } = variables;
    const synchronised = variables.leap !== 3 && stratum >= 1 && stratum < STRATUM_UNSYNCHRONISED;
    const flags = synchronised ? variables.leap | (stratum << 8) : 3 | (STRATUM_UNSYNCHRONISED << 8);
    words[WORD.generation] = generation;
    words[WORD.flags] = flags | ((variables.precisionLog2 & 0xff) << 16);
    words[WORD.rootDelay] = secondsToShort(variables.rootDelaySeconds);
    words[WORD.refid] =
      ((refid[0] ?? 0) << 24) | ((refid[1] ?? 0) << 16) | ((refid[2] ?? 0) << 8) | (refid[3] ?? 0);
    const reference = variables.referenceTimeNs === 0n ? 0n : unixNsToNtp(variables.referenceTimeNs);
    words[WORD.referenceSeconds] = Number(BigInt.asIntN(32, reference >> 32n));
    words[WORD.referenceFraction] = Number(BigInt.asIntN(32, reference));
    this.#doubles[WORD.rootDispersion / 2] = variables.rootDispersionSeconds;
    this.#doubles[WORD.growth / 2] = variables.dispersionGrowth;
    this.#doubles[WORD.rate / 2] = variables.stampMap.rate;
    this.#time(WORD.momentSeconds, WORD.momentNanoseconds, variables.dispersionAtNs);
    this.#time(WORD.kernelSeconds, WORD.kernelNanoseconds, variables.stampMap.anchorKernelNs);
    this.#time(WORD.servedSeconds, WORD.servedNanoseconds, variables.stampMap.anchorServedNs);
    const at = slotWord(generation);
    for (let i = 0; i < SLOT_WORDS; i += 1) Atomics.store(this.#page, at + i, words[i] ?? 0);
    Atomics.store(this.#page, 0, generation);
  }

  #time(secondsWord: number, nanosecondsWord: number, ns: bigint): void {
    const seconds = floorSeconds(ns);
    this.#doubles[secondsWord / 2] = Number(seconds);
    this.#words[nanosecondsWord] = Number(ns - seconds * NS_PER_SECOND);
  }
}

/**
 * A reader with its own copy: refresh() takes a consistent snapshot, the getters read it. Allocates nothing.
 * mapStamp() puts a kernel stamp on the served clock; its result stands in servedSeconds … ntpFraction.
 */
export class SystemPageReader {
  readonly #page: Int32Array;
  readonly #words = new Int32Array(SLOT_WORDS);
  readonly #doubles = new Float64Array(this.#words.buffer);
  /** of the last mapStamp(): served Unix time */
  servedSeconds = 0;
  servedNanoseconds = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#page = new Int32Array(memory);
    this.refresh();
  }

  /** Copies the newest slot. Repeats only if seven newer ones were published while it read. */
  refresh(): void {
    for (;;) {
      const generation = Atomics.load(this.#page, 0);
      const at = slotWord(generation);
      for (let i = 0; i < SLOT_WORDS; i += 1) this.#words[i] = Atomics.load(this.#page, at + i);
      if (((Atomics.load(this.#page, 0) - generation) | 0) < SLOTS - 1) return;
    }
  }

  /** counts publishes; wraps at 2^32 */
  get generation(): number {
    return this.#words[WORD.generation]! >>> 0;
  }
  get leap(): number {
    return this.#words[WORD.flags]! & 3;
  }
  /** 1..15, or 16: unsynchronised */
  get stratum(): number {
    return (this.#words[WORD.flags]! >> 8) & 0xff;
  }
  get precisionLog2(): number {
    return (this.#words[WORD.flags]! << 8) >> 24;
  }
  /** 16.16 s */
  get rootDelayShort(): number {
    return this.#words[WORD.rootDelay]! >>> 0;
  }
  get refid(): number {
    return this.#words[WORD.refid]! >>> 0;
  }
  get referenceSeconds(): number {
    return this.#words[WORD.referenceSeconds]! >>> 0;
  }
  get referenceFraction(): number {
    return this.#words[WORD.referenceFraction]! >>> 0;
  }

  /** Root dispersion, 16.16 s rounded up, extrapolated to a served Unix time. */
  rootDispersionShort(unixSeconds: number, nanoseconds: number): number {
    const elapsed =
      unixSeconds -
      this.#doubles[WORD.momentSeconds / 2]! +
      (nanoseconds - this.#words[WORD.momentNanoseconds]!) * 1e-9;
    const growth = elapsed > 0 ? elapsed * this.#doubles[WORD.growth / 2]! : 0;
    return secondsToShort(this.#doubles[WORD.rootDispersion / 2]! + growth);
  }

  /** served = anchorServed + (kernel - anchorKernel) * (1 + rate); ports/clock.ts applyStampMap, in numbers. */
  mapStamp(kernelSeconds: number, kernelNanoseconds: number): void {
    const seconds = kernelSeconds - this.#doubles[WORD.kernelSeconds / 2]!;
    const rate = this.#doubles[WORD.rate / 2]!;
    let ns = kernelNanoseconds - this.#words[WORD.kernelNanoseconds]!;
    if (rate !== 0) ns += Math.round((seconds * 1e9 + ns) * rate);
    ns += this.#words[WORD.servedNanoseconds]!;
    const carry = Math.floor(ns / 1e9);
    this.servedSeconds = this.#doubles[WORD.servedSeconds / 2]! + seconds + carry;
    this.servedNanoseconds = ns - carry * 1e9;
  }

  /** Upper half of the mapped stamp as an NTP timestamp of its era. */
  get ntpSeconds(): number {
    return (this.servedSeconds + 2_208_988_800) >>> 0;
  }
  /** Lower half, 2^-32 s. */
  get ntpFraction(): number {
    return ntpFraction(this.servedNanoseconds);
  }
}

/**
 * Nanoseconds 0 .. 999,999,999 to 2^-32 s, rounded to nearest as units/time.ts unixNsToNtp does.
 * 2^32 / 10^9 = 2^23 / 5^9, so the product below is exact in a float64 and never half way between two results.
 */
export function ntpFraction(nanoseconds: number): number {
  const product = nanoseconds * 8_388_608;
  const quotient = Math.floor(product / 1_953_125);
  const rest = product - quotient * 1_953_125;
  return 2 * rest > 1_953_125 ? quotient + 1 : quotient;
}
