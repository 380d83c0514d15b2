/**
 * The undisciplined local clock (127.127.1.u, LOCAL): lets an isolated network agree on one time when every real source
 * is gone. It measures nothing, so it hands no samples to the discipline, and it is used only as the last resort.
 */
import type { Candidate, RefclockView } from '../types.js';
import { type RefclockFacts, RefclockSource, type Refusal } from './refclock-source.js';

/** ntpd's default for driver 1. */
const DEFAULT_STRATUM = 5;
/** What ntpd claims for it; nobody knows better. */
const DISPERSION = 0.01;

export class LocalSource extends RefclockSource {
  protected override get stratum(): number {
    return this.config.stratum ?? DEFAULT_STRATUM;
  }

  override candidate(): Candidate {
    const jitterSeconds = 2 ** this.environment.clock.precisionLog2;
    return { ...super.candidate(), jitterSeconds, rootDispersionSeconds: DISPERSION };
  }

  protected open(): void {
    this.heard();
  }

  protected close(): void {}

  protected facts(): RefclockFacts {
    return {
      pulse: false,
      lastResort: true,
      numberedBy: undefined,
      leap: 0,
      staleAfterSeconds: Number.POSITIVE_INFINITY,
    };
  }

  protected refusal(): Refusal | undefined {
    return undefined;
  }

  protected activity(): string {
    return 'the undisciplined local clock, used when nothing else is left';
  }

  protected refclockView(): Partial<RefclockView> & { readonly device: string } {
    return { device: 'local clock' };
  }

  protected override tick(): void {
    this.heard();
  }
}
