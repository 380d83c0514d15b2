/**
 * The clock filter: of the last eight samples of a source, the one with the shortest round trip speaks for it.
 * Owns the register, its dispersion and jitter; knows nothing of packets, polls or other sources.
 * Offsets are re-expressed by what the clock was moved since (Sample.movedSeconds), so a slew or a step spoils nothing.
 * Source: RFC 5905 §10 and A.5.2; sorting of aged samples and spike rule as ntpd 4.2.8 has them.
 */
import { ALLAN_INTERCEPT, FILTER_STAGES, MAX_DISPERSION, PHI, SPIKE_GATE } from './constants.js';
import type { Sample } from './types.js';

/** What the filter says of a source at one instant. */
export interface FilterEstimate {
  /** of the best sample, as it would read now */
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  /** weighted over all eight stages, empty ones at 16 s; grows at PHI */
  readonly dispersionSeconds: number;
  /** rms of the offsets about the best one, never below the precision */
  readonly jitterSeconds: number;
  /** the sample that speaks */
  readonly sample: Sample;
}

export type FilterVerdict =
  /** the estimate moved on: `sample` is the newly chosen one */
  | { readonly type: 'fresh'; readonly sample: Sample }
  /** the best sample is one that was used already */
  | { readonly type: 'old' }
  /** a popcorn spike: not believed unless it lasts */
  | { readonly type: 'spike'; readonly offsetSeconds: number };

/** Fewer samples than this know no jitter to judge a spike by (as many as bring the dispersion below 1.5 s). */
const SPIKE_WITNESSES = 4;

const ORDER_LIFE_NS = 16_000_000_000n;

const agedDispersion = (sample: Sample | undefined, nowNs: bigint): number =>
  sample === undefined
    ? MAX_DISPERSION
    : Math.min(
        MAX_DISPERSION,
        sample.dispersionSeconds + (PHI * Math.max(0, Number(nowNs - sample.monoNs))) / 1e9,
      );

/** The offset of an old sample as it would be measured now that the clock was moved further. */
export const offsetNow = (sample: Sample, movedSeconds: number): number =>
  sample.offsetSeconds - (movedSeconds - sample.movedSeconds);

export class ClockFilter {
  /** newest first; undefined: a stage that holds nothing */
  #stages: (Sample | undefined)[] = new Array<Sample | undefined>(FILTER_STAGES).fill(undefined);
  #current: Sample | undefined;
  #ordered: readonly Sample[] | undefined;
  #orderedAtNs = 0n;

  /** `precisionSeconds`: of our own clock; floor of the jitter. */
  constructor(private readonly precisionSeconds: number) {}

  /**
   * Takes a sample. `movedSeconds`: Phase.movedSeconds() now. `pollSeconds`: the interval between polls, for the spike
   * rule: after two intervals without a better word a spike is the truth.
   */
  add(sample: Sample, movedSeconds: number, pollSeconds: number): FilterVerdict {
    this.#shift(sample);
    const order = this.#order(sample.monoNs);
    const best = order[0] ?? sample;
    const last = this.#current;
    if (last !== undefined) {
      if (best.monoNs <= last.monoNs) return { type: 'old' };
      const change = Math.abs(offsetNow(best, movedSeconds) - offsetNow(last, movedSeconds));
      const age = Number(best.monoNs - last.monoNs) / 1e9;
      // The jitter of the others: with the spike in it, it would excuse itself.
      const others = order.filter((other) => other !== best);
      const jitter = this.#jitter(others, last, movedSeconds);
      if (others.length >= SPIKE_WITNESSES && change > SPIKE_GATE * jitter && age < 2 * pollSeconds)
        return { type: 'spike', offsetSeconds: offsetNow(best, movedSeconds) };
    }
    this.#current = best;
    return { type: 'fresh', sample: best };
  }

  /** Three polls in a row were not answered: an empty stage moves in, so that the dispersion tells. */
  addNothing(): void {
    this.#shift(undefined);
  }

