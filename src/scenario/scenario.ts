/**
 * What a scenario is: a run of the real parts in the virtual world with a name, a goal, and what others reached in it.
 * Types and the arithmetic over seeds alone; the runs are in catalogue.ts.
 */
import type { DisciplineState } from '../discipline/types.js';

/** One look a second. */
export interface Point {
  /** true second since the start of the run */
  readonly second: number;
  /** clock minus true time, s; positive: the clock is fast */
  readonly errorSeconds: number;
  /** what the discipline takes `errorSeconds` for, s; undefined before the first measurement */
  readonly estimateSeconds: number | undefined;
  /** 95 % bound on |errorSeconds|, s; Infinity before the first measurement */
  readonly boundSeconds: number;
  /** rate error of the corrected clock, fractional, commanded slews included */
  readonly frequencyError: number;
  readonly phase: 'unset' | 'acquiring' | 'locked' | 'holdover';
  /** what the thermometer says, degrees Celsius; undefined: there is none */
  readonly celsius: number | undefined;
}

/** What a run's second shows: true error (s), the discipline's own view, rate error (fractional). */
export const pointOf = (
  second: number,
  errorSeconds: number,
  state: DisciplineState,
  frequencyError: number,
): Point => ({
  second,
  errorSeconds,
  estimateSeconds: state.phase === 'unset' ? undefined : -state.offsetSeconds,
  boundSeconds: state.boundSeconds,
  frequencyError,
  phase: state.phase,
  celsius: state.celsius,
});

/** Figures of one run by name; names end in their unit: rmsNs, to10usSeconds, overshootPercent. */
export type Figures = Readonly<Record<string, number>>;

/** Every run has these three, over the seconds from `evaluateFrom` on. */
export interface RunFigures extends Figures {
  readonly rmsNs: number;
  readonly maxNs: number;
  readonly freqRmsPpb: number;
}

/** What is to be reached; the first goal of a scenario is the one that the issue names. */
export interface Goal {
  /** a name in Figures */
  readonly figure: string;
  /** over the seeds: their median, or the root mean square */
  readonly over: 'median' | 'rms';
  readonly atMost: number;
}

/** Measured outside of this project with the unmodified daemons in clknetsim; null: not measured in this scenario. */
export interface Others {
  /** RMS, ns: what no causal estimator can beat */
  readonly boundNs: number | null;
  /** chronyd 4.3 with its default poll */
  readonly chronydDefaultNs: number | null;
  /** chronyd 4.3 with the best of its polls */
  readonly chronydBestNs: number | null;
  /** ntpd 4.2.8p15 with the best of its polls */
  readonly ntpdBestNs: number | null;
  /** the largest error and the frequency error of chronyd's default and best setting */
  readonly chronydDefaultMaxNs?: number;
  readonly chronydDefaultFreqPpb?: number;
  readonly chronydBestMaxNs?: number;
  readonly chronydBestFreqPpb?: number;
}

export interface Scenario {
  /** as in the study where it has the scenario: W9/N1u */
  readonly id: string;
  /** one line for a person */
  readonly title: string;
  readonly kind: 'tracking' | 'cold-start' | 'jump' | 'holdover' | 'network';
  /** length of a run, true seconds, and the second from which RMS and largest error count */
  readonly seconds: number;
  readonly evaluateFrom: number;
  /** true second from which there is no source any more; undefined: there always is */
  readonly lostFrom: number | undefined;
  readonly seeds: readonly number[];
  readonly goals: readonly Goal[];
  readonly others: Others;
  /** Runs it with that seed, `seconds` long or as long as `options` say; `observe` sees every second. */
  run(seed: number, options?: ScenarioOptions): RunFigures;
}

export interface ScenarioOptions {
  readonly seconds?: number;
  readonly observe?: (point: Point) => void;
}

/** The figures of several runs as one: by each goal's own rule, the others by their median. */
export function summary(scenario: Scenario, runs: readonly RunFigures[]): RunFigures {
  const names = Object.keys(runs[0] ?? {});
  const combined = Object.fromEntries(
    names.map((name) => {
      const values = runs.map((run) => run[name] ?? Number.NaN);
      const goal = scenario.goals.find(({ figure }) => figure === name);
      return [name, goal?.over === 'rms' ? rootMeanSquare(values) : median(values)];
    }),
  );
  return { rmsNs: Number.NaN, maxNs: Number.NaN, freqRmsPpb: Number.NaN, ...combined };
}

/** Every seed of a scenario, and their summary. */
export function runScenario(scenario: Scenario, seeds: readonly number[] = scenario.seeds): RunFigures {
  return summary(
    scenario,
    seeds.map((seed) => scenario.run(seed)),
  );
}

/** Upper of the two middle values where there are two; NaN of nothing. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const rootMeanSquare = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
