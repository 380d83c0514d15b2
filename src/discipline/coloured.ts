/**
 * A Kalman model of the clock whose measurement noise lasts: phase X, frequency f, and beside white noise an error c of
 * the source that fades within seconds to minutes (a sawtooth, a loaded interrupt, a satellite's way through the air).
 *   X' = f, f' = white noise of density lambda^2; z = X + c + n, c a Gauss-Markov process
 * Without it such an error is taken for a wander of the oscillator, and followed.
 * Covariances relative to the variance of c and n together. Source: Bar-Shalom et al., §8.2 (augmented state).
 */
import { type ClockModel, Likelihood, type ModelParameters } from './model.js';

/** The share of white noise in the whole variance. */
const WHITE = 0.1;
const COLOURED = 1 - WHITE;

export class ColouredModel implements ClockModel {
  readonly kind = 'coloured';
  phase = 0;
  frequency = 0;
  readonly drift = 0;
  readonly likelihood = new Likelihood();
  readonly parameters: ModelParameters;
  /** error of the source, s */
  private error = 0;
  /** relative covariances, upper triangle: X, f, c */
  private xx = 1;
  private xf = 0;
  private xc = 0;
  private ff = 0;
  private fc = 0;
  private cc = COLOURED;

  /** `lasts`: after so many seconds 1/e of an error is left. */
  constructor(
    lambda: number,
    private readonly lasts: number,
  ) {
    this.parameters = { lambda, lambdaDrift: 0 };
  }

  reset(phase: number, phaseVariance: number, frequency: number, frequencyVariance: number): void {
    this.relocate(phase);
    this.xx = phaseVariance;
    this.frequency = frequency;
    this.ff = frequencyVariance;
    this.likelihood.forget();
  }

  relocate(phase: number): void {
    this.phase = phase;
    this.error = 0;
    this.xx = 1;
    this.xf = 0;
    this.xc = 0;
    this.fc = 0;
    this.cc = COLOURED;
  }

  propagate(dt: number): void {
    const q = this.parameters.lambda ** 2;
    const left = Math.exp(-dt / this.lasts);
    this.phase += dt * this.frequency;
    this.error *= left;
    this.xx += 2 * dt * this.xf + dt * dt * this.ff + (q * dt ** 3) / 3;
    this.xf += dt * this.ff + (q * dt * dt) / 2;
    this.ff += q * dt;
    this.xc = left * (this.xc + dt * this.fc);
    this.fc *= left;
    this.cc = left * left * this.cc + (1 - left * left) * COLOURED;
  }

  phaseVariance(dt: number): number {
    return this.xx + 2 * dt * this.xf + dt * dt * this.ff + (this.parameters.lambda ** 2 * dt ** 3) / 3;
  }

  coastingVariance(dt: number): number {
    return this.phaseVariance(dt);
  }

  frequencyVariance(): number {
    return this.ff;
  }

  innovationVariance(noise: number): number {
    return this.xx + WHITE * noise + COLOURED * Math.max(1, noise);
  }

  update(measured: number, noise: number, keep: number): void {
    const hx = this.xx + this.xc;
    const hf = this.xf + this.fc;
    const hc = this.xc + this.cc;
    // What outweighs a single measurement is white.
    const s = hx + hc + WHITE * noise + COLOURED * Math.max(0, noise - 1);
    const innovation = measured - this.phase - this.error;
    const gain = innovation / s;
    this.phase += hx * gain;
    this.frequency += hf * gain;
    this.error += hc * gain;
    this.xx -= (hx * hx) / s;
    this.xf -= (hx * hf) / s;
    this.xc -= (hx * hc) / s;
    this.ff -= (hf * hf) / s;
    this.fc -= (hf * hc) / s;
    this.cc -= (hc * hc) / s;
    this.likelihood.take(innovation, s, keep);
  }
}
