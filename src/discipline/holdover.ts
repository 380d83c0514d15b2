/**
 * The coast: what the oscillator is taken to do while there is no source, and how wrong that may be.
 * Owns the phase and frequency of a coast, what rehearsed coasts and the thermometer taught; the estimate while there is a
 * source is KalmanBank's, and when a coast begins and ends is for the discipline to say.
 *
 * A drift is frozen: extrapolated, it wins on a smooth ramp and loses badly everywhere else (discipline-baselines §6.1).
 * Without a thermometer that proved itself the frequency stays as it was; with one it follows the temperature. What a
 * thermometer told since it may have been wrong is undone as soon as it shows: the coast goes on from where it was before.
 */
import type { KalmanBank } from './bank.js';
import { DOUBT_SECONDS } from './bends.js';
import { Rehearsals } from './rehearsal.js';
import { ThermalModel, type ThermalState } from './thermal.js';
import type { ThermometerWorth } from './types.js';

/** The bound in deviations: 95 % of coasts, the wander itself being known only so well. */
const BOUND_DEVIATIONS = 2.5;
/** A coast is rehearsed, and the temperature learned from, once the estimate rests on so many samples. */
const LEARNED_SAMPLES = 100;
/** Points of a coast to go back to: so far apart, s, and so many. */
const POINT_SECONDS = 300;
const MOST_POINTS = 2 + Math.ceil(DOUBT_SECONDS / POINT_SECONDS);

interface Point {
  readonly at: number;
  readonly phase: number;
  /** mean since the point before */
  readonly frequency: number;
}

export class Holdover {
  readonly #rehearsals = new Rehearsals();
  private readonly thermal: ThermalModel;
  #at = 0;
  #beganAt = 0;
  #withThermometer = false;
  /** the oldest first, never empty in a coast */
  #points: readonly Point[] = [];
  /** s, of the oscillator without corrections, at the last advance() */
  phase = 0;
  /** fractional correction that the oscillator needs */
  frequency = 0;

  constructor(saved: ThermalState | undefined) {
    this.thermal = new ThermalModel(saved);
  }

  /** A reading of the thermometer at monotonic second `at`. */
  feel(celsius: number, at: number): void {
    this.thermal.feel(celsius, at);
  }

  get celsius(): number | undefined {
    return this.thermal.celsius;
  }

  get thermalState(): ThermalState | undefined {
    return this.thermal.state();
  }

  /** What the thermometer is worth, and why no more. */
  get thermometer(): ThermometerWorth | undefined {
    if (this.thermal.celsius === undefined && !this.thermal.broken) return undefined;
    if (this.thermal.broken) return 'jumped';
    const worth = this.#rehearsals.thermometer();
    return worth === 'helps' ? 'trusted' : worth;
  }

  /** To be called about once a second while locked; `at` is the time of the bank's state. */
  learn(at: number, bank: KalmanBank): void {
    if (bank.samples < LEARNED_SAMPLES) return;
    this.thermal.learn(at, bank.phase, bank.phaseDeviation(0));
    this.#rehearsals.take(at, () => {
      const gain = this.thermal.gain(at);
      return {
        phase: bank.phase,
        frequency: bank.frequency,
        frequencyVariance: bank.frequencyDeviation() ** 2,
        varianceAt: (seconds) => bank.coastingDeviation(seconds) ** 2,
        thermalGain: gain,
      };
    });
  }

  /** The phase was moved: what was being rehearsed is void. */
  interrupt(): void {
    this.#rehearsals.interrupt();
    this.thermal.interrupt();
  }

  /** The source is lost; the bank's state, of time `at`, is the last that is known. */
  begin(at: number, bank: KalmanBank): void {
    this.#at = at;
    this.#beganAt = at;
    this.phase = bank.phase;
    this.frequency = bank.frequency;
    this.#withThermometer = this.#rehearsals.thermometer() === 'helps';
    this.#points = [{ at, phase: this.phase, frequency: this.frequency }];
  }

  /** Goes on to monotonic second `at`. */
  advance(at: number): void {
    this.phase += this.frequency * (at - this.#at);
    this.#at = at;
    if (!this.#withThermometer) return;
    if (this.thermal.broken) {
      this.#goBack(this.thermal.doubtfulSince);
      return;
    }
    const felt = this.thermal.frequency();
    if (felt !== undefined) this.frequency = felt;
    const last = this.#points.at(-1);
    if (last === undefined || at - last.at < POINT_SECONDS) return;
    const point = { at, phase: this.phase, frequency: (this.phase - last.phase) / (at - last.at) };
    this.#points = [...this.#points, point].slice(-MOST_POINTS);
  }

  /** As if the thermometer had not been heard since. */
  #goBack(since: number): void {
    const point = this.#points.findLast(({ at }) => at <= since) ?? this.#points[0];
    this.#withThermometer = false;
    if (point === undefined) return;
    this.frequency = point.frequency;
    this.phase = point.phase + point.frequency * (this.#at - point.at);
  }

  /** Phase at monotonic second `at`, near the last advance(), s. */
  phaseAt(at: number): number {
    return this.phase + this.frequency * (at - this.#at);
  }

  /** What the phase may be off by at monotonic second `at`, 95 %, s. `bank`: as it was when the coast began. */
  boundAt(at: number, bank: KalmanBank): number {
    const seconds = Math.max(0, at - this.#beganAt);
    const excess = this.#rehearsals.excess(seconds, this.#withThermometer);
    return BOUND_DEVIATIONS * Math.sqrt(bank.coastingDeviation(seconds) ** 2 + excess);
  }

  /** There is a source again. */
  end(): void {
    this.thermal.recover();
  }
}
