/**
 * The last measurements of one refclock and what follows from them: offset now, jitter, dispersion, the filter that ntpq
 * shows. Owns no clock; the present is passed in.
 */
import type { Sample, SourceView } from '../types.js';
import { seriesNoise } from './statistics.js';

const KEPT = 16;
const SHOWN = 8;
/** RFC 5905 PHI: growth of the error of an unattended reading, s/s. */
const PHI = 15e-6;

export class SampleLog {
  private samples: Sample[] = [];

  get newest(): Sample | undefined {
    return this.samples.at(-1);
  }

  add(sample: Sample): void {
    this.samples.push(sample);
    if (this.samples.length > KEPT) this.samples.shift();
  }

  clear(): void {
    this.samples = [];
  }

  /** Offset of the newest sample, re-expressed for what the clock was moved since; 0 without samples. */
  offsetNow(movedSeconds: number): number {
    const { newest } = this;
    return newest === undefined ? 0 : now(newest, movedSeconds);
  }

  /** RMS noise from sample to sample, s. */
  jitter(movedSeconds: number): number {
    return seriesNoise(this.samples.map((sample) => now(sample, movedSeconds)));
  }

  /** Seconds since the newest sample; infinite without one. */
  age(monoNs: bigint): number {
    const { newest } = this;
    return newest === undefined ? Number.POSITIVE_INFINITY : Number(monoNs - newest.monoNs) / 1e9;
  }

  /** Error bound of the newest sample, grown to now; 16 s without samples. */
  dispersion(monoNs: bigint): number {
    const { newest } = this;
    return newest === undefined ? 16 : newest.dispersionSeconds + PHI * Math.max(0, this.age(monoNs));
  }

  filter(movedSeconds: number, monoNs: bigint): SourceView['filter'] {
    return this.samples
      .slice(-SHOWN)
      .reverse()
      .map((sample) => ({
        delaySeconds: sample.delaySeconds,
        offsetSeconds: now(sample, movedSeconds),
        dispersionSeconds: sample.dispersionSeconds + (PHI * Number(monoNs - sample.monoNs)) / 1e9,
      }));
  }
}

const now = (sample: Sample, movedSeconds: number): number =>
  sample.offsetSeconds - (movedSeconds - sample.movedSeconds);
