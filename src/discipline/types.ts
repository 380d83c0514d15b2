/**
 * The discipline as the engine sees it: measurements of the selected source in, corrections of the clock out.
 */
import type { ThermalState } from './thermal.js';

export interface Measurement {
  /** source minus served clock, positive: the source is ahead */
  readonly offsetSeconds: number;
  /** Clock.monotonic() of the measurement */
  readonly monoNs: bigint;
  /** Discipline.movedSeconds() at the measurement */
  readonly movedSeconds: number;
  /** prior standard deviation of the measurement noise; the estimator learns the real one */
  readonly noiseSeconds: number;
  /** the same of the source's measurements in general, where they differ in worth; default noiseSeconds */
  readonly usualNoiseSeconds?: number | undefined;
  /** identity of the source; a change of source is not a jump of the clock */
  readonly sourceId: number;
  readonly kind: 'pulse' | 'network';
  /** true: noiseSeconds is the measure of this measurement's weight, not only a guess of the noise */
  readonly weighed?: boolean;
}

export type DisciplineAction =
  | { readonly type: 'tracked' }
  | { readonly type: 'ignored'; readonly reason: 'outlier' | 'stale' }
  | { readonly type: 'stepped'; readonly seconds: number }
  | { readonly type: 'panic'; readonly seconds: number };

/**
 * Only a `trusted` thermometer is followed in a holdover: rehearsed holdovers were better with it. `useless`: they were
 * not; `untried`: there were too few yet; `jumped`: it leapt or turned as the temperature never did, and is not listened to
 * for now.
 */
export type ThermometerWorth = 'untried' | 'trusted' | 'useless' | 'jumped';

export interface DisciplineState {
  readonly phase: 'unset' | 'acquiring' | 'locked' | 'holdover';
  /** estimate of source minus served clock now */
  readonly offsetSeconds: number;
  /** 95 % bound on |served clock - truth| from the estimator, without the source's own root distance */
  readonly boundSeconds: number;
  /** fractional frequency error of the oscillator that is being corrected; positive: the oscillator is slow, we speed it up */
  readonly frequency: number;
  readonly frequencyUncertainty: number;
  /** learned standard deviation of the measurement noise */
  readonly noiseSeconds: number;
  /** learned frequency wander, per sqrt(s) */
  readonly wander: number;
  readonly holdoverSeconds: number;
  /** what the thermometer says, degrees Celsius; undefined: there is none */
  readonly celsius: number | undefined;
  /** undefined: there is none */
  readonly thermometer: ThermometerWorth | undefined;
}

/** What survives a restart. */
export interface DriftState {
  readonly frequency: number;
  readonly frequencyUncertainty: number;
  readonly wander: number;
  /** frequency against temperature; absent: not learned */
  readonly thermal?: ThermalState | undefined;
  readonly savedAtUnixNs: bigint;
}

export interface DisciplinePolicy {
  /** offsets beyond this are stepped after the first; 0: never step (tinker step) */
  readonly stepSeconds: number;
  /** 0: never; beyond it the daemon stops rather than set the clock, unless it is the first setting */
  readonly panicSeconds: number;
  /** how long an offset beyond stepSeconds must last before it is believed */
  readonly stepoutSeconds: number;
  /** the first setting may exceed the panic threshold (ntpd -g) */
  readonly firstMayExceedPanic: boolean;
}
