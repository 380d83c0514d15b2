/**
 * What the bank asks of each of its models of clock and measurement, and the likelihood that every one keeps.
 * Every covariance is relative to the variance of the measurement noise; the noise itself falls out of the innovations,
 * so that a model is characterised by ratios to the noise alone.
 */
export interface ModelParameters {
  /** frequency wander over measurement noise, per sqrt(s) */
  readonly lambda: number;
  /** wander of the drift over measurement noise; 0: no drift state */
  readonly lambdaDrift: number;
}

export interface ClockModel {
  /** what it has beside phase, frequency and white noise */
  readonly kind: 'plain' | 'drift' | 'coloured';
  readonly parameters: ModelParameters;
  /** X, s; f, fractional; d, per second */
  phase: number;
  readonly frequency: number;
  readonly drift: number;
  readonly likelihood: Likelihood;
  /** Starts from a known state; both variances are relative to the noise variance. Forgets the likelihood. */
  reset(phase: number, phaseVariance: number, frequency: number, frequencyVariance: number): void;
  /** Forgets the phase but keeps what is known of the frequency: after a confirmed jump of the source. */
  relocate(phase: number): void;
  /** Moves the state forward by `dt` > 0 seconds. */
  propagate(dt: number): void;
  /** Relative variance of the phase `dt` >= 0 seconds ahead, without moving the state. */
  phaseVariance(dt: number): number;
  /** The same when a drift is set to zero and only the wander goes on: how a holdover is uncertain. */
  coastingVariance(dt: number): number;
  frequencyVariance(): number;
  /** Relative variance of the next measurement about the phase; `noise`: its relative noise variance. */
  innovationVariance(noise: number): number;
  /**
   * Takes a measurement of the phase; `noise` is its relative noise variance (1: as usual). `keep`: what the likelihood
   * remembers of the samples before, 0 .. 1.
   */
  update(measured: number, noise: number, keep: number): void;
}

/** Exponentially forgotten sums of the normalised innovations and of the logarithms of their variances. */
export class Likelihood {
  private sumNormalised = 0;
  private sumLog = 0;
  private weight = 0;

  /** Starts afresh. */
  forget(): void {
    this.sumNormalised = 0;
    this.sumLog = 0;
    this.weight = 0;
  }

  /** An innovation of relative variance `s`. */
  take(innovation: number, s: number, keep: number): void {
    this.sumNormalised = this.sumNormalised * keep + (innovation * innovation) / s;
    this.sumLog = this.sumLog * keep + Math.log(s);
    this.weight = this.weight * keep + 1;
  }

  /** Noise variance by the innovations, with a prior worth `priorWeight` samples; s². */
  noiseVariance(priorVariance: number, priorWeight: number): number {
    return (this.sumNormalised + priorVariance * priorWeight) / (this.weight + priorWeight);
  }

  /** Minus twice the log likelihood of the samples remembered, noise concentrated out, up to a constant. */
  score(priorVariance: number, priorWeight: number): number {
    const relative = this.noiseVariance(priorVariance, priorWeight) / priorVariance;
    return (this.weight + priorWeight) * Math.log(relative) + this.sumLog;
  }
}