  /** What is known now, or undefined before the first sample. `nowNs`: monotonic. */
  estimate(nowNs: bigint, movedSeconds: number): FilterEstimate | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const order = this.#order(nowNs);
    return {
      offsetSeconds: offsetNow(current, movedSeconds),
      delaySeconds: current.delaySeconds,
      dispersionSeconds: this.dispersion(nowNs),
      jitterSeconds: this.#jitter(order, current, movedSeconds),
      sample: current,
    };
  }

  /** Weighted dispersion of the eight stages, s: 15.9 when empty, below 1.5 after four samples. */
  dispersion(nowNs: bigint): number {
    const order = this.#order(nowNs);
    let sum = 0;
    for (let i = FILTER_STAGES - 1; i >= 0; i -= 1) sum = 0.5 * (sum + agedDispersion(order[i], nowNs));
    return sum;
  }

  /** The register as ntpq shows it: newest first, eight stages, offsets as they would read now. */
  stages(
    nowNs: bigint,
    movedSeconds: number,
  ): { readonly delaySeconds: number; readonly offsetSeconds: number; readonly dispersionSeconds: number }[] {
    return this.#stages.map((sample) => ({
      delaySeconds: sample?.delaySeconds ?? 0,
      offsetSeconds: sample === undefined ? 0 : offsetNow(sample, movedSeconds),
      dispersionSeconds: agedDispersion(sample, nowNs),
    }));
  }

  /** The shortest round trip in the register, s; Infinity when it is empty. */
  shortestDelay(): number {
    return Math.min(...this.#stages.map((sample) => sample?.delaySeconds ?? Number.POSITIVE_INFINITY));
  }

  /**
   * What the path alone makes of an offset: rms of half of what each round trip is above the shortest. Unlike the jitter
   * it does not take our own clock's wander for noise.
   */
  pathJitter(): number {
    const delays = this.#stages.flatMap((sample) => (sample === undefined ? [] : [sample.delaySeconds]));
    if (delays.length === 0) return this.precisionSeconds;
    const shortest = this.shortestDelay();
    const sum = delays.reduce((total, delay) => total + ((delay - shortest) / 2) ** 2, 0);
    return Math.max(this.precisionSeconds, Math.sqrt(sum / delays.length));
  }

  /** Samples in the register, 0 .. 8. */
  size(): number {
    return this.#stages.filter((sample) => sample !== undefined).length;
  }

  clear(): void {
    this.#stages.fill(undefined);
    this.#current = undefined;
    this.#ordered = undefined;
  }

  #shift(sample: Sample | undefined): void {
    this.#stages.pop();
    this.#stages.unshift(sample);
    this.#ordered = undefined;
  }

  /** Samples by distance: the round trip, and for those beyond the Allan intercept their dispersion as well. */
  #order(nowNs: bigint): readonly Sample[] {
    // Age changes the order slowly, and this is asked for many times a second.
    if (this.#ordered !== undefined && nowNs - this.#orderedAtNs < ORDER_LIFE_NS) return this.#ordered;
    this.#orderedAtNs = nowNs;
    const ranked: { sample: Sample; distance: number }[] = [];
    for (const sample of this.#stages) {
      if (sample === undefined) continue;
      const dispersion = agedDispersion(sample, nowNs);
      if (dispersion >= MAX_DISPERSION) continue;
      const old = Number(nowNs - sample.monoNs) / 1e9 > ALLAN_INTERCEPT;
      ranked.push({ sample, distance: sample.delaySeconds + (old ? dispersion : 0) });
    }
    // Array.sort is stable: of equal distances the newer comes first.
    this.#ordered = ranked.sort((a, b) => a.distance - b.distance).map((entry) => entry.sample);
    return this.#ordered;
  }

  #jitter(samples: readonly Sample[], about: Sample, movedSeconds: number): number {
    const centre = offsetNow(about, movedSeconds);
    let sum = 0;
    let count = 0;
    for (const sample of samples) {
      if (sample === about) continue;
      sum += (offsetNow(sample, movedSeconds) - centre) ** 2;
      count += 1;
    }
    return Math.max(this.precisionSeconds, count === 0 ? 0 : Math.sqrt(sum / count));
  }
}
