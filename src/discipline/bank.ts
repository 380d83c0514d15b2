/**
 * A bank of Kalman models, run side by side; the one that explains the data best speaks.
 * Owns the choice of models and the choice among them. Needs no tuning by the user.
 * Source: discipline-baselines §7.
 */
import { KalmanModel, type ModelParameters } from './kalman.js';

/** Weight of the caller's noise prior, in samples. */
const PRIOR_WEIGHT = 4;

/**
 * No oscillator wanders faster, fractional per sqrt(s): ten times the worst of discipline-baselines §2.2, for a fan that
 * starts. A model that says so mistakes noise for wander, and runs after it.
 */
const MOST_WANDER = 1e-7;
/** What is expected until the data tell, fractional per sqrt(s). */
const USUAL_WANDER = 2e-9;

/** From a quiet crystal seen through a noisy network (1e-7) to a bad one seen through a clean pulse (3e-2). */
const WANDER_MODELS: readonly ModelParameters[] = [
  1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2,
].map((lambda) => ({ lambda, lambdaDrift: 0 }));

const DRIFT_MODELS: readonly ModelParameters[] = [
  { lambda: 1e-4, lambdaDrift: 1e-8 },
  { lambda: 1e-4, lambdaDrift: 1e-7 },
  { lambda: 1e-4, lambdaDrift: 1e-6 },
  { lambda: 1e-4, lambdaDrift: 1e-5 },
  { lambda: 1e-3, lambdaDrift: 1e-6 },
  { lambda: 1e-3, lambdaDrift: 1e-5 },
];

export class KalmanBank {
  private readonly models = [...WANDER_MODELS, ...DRIFT_MODELS].map(
    (parameters) => new KalmanModel(parameters),
  );
  private best = this.models[0]!;
  private priorVariance = 1;
  private count = 0;

  /** Samples taken since the last reset. */
  get samples(): number {
    return this.count;
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
    const wanted = Math.log(USUAL_WANDER / noiseSeconds);
    this.best = this.models[0]!;
    for (const model of this.models.slice(0, WANDER_MODELS.length)) {
      const away = (one: KalmanModel) => Math.abs(Math.log(one.parameters.lambda) - wanted);
      if (away(model) < away(this.best)) this.best = model;
    }
    this.count = 1;
  }

  /** After a confirmed jump: new phase, old frequency, likelihoods kept. */
  relocate(phase: number): void {
    for (const model of this.models) model.relocate(phase);
  }

  /** Takes a new noise level, to be learned from the start; what is known of phase and frequency stays. */
  relearn(noiseSeconds: number): void {
    this.reset(this.phase, this.phaseDeviation(0), this.frequency, this.frequencyDeviation(), noiseSeconds);
  }

  /** Shifts the phase of every model, s: the clock was stepped. */
  shift(seconds: number): void {
    for (const model of this.models) model.phase += seconds;
  }

  propagate(dt: number): void {
    for (const model of this.models) model.propagate(dt);
  }

  /** Takes a measurement with relative noise variance `noise` (1: as usual) and elects the model that speaks. */
  update(measured: number, noise: number): void {
    let bestScore = Number.POSITIVE_INFINITY;
    // By the prior: what is learned of the noise holds an unknown frequency, too, at first.
    const mostLambda = MOST_WANDER / Math.sqrt(this.priorVariance);
    for (const model of this.models) {
      model.update(measured, noise);
      if (model.parameters.lambda > mostLambda && model !== this.models[0]) continue;
      const score = model.score(this.priorVariance, PRIOR_WEIGHT);
      if (score < bestScore) {
        bestScore = score;
        this.best = model;
      }
    }
    this.count += 1;
  }

  get phase(): number {
    return this.best.phase;
  }
  get frequency(): number {
    return this.best.frequency;
  }
  get drift(): number {
    return this.best.drift;
  }
  /** s */
  noiseDeviation(): number {
    return Math.sqrt(this.best.noiseVariance(this.priorVariance, PRIOR_WEIGHT));
  }
  /** Predicted standard deviation of the next innovation, s. */
  innovationDeviation(noise: number): number {
    return this.noiseDeviation() * Math.sqrt(this.best.innovationVariance(noise));
  }
  /** Standard deviation of the phase `dt` seconds ahead, s. */
  phaseDeviation(dt: number): number {
    return this.noiseDeviation() * Math.sqrt(Math.max(0, this.best.phaseVariance(dt)));
  }
  /** fractional */
  frequencyDeviation(): number {
    return this.noiseDeviation() * Math.sqrt(Math.max(0, this.best.frequencyVariance()));
  }
  /** Frequency wander of the model that speaks, fractional per sqrt(s). */
  wander(): number {
    return this.noiseDeviation() * this.best.parameters.lambda;
  }
  /** Ratio of wander to noise of the model that speaks; its filter forgets in about lambda^-1/2 seconds. */
  lambda(): number {
    return Math.max(this.best.parameters.lambda, this.best.parameters.lambdaDrift ** (2 / 3));
  }
}
