/**
 * A bank of Kalman models, run side by side and averaged by how well each explains the data.
 * Owns the choice of models and their weights. Needs no tuning by the user.
 * Source: discipline-baselines §7; Hoeting et al., Bayesian Model Averaging, Statistical Science 14 (1999).
 */
import { ColouredModel } from './coloured.js';
import { KalmanModel } from './kalman.js';
import type { ClockModel, ModelParameters } from './model.js';
import type { Line } from './recent.js';

/** Weight of the caller's noise prior, in samples, and in how many samples it fades: it may be a hundred times too much. */
const PRIOR_WEIGHT = 4;
const PRIOR_FADES = 30;
const LEAST_PRIOR_WEIGHT = 1e-9;
/** Stamps are whole nanoseconds: no noise is less, s. */
const LEAST_NOISE = 1e-9;

/**
 * No oscillator wanders faster, fractional per sqrt(s): ten times the worst of discipline-baselines §2.2, for a fan that
 * starts. A model that says so mistakes noise for wander, and runs after it.
 */
const MOST_WANDER = 1.5e-7;
/** From this sample on the noise is known better than the prior says. */
export const NOISE_KNOWN_FROM_SAMPLE = 60;
/** What is expected until the data tell, fractional per sqrt(s), and by what factor (one deviation) it may differ. */
const USUAL_WANDER = 2e-9;
const WANDER_SPREAD = 10;
/** A drift is to be asked for by the data: what its models cost beforehand, in units of -2 ln(likelihood). */
const DRIFT_COST = 4;
/** So is noise that lasts. */
const COLOUR_COST = 12;
/** What is wrong at first is the clock. */
const COLOUR_FROM_SAMPLE = 120;
/** What the likelihoods remember: so many seconds, or so many samples where they come slowly. */
const MEMORY_SECONDS = 12_000;
const LEAST_MEMORY = 1000;
/** Models with less than this share of the best one's weight say nothing worth reckoning. */
const LEAST_WEIGHT = 1e-4;

/** From a quiet crystal seen through a noisy network (1e-7) to a bad one seen through a clean pulse (2e-1). */
const WANDER_MODELS: readonly ModelParameters[] = [
  -7, -6.5, -6, -5.5, -5, -4.67, -4.33, -4, -3.67, -3.33, -3, -2.67, -2.33, -2, -1.67, -1.33, -1, -0.67,
  -0.33, 0, 0.33,
].map((exponent) => ({ lambda: 10 ** exponent, lambdaDrift: 0 }));

/** Air conditioning (hours) and the daily cycle, seen through a network and through a pulse. */
const DRIFT_MODELS: readonly ModelParameters[] = [
  [1e-6, 1e-9],
  [1e-5, 1e-8],
  [1e-5, 1e-7],
  [1e-5, 1e-6],
  [1e-4, 1e-8],
  [1e-4, 1e-7],
  [1e-4, 1e-6],
  [1e-4, 1e-5],
  [1e-3, 1e-6],
  [1e-3, 1e-5],
  [1e-3, 1e-4],
].map(([lambda = 0, lambdaDrift = 0]) => ({ lambda, lambdaDrift }));

/** How long errors of the source may last, s, beside which wanders. */
const LASTS = [4, 12, 40, 120];
const COLOURED_WANDERS = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2];

export class KalmanBank {
  private readonly models: readonly ClockModel[] = [
    ...[...WANDER_MODELS, ...DRIFT_MODELS].map((parameters) => new KalmanModel(parameters)),
    ...LASTS.flatMap((seconds) => COLOURED_WANDERS.map((lambda) => new ColouredModel(lambda, seconds))),
  ];
  /** share of each model; they add up to 1 */
  private readonly shares = new Float64Array(this.models.length);
  private readonly scores = new Float64Array(this.models.length);
  private priorVariance = 1;
  private priorWeight = PRIOR_WEIGHT;
  private usualWander = USUAL_WANDER;
  private wanderSpread = WANDER_SPREAD;
  private count = 0;
  private interval = 1;

  phase = 0;
  frequency = 0;
  drift = 0;

  /** Samples taken since the last reset. */
  get samples(): number {
    return this.count;
  }

  /** From now on this wander is expected until the data tell otherwise, fractional per sqrt(s): what a run before learned. */
  expectWander(wander: number): void {
    this.usualWander = wander;
    this.wanderSpread = Math.sqrt(WANDER_SPREAD);
  }

  /** Starts from a known state; every deviation is a standard deviation: phase and noise in s, frequency fractional. */
  reset(
    phase: number,
    phaseDeviation: number,
    frequency: number,
    frequencyDeviation: number,
    noiseSeconds: number,
  ): void {
    this.priorVariance = noiseSeconds * noiseSeconds;
    const phaseVariance = (phaseDeviation / noiseSeconds) ** 2;
    const frequencyVariance = (frequencyDeviation / noiseSeconds) ** 2;
    for (const model of this.models) model.reset(phase, phaseVariance, frequency, frequencyVariance);
    this.priorWeight = PRIOR_WEIGHT;
    this.count = 1;
    this.weigh();
  }

  /** After a confirmed jump: new phase, old frequency, likelihoods kept. */
  relocate(phase: number): void {
    for (const model of this.models) model.relocate(phase);
    this.average();
  }

  /** Takes a new noise level, to be learned from the start; what is known of phase and frequency stays. */
  relearn(noiseSeconds: number): void {
    this.reset(this.phase, this.phaseDeviation(0), this.frequency, this.frequencyDeviation(), noiseSeconds);
  }

