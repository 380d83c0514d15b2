/**
 * What becomes of the estimate when the noise of its source turns out to be another: what of the frequency is still worth
 * something when it grew, and when it is over. Owns the newest measurements and what the frequency was before the noise
 * was learned; steers nothing.
 */
import { type KalmanBank, NOISE_KNOWN_FROM_SAMPLE } from './bank.js';
import { type Line, Recent } from './recent.js';
import type { Regime } from './regime.js';

/** Noise this many times that which the source is expected to have is looked at anew ... */
const NOISY = 25;
/** ... and is over when the newest measurements scatter by less than this share of it. */
const QUIET_SHARE = 1 / 6;
/** Further from the line, in deviations, is none of it. */
const GATE = 5;

export class Renewal {
  private readonly recent = new Recent();
  private prior = { frequency: 0, deviation: Number.POSITIVE_INFINITY };

  constructor(private readonly bank: KalmanBank) {}

  /** The bank was begun with that frequency, of that standard deviation, both fractional. */
  begun(frequency: number, deviation: number): void {
    this.prior = { frequency, deviation };
    this.recent.clear();
  }

  /** A measurement: monotonic time and phase as the bank's, s. */
  take(at: number, phase: number): void {
    this.recent.take({ at, phase });
  }

  /** The bank's phase was shifted, s. */
  shift(seconds: number): void {
    this.recent.shift(seconds);
  }

  /** Another source, of that noise, s: its noise and path are its own; the oscillator is still the same. */
  changed(expectedNoise: number): void {
    this.recent.clear();
    this.keep();
    this.bank.relearn(expectedNoise);
  }

  /** One of the first measurements is `size` s off: the phase is as unknown as that, the frequency as it was before. */
  widen(measured: number, size: number): void {
    this.bank.reset(measured, size, this.prior.frequency, this.prior.deviation, size);
  }

  /**
   * The noise is as large as `noise`, s. A frequency that was learned by less is worth what it says, unless that was half a
   * guess, and noisy: then it goes back to what it was before.
   */
  grown(noise: number, regime: Regime): void {
    this.keep();
    this.recent.clear();
    const { bank, prior } = this;
    const isGuess = bank.samples < NOISE_KNOWN_FROM_SAMPLE && this.isNoisy(regime);
    if (isGuess) bank.reset(bank.phase, noise, prior.frequency, prior.deviation, noise);
    else bank.relearn(noise);
  }

  /** The newest measurements, when a pulse scatters far less than what is reckoned with. */
  quiet(regime: Regime): Line | undefined {
    if (!this.isNoisy(regime)) return undefined;
    const line = this.recent.line();
    return line !== undefined && line.spread < QUIET_SHARE * this.bank.noiseDeviation() ? line : undefined;
  }

  /** Begins anew with them: they are worth more than all that is known by noisy ones. */
  begin(line: Line, { expectedNoise }: Regime): void {
    const { bank } = this;
    bank.replay(line, Math.max(line.spread, expectedNoise), GATE);
    this.begun(bank.frequency, bank.frequencyDeviation());
  }

  /** A network's noise is what its path makes it: only of a pulse it is known beforehand. */
  private isNoisy({ kind, expectedNoise }: Regime): boolean {
    return kind === 'pulse' && this.bank.noiseDeviation() >= NOISY * expectedNoise;
  }

  /** What was learned by noise that is known is what there is to go back to. */
  private keep(): void {
    const { bank } = this;
    if (bank.samples >= NOISE_KNOWN_FROM_SAMPLE)
      this.prior = { frequency: bank.frequency, deviation: bank.frequencyDeviation() };
  }
}
