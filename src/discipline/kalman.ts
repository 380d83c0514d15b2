/**
 * One Kalman model of the clock: phase X, frequency f and, in drift models, the drift d of f.
 *   X' = f, f' = d (+ white noise of density lambda^2), d' = white noise of density lambdaDrift^2
 * X is the source minus the clock as it would be without our corrections, so no input enters the model.
 * Knows nothing of clocks, steps or policy.
 * Source: discipline-baselines §7; Bar-Shalom et al., Estimation with Applications to Tracking and Navigation, §6.2.
 */
import { type ClockModel, Likelihood, type ModelParameters } from './model.js';

export class KalmanModel implements ClockModel {
  phase = 0;
  frequency = 0;
  drift = 0;
  /** covariances relative to the noise variance, upper triangle: X, f, d */
  private xx = 1;
  private xf = 0;
  private xd = 0;
  private ff = 0;
  private fd = 0;
  private dd = 0;
  readonly likelihood = new Likelihood();

  readonly kind: 'plain' | 'drift';

  constructor(readonly parameters: ModelParameters) {
    this.kind = parameters.lambdaDrift > 0 ? 'drift' : 'plain';
  }

  reset(phase: number, phaseVariance: number, frequency: number, frequencyVariance: number): void {
    this.phase = phase;
    this.frequency = frequency;
    this.drift = 0;
    this.xx = phaseVariance;
    this.xf = 0;
    this.xd = 0;
    this.ff = frequencyVariance;
    this.fd = 0;
    // A drift of 1e-9 /s is more than any crystal shows between two samples.
    this.dd = this.parameters.lambdaDrift > 0 ? frequencyVariance * 1e-10 : 0;
    this.likelihood.forget();
  }

  relocate(phase: number): void {
    this.phase = phase;
    this.xx = 1;
    this.xf = 0;
    this.xd = 0;
  }

  propagate(dt: number): void {
    const { lambda, lambdaDrift } = this.parameters;
    this.phase += dt * this.frequency + 0.5 * dt * dt * this.drift;
    this.frequency += dt * this.drift;
    const h = 0.5 * dt * dt;
    // P = F P F' with F = [1 dt h; 0 1 dt; 0 0 1]
    const xx =
      this.xx +
      2 * dt * this.xf +
      2 * h * this.xd +
      dt * dt * this.ff +
      2 * dt * h * this.fd +
      h * h * this.dd;
    const xf = this.xf + dt * this.xd + dt * (this.ff + dt * this.fd) + h * (this.fd + dt * this.dd);
    const xd = this.xd + dt * this.fd + h * this.dd;
    const ff = this.ff + 2 * dt * this.fd + dt * dt * this.dd;
    const fd = this.fd + dt * this.dd;
    const q = lambda * lambda;
    const r = lambdaDrift * lambdaDrift;
    const dt2 = dt * dt;
    const dt3 = dt2 * dt;
    this.xx = xx + (q * dt3) / 3 + (r * dt3 * dt2) / 20;
    this.xf = xf + (q * dt2) / 2 + (r * dt2 * dt2) / 8;
    this.xd = xd + (r * dt3) / 6;
    this.ff = ff + q * dt + (r * dt3) / 3;
    this.fd = fd + (r * dt2) / 2;
    this.dd += r * dt;
  }

  phaseVariance(dt: number): number {
    const { lambda, lambdaDrift } = this.parameters;
    const h = 0.5 * dt * dt;
    return (
      this.xx +
      2 * dt * this.xf +
      2 * h * this.xd +
      dt * dt * this.ff +
      2 * dt * h * this.fd +
      h * h * this.dd +
      (lambda * lambda * dt ** 3) / 3 +
      (lambdaDrift * lambdaDrift * dt ** 5) / 20
    );
  }

  coastingVariance(dt: number): number {
    const { lambda } = this.parameters;
    return this.xx + 2 * dt * this.xf + dt * dt * this.ff + (lambda * lambda * dt ** 3) / 3;
  }

  frequencyVariance(): number {
    return this.ff;
  }

  innovationVariance(noise: number): number {
    return this.xx + noise;
  }

  update(measured: number, noise: number, keep: number): void {
    const innovation = measured - this.phase;
    const s = this.xx + noise;
    const kx = this.xx / s;
    const kf = this.xf / s;
    const kd = this.xd / s;
    this.phase += kx * innovation;
    this.frequency += kf * innovation;
    if (this.parameters.lambdaDrift > 0) this.drift += kd * innovation;
    const { xx, xf, xd } = this;
    this.ff -= kf * xf;
    this.fd -= kf * xd;
    this.dd -= kd * xd;
    this.xx = xx - kx * xx;
    this.xf = xf - kx * xf;
    this.xd = xd - kx * xd;
    this.likelihood.take(innovation, s, keep);
  }
}