  /**
   * Begins anew with the measurements of a line, s; those that are `gate` deviations of `noise` (s) from it are left out.
   * Of what is known only the frequency is kept, and that as far as the line bears it out.
   */
  replay({ phase, slope, measured }: Line, noise: number, gate: number): void {
    const first = measured[0]?.at ?? 0;
    const deviation = Math.max(this.frequencyDeviation(), Math.abs(slope - this.frequency));
    this.reset(phase, noise, this.frequency, deviation, noise);
    let last = first;
    for (const one of measured) {
      if (one.at > last) this.propagate(one.at - last);
      last = one.at;
      if (Math.abs(one.phase - phase - slope * (one.at - first)) < gate * noise) this.update(one.phase, 1);
    }
  }

  /** Shifts the phase of every model, s: the clock was stepped. */
  shift(seconds: number): void {
    for (const model of this.models) model.phase += seconds;
    this.average();
  }

  /** Moves the state forward by `dt` > 0 seconds. */
  propagate(dt: number): void {
    this.interval = dt;
    for (const model of this.models) model.propagate(dt);
    this.average();
  }

  /** Takes a measurement with relative noise variance `noise` (1: as usual) and weighs the models anew. */
  update(measured: number, noise: number): void {
    const keep = 1 - 1 / Math.max(LEAST_MEMORY, MEMORY_SECONDS / this.interval);
    for (const model of this.models) model.update(measured, noise, keep);
    this.priorWeight = Math.max(LEAST_PRIOR_WEIGHT, this.priorWeight * (1 - 1 / PRIOR_FADES));
    this.count += 1;
    this.weigh();
  }

  /** Standard deviation of the measurement noise, s. */
  noiseDeviation(): number {
    return Math.sqrt(this.mean((model) => this.noiseOf(model)));
  }

  /** Predicted standard deviation of the next innovation, s. */
  innovationDeviation(noise: number): number {
    return Math.sqrt(this.variance((model) => model.innovationVariance(noise), 'phase'));
  }

  /** Standard deviation of the phase `dt` seconds ahead, s. */
  phaseDeviation(dt: number): number {
    return Math.sqrt(this.variance((model) => model.phaseVariance(dt), 'phase'));
  }

  /** Standard deviation of the phase `dt` seconds ahead when a drift is not followed any more, s. */
  coastingDeviation(dt: number): number {
    return Math.sqrt(this.variance((model) => model.coastingVariance(dt), 'phase'));
  }

  /** fractional */
  frequencyDeviation(): number {
    return Math.sqrt(this.variance((model) => model.frequencyVariance(), 'frequency'));
  }

  /** Frequency wander, fractional per sqrt(s). */
  wander(): number {
    return Math.sqrt(this.mean((model) => this.noiseOf(model) * model.parameters.lambda ** 2));
  }

  /** How much of the weight lies with models that have a drift, 0 .. 1. */
  driftShare(): number {
    return this.mean((model) => (model.kind === 'drift' ? 1 : 0));
  }

  /** Seconds in which the filter forgets: what the phase is uncertain by over what the frequency is. */
  memorySeconds(): number {
    return this.phaseDeviation(0) / this.frequencyDeviation();
  }

  private noiseOf(model: ClockModel): number {
    return Math.max(LEAST_NOISE ** 2, model.likelihood.noiseVariance(this.priorVariance, this.priorWeight));
  }

  private mean(of: (model: ClockModel) => number): number {
    let sum = 0;
    for (let i = 0; i < this.models.length; i += 1) {
      const share = this.shares[i]!;
      if (share > 0) sum += share * of(this.models[i]!);
    }
    return sum;
  }

  /** Of a mixture: the mean of the variances (relative ones in) and the variance of the means. */
  private variance(of: (model: ClockModel) => number, state: 'phase' | 'frequency'): number {
    const centre = this[state];
    return this.mean(
      (model) =>
        Math.max(0, of(model)) * this.noiseOf(model) + (model[state] - centre) * (model[state] - centre),
    );
  }

  private weigh(): void {
    // By the prior at first: what is learned of the noise holds an unknown frequency, too.
    const isNoiseKnown = this.count >= NOISE_KNOWN_FROM_SAMPLE;
    const spread = 2 * Math.log(this.wanderSpread) ** 2;
    const usual = Math.log(this.usualWander) - 0.5 * Math.log(this.priorVariance);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.models.length; i += 1) {
      const model = this.models[i]!;
      const { lambda } = model.parameters;
      const unusual = (2 * (Math.log(lambda) - usual) ** 2) / spread;
      const prior =
        model.kind === 'drift' ? DRIFT_COST : model.kind === 'coloured' ? COLOUR_COST + unusual : unusual;
      const noise = isNoiseKnown ? this.noiseOf(model) : this.priorVariance;
      const score =
        (i > 0 && lambda * lambda * noise > MOST_WANDER ** 2) ||
        (model.kind === 'coloured' && this.count < COLOUR_FROM_SAMPLE)
          ? Number.POSITIVE_INFINITY
          : model.likelihood.score(this.priorVariance, this.priorWeight) + prior;
      this.scores[i] = score;
      if (score < best) best = score;
    }
    let sum = 0;
    for (let i = 0; i < this.models.length; i += 1) {
      const share = Math.exp(0.5 * (best - this.scores[i]!));
      this.shares[i] = share < LEAST_WEIGHT ? 0 : share;
      sum += this.shares[i]!;
    }
    for (let i = 0; i < this.models.length; i += 1) this.shares[i] = this.shares[i]! / sum;
    this.average();
  }

  private average(): void {
    this.phase = this.mean((model) => model.phase);
    this.frequency = this.mean((model) => model.frequency);
    this.drift = this.mean((model) => model.drift);
  }
}
