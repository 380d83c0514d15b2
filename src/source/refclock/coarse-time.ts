/**
 * Time from a receiver's messages alone: good to tens of milliseconds once their delay is known, else to half a second.
 * Owns the delay used for that and the filter; emits one measurement of several epochs.
 */
import type { Sample } from '../types.js';
import type { RefclockEnvironment } from './environment.js';
import type { HeardEpoch } from './gps-receiver.js';
import type { DelayRange } from './receiver-family.js';
import type { StampFrame } from './stamp-frame.js';
import { bulkDeviation, median } from './statistics.js';

const KEPT = 8;
/** A measurement is made of every so many epochs. */
const EACH = 4;
/** References are believed for learning when they are at least this good, s. */
const LEARN_FROM = 0.1;
const LEARNED_NEEDED = 8;
/** How far a learned delay may be from that of today, s. */
const LEARNED_DOUBT = 0.03;
/** Messages are not steadier than this, s. */
const DISPERSION_LEAST = 0.01;

export interface KnownDelay {
  readonly seconds: number;
  readonly doubtSeconds: number;
  /** 'configured': of the end of the time message, as ntpd's time2; else of the burst's first byte */
  readonly from: 'configured' | 'pulses' | 'others' | 'saved' | 'assumed';
}

interface Raw {
  /** label minus served arrival, s (without the delay) */
  readonly seconds: number;
  readonly movedSeconds: number;
}

export class CoarseTime {
  private raw: Raw[] = [];
  private sinceLast = 0;
  private learned: number[] = [];
  private referenceDoubt = 0;
  private unaccounted = 0;

  constructor(
    private readonly environment: RefclockEnvironment,
    private readonly frame: StampFrame,
    private readonly id: number,
    private readonly fixedDelay: number | undefined,
  ) {}

  /** The best delay known; `fromPulses`: learned from a pulse in this run and how well it holds; `saved`: from an earlier one. */
  delay(
    fromPulses: { readonly seconds: number; readonly doubtSeconds: number } | undefined,
    saved: number | undefined,
    range: DelayRange,
  ): KnownDelay {
    if (this.fixedDelay !== undefined)
      return { seconds: this.fixedDelay, doubtSeconds: LEARNED_DOUBT, from: 'configured' };
    if (fromPulses !== undefined) {
      const doubtSeconds = LEARNED_DOUBT + fromPulses.doubtSeconds;
      return { seconds: fromPulses.seconds, doubtSeconds, from: 'pulses' };
    }
    if (this.learned.length >= LEARNED_NEEDED) {
      const doubtSeconds = LEARNED_DOUBT + this.referenceDoubt;
      return { seconds: median(this.learned), doubtSeconds, from: 'others' };
    }
    if (saved !== undefined) return { seconds: saved, doubtSeconds: 2 * LEARNED_DOUBT, from: 'saved' };
    const half = (range.mostSeconds - range.leastSeconds) / 2;
    return { seconds: range.leastSeconds + half, doubtSeconds: half, from: 'assumed' };
  }

  /** Delay learned from other sources in this run. */
  get learnedDelay(): number | undefined {
    return this.learned.length >= LEARNED_NEEDED ? median(this.learned) : undefined;
  }

  /** Takes one valid epoch; answers a measurement of each EACH trusted ones, held back while it is not `wanted`. */
  epoch({ epoch, firstMonoNs, trust }: HeardEpoch, delay: KnownDelay, wanted: boolean): Sample | undefined {
    const firstServedNs = this.frame.toServed(firstMonoNs);
    this.learn(Number(epoch.timeNs - firstServedNs) / 1e9);
    const burstNs = delay.from === 'configured' ? epoch.arrivalNs - epoch.firstByteNs : 0n;
    const servedNs = firstServedNs + burstNs;
    const movedSeconds = this.environment.phase.movedSeconds();
    const seconds = Number(epoch.timeNs - servedNs) / 1e9;
    if (!trust.trusted || this.frame.unaccounted !== this.unaccounted) {
      this.unaccounted = this.frame.unaccounted;
      this.raw = [];
      this.sinceLast = 0;
      if (!trust.trusted) return undefined;
    }
    this.raw.push({ seconds, movedSeconds });
    if (this.raw.length > KEPT) this.raw.shift();
    this.sinceLast += 1;
    if (this.sinceLast < EACH || !wanted) return undefined;
    this.sinceLast = 0;
    // Taken from the newest, because a float cannot hold years and microseconds at once.
    const relative = this.raw.map((raw) => raw.seconds - seconds - (movedSeconds - raw.movedSeconds));
    const spread = bulkDeviation(relative);
    return {
      offsetSeconds: seconds + median(relative) + delay.seconds,
      delaySeconds: 0,
      dispersionSeconds: Math.max(DISPERSION_LEAST, 3 * spread) + delay.doubtSeconds,
      monoNs: firstMonoNs + burstNs,
      atNs: servedNs,
      movedSeconds,
    };
  }

  private learn(seconds: number): void {
    const reference = this.environment.reference(this.id);
    if (reference === undefined || reference.uncertaintySeconds > LEARN_FROM) return;
    const delay = reference.offsetSeconds - seconds;
    if (delay < -1.1 || delay > 2) return;
    this.referenceDoubt = reference.uncertaintySeconds;
    this.learned.push(delay);
    if (this.learned.length > 2 * LEARNED_NEEDED) this.learned.shift();
  }
}
