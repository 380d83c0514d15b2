/**
 * How well the real discipline holds a clock on the reference study's models, beside what chronyd and ntpd did there and
 * the bound that no causal algorithm can beat. In virtual time; medians over seeds. What stands beside is measured once,
 * outside of this project, with the daemons' own binaries in clknetsim.
 * Source of the model and of the figures beside: shared/reference/discipline-baselines.md §1, §2.
 */
import { runDiscipline } from '../src/sim/discipline-run.js';

interface Scenario {
  readonly oscillator: string;
  readonly noise: string;
  readonly seconds: number;
  readonly evaluateFrom: number;
  /** RMS, ns; null: not known for this model */
  readonly boundNs: number | null;
  /** poll 4 */
  readonly chronydDefaultNs: number;
  /** the best of polls 0, 1, 2 and 4 */
  readonly chronydBestNs: number;
  /** the best of polls 3, 4 and 6 */
  readonly ntpdBestNs: number;
}

export interface DisciplineFigures {
  /** oscillator/noise, as in the study */
  readonly scenario: string;
  /** true error of the clock after convergence, medians over the seeds */
  readonly rmsNs: number;
  readonly maxNs: number;
  readonly freqRmsPpb: number;
  readonly boundNs: number | null;
  readonly chronydDefaultNs: number;
  readonly chronydBestNs: number;
  readonly ntpdBestNs: number;
  readonly seeds: readonly number[];
}

export interface DisciplineBenchOptions {
  /** parts of scenarios' names; default: all */
  readonly only?: readonly string[];
  readonly seeds?: readonly number[];
  /** told of each scenario before it runs */
  readonly progress?: (scenario: string) => void;
}

const HALF_DAY = { seconds: 43_200, evaluateFrom: 14_400 };
const TWO_DAYS = { seconds: 172_800, evaluateFrom: 86_400 };

/** One row: model, bound, chronyd default and best, ntpd best; RMS in ns. */
const row = (
  [oscillator, noise]: readonly [string, string],
  length: typeof HALF_DAY,
  [boundNs, chronydDefaultNs, chronydBestNs, ntpdBestNs]: readonly [number | null, number, number, number],
): Scenario => ({ oscillator, noise, ...length, boundNs, chronydDefaultNs, chronydBestNs, ntpdBestNs });

const SCENARIOS: readonly Scenario[] = [
  row(['W8', 'N1u'], HALF_DAY, [390, 1760, 510, 15_371]),
  row(['W9', 'N1u'], HALF_DAY, [214, 408, 277, 599]),
  row(['W9', 'N200'], HALF_DAY, [65, 194, 78, 539]),
  row(['W9', 'O1u'], HALF_DAY, [null, 413, 352, 597]),
  row(['W10', 'N1u'], HALF_DAY, [119, 194, 169, 239]),
  row(['W10', 'N200'], HALF_DAY, [36, 65, 45, 79]),
  row(['T2h', 'N1u'], HALF_DAY, [null, 627, 315, 4738]),
  row(['T24h', 'N1u'], TWO_DAYS, [null, 296, 225, 494]),
];

const SEEDS = [1, 2, 3, 4, 5];

export function run(options: DisciplineBenchOptions = {}): DisciplineFigures[] {
  const { only = [], seeds = SEEDS, progress = () => {} } = options;
  return SCENARIOS.flatMap((scenario) => {
    const { oscillator, noise, seconds, evaluateFrom, ...beside } = scenario;
    const name = `${oscillator}/${noise}`;
    if (only.length > 0 && !only.some((part) => name.includes(part))) return [];
    progress(name);
    const runs = seeds.map((seed) => runDiscipline({ oscillator, noise, seed, seconds, evaluateFrom }));
    return {
      scenario: name,
      rmsNs: median(runs.map(({ rmsNs }) => rmsNs)),
      maxNs: median(runs.map(({ maxNs }) => maxNs)),
      freqRmsPpb: median(runs.map(({ frequencyRmsPpb }) => frequencyRmsPpb)),
      ...beside,
      seeds,
    };
  });
}

/** For a terminal. */
export function table(figures: readonly DisciplineFigures[]): string {
  const number = (value: number | null, width: number, digits = 0) =>
    (value === null ? '–' : value.toFixed(digits)).padStart(width);
  const lines = figures.map(
    (f) =>
      f.scenario.padEnd(10) +
      number(f.rmsNs, 8, 1) +
      number(f.maxNs, 9) +
      number(f.freqRmsPpb, 9, 1) +
      number(f.boundNs, 8) +
      number(f.chronydDefaultNs, 10) +
      number(f.chronydBestNs, 10) +
      number(f.ntpdBestNs, 10) +
      number(f.chronydDefaultNs / f.rmsNs, 9, 2) +
      number(f.chronydBestNs / f.rmsNs, 8, 2) +
      number(f.ntpdBestNs / f.rmsNs, 8, 2) +
      number(f.boundNs === null ? null : f.rmsNs / f.boundNs, 8, 2),
  );
  return [
    '                ours, true error          others, RMS ns                     others / ours             ours /',
    'scenario    RMS ns   max ns  freq ppb  bound  chronyd 4      best  ntpd best  chronyd 4  best    ntpd   bound',
    ...lines,
  ].join('\n');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
