/**
 * Every scenario of the catalogue, with the real discipline in virtual time, beside what chronyd, ntpd and the bound
 * that no causal estimator can beat are in the same model. What stands beside was measured once, outside of this
 * project, with the daemons' own binaries in clknetsim; the runs are src/scenario's.
 * Source of the figures beside: shared/reference/discipline-baselines.md §1, §4 to §6.
 */

import { NoonmarkError } from '../src/errors.js';
import { SCENARIOS } from '../src/scenario/catalogue.js';
import { type Figures, type Goal, type Scenario, summary } from '../src/scenario/scenario.js';

/** What others reached where RMS is not the figure that counts: chronyd's default and best poll, ntpd's best, the bound. */
type Beside = readonly [
  chronydDefault: number | null,
  chronydBest: number | null,
  ntpdBest: number | null,
  bound: number | null,
];

const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, Beside>>>> = {
  'cold-start': {
    to1msSeconds: [48, 8, 362, null],
    to10usSeconds: [50, 10, 2064, null],
    to1usSeconds: [50, 56, 2966, null],
  },
  jump: { to10usSeconds: [97, 29, 5832, null], overshootPercent: [23, 17, 6, null] },
  'holdover/W9': {
    after1hNs: [114_000, 107_500, 99_800, 105_700],
    after4hNs: [1_072_400, 1_083_500, 1_010_200, 1_069_900],
  },
  'holdover/W10': {
    after1hNs: [9800, 11_500, 9800, 10_600],
    after4hNs: [108_100, 113_900, 101_700, 107_000],
  },
  'holdover/T24h': {
    after1hNs: [251_100, 249_400, 351_600, 238_000],
    after4hNs: [3_552_300, 3_545_500, 3_956_200, 3_500_200],
  },
};

export interface GoalFigure extends Goal {
  /** ours, over the seeds */
  readonly value: number;
  readonly chronydDefault: number | null;
  readonly chronydBest: number | null;
  readonly ntpdBest: number | null;
  readonly bound: number | null;
}

export interface DisciplineFigures {
  /** the scenario's id: W9/N1u */
  readonly scenario: string;
  /** true error of the clock over the evaluated seconds, medians over the seeds */
  readonly rmsNs: number;
  readonly maxNs: number;
  readonly freqRmsPpb: number;
  readonly boundNs: number | null;
  readonly chronydDefaultNs: number | null;
  readonly chronydBestNs: number | null;
  readonly ntpdBestNs: number | null;
  /** largest error and frequency error of the chronyd setting whose RMS is chronydBestNs */
  readonly chronydBestMaxNs: number | null;
  readonly chronydBestFreqPpb: number | null;
  readonly seeds: readonly number[];
  /** what is to be reached in it, and what was; figures in the unit that ends their name */
  readonly goals: readonly GoalFigure[];
  /** real seconds that one simulated hour took */
  readonly secondsAnHour: number;
}

export interface DisciplineBenchOptions {
  /** parts of scenarios' names; default: all */
  readonly only?: readonly string[];
  /** default: the scenario's own, 1 to 5 (holdover in W9 and W10: 1 to 10) */
  readonly seeds?: readonly number[];
  /** told of each scenario before it runs */
  readonly progress?: (scenario: string) => void;
}

/** Throws ERR_USAGE for a part that is in no scenario's name. */
export function run(options: DisciplineBenchOptions = {}): DisciplineFigures[] {
  const { only = [], progress = () => {} } = options;
  const has = ({ id }: Scenario, part: string) => id.toLowerCase().includes(part.toLowerCase());
  for (const part of only)
    if (!SCENARIOS.some((scenario) => has(scenario, part)))
      throw new NoonmarkError(
        'ERR_USAGE',
        `no scenario has '${part}' in its name`,
        SCENARIOS.map(({ id }) => id).join(' '),
      );
  return SCENARIOS.flatMap((scenario) => {
    if (only.length > 0 && !only.some((part) => has(scenario, part))) return [];
    progress(scenario.id);
    return measure(scenario, options.seeds ?? scenario.seeds);
  });
}

function measure(scenario: Scenario, seeds: readonly number[]): DisciplineFigures {
  const started = process.hrtime.bigint();
  const figures = summary(
    scenario,
    seeds.map((seed) => scenario.run(seed)),
  );
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  const { boundNs, chronydDefaultNs, chronydBestNs, ntpdBestNs, ...more } = scenario.others;
  return {
    scenario: scenario.id,
    rmsNs: figures.rmsNs,
    maxNs: figures.maxNs,
    freqRmsPpb: figures.freqRmsPpb,
    boundNs,
    chronydDefaultNs,
    chronydBestNs,
    ntpdBestNs,
    chronydBestMaxNs: more.chronydBestMaxNs ?? null,
    chronydBestFreqPpb: more.chronydBestFreqPpb ?? null,
    seeds,
    goals: scenario.goals.map((goal) => reached(scenario, goal, figures)),
    secondsAnHour: took / ((seeds.length * scenario.seconds) / 3600),
  };
}

function reached(scenario: Scenario, goal: Goal, figures: Figures): GoalFigure {
  const { chronydDefaultNs, chronydBestNs, ntpdBestNs, boundNs } = scenario.others;
  const rms: Beside = [chronydDefaultNs, chronydBestNs, ntpdBestNs, boundNs];
  const [chronydDefault, chronydBest, ntpdBest, bound] =
    goal.figure === 'rmsNs' ? rms : (ELSEWHERE[scenario.id]?.[goal.figure] ?? [null, null, null, null]);
  const value = figures[goal.figure] ?? Number.NaN;
  return { ...goal, value, chronydDefault, chronydBest, ntpdBest, bound };
}

/** For a terminal: one line a goal. */
export function table(figures: readonly DisciplineFigures[]): string {
  const lines = figures.flatMap((row) =>
    row.goals.map((goal, i) => {
      const show = (value: number | null) => quantity(goal.figure, value).padStart(10);
      const head = [
        (i === 0 ? row.scenario : '').padEnd(15),
        nameOf(goal).padEnd(21),
        show(goal.value),
        show(goal.atMost),
        goal.value <= goal.atMost ? '   ' : ' !!',
        ...[goal.chronydDefault, goal.chronydBest, goal.ntpdBest, goal.bound].map(show),
        times(goal.chronydDefault, goal.value),
        times(goal.chronydBest, goal.value),
      ];
      return [...head, ...(i === 0 ? extremes(row) : [])].join('').trimEnd();
    }),
  );
  const goals = figures.flatMap((row) => row.goals);
  const missed = goals.filter((goal) => !(goal.value <= goal.atMost)).length;
  return [
    `${' '.repeat(59)}${'others'.padStart(10)}${' '.repeat(30)}  others / ours   largest error      rate error, ppb`,
    `${'scenario'.padEnd(15)}${'figure'.padEnd(21)}      ours      goal    chronyd 4      best ntpd best     bound` +
      '    chr. 4    best      ours  chr.best    ours  chr.best',
    ...lines,
    missed === 0 ? 'every goal is reached' : `!! ${missed} of ${goals.length} goals are not reached`,
  ].join('\n');
}

/** Largest and frequency error, ours and those of chronyd's best setting. */
function extremes(row: DisciplineFigures): readonly string[] {
  const rate = (value: number | null) => (value === null ? '–' : value.toFixed(1)).padStart(9);
  return [
    quantity('maxNs', row.maxNs).padStart(10),
    quantity('maxNs', row.chronydBestMaxNs).padStart(10),
    rate(row.freqRmsPpb),
    rate(row.chronydBestFreqPpb),
  ];
}

/** How many times ours another's figure is. */
function times(other: number | null, ours: number): string {
  const ratio = other === null || other === 0 ? Number.NaN : other / ours;
  const text = Number.isNaN(ratio) ? '–' : ratio >= 1000 ? '>1000' : ratio.toPrecision(3);
  return text.padStart(9);
}

const nameOf = ({ figure, over }: Goal): string => {
  const known: Readonly<Record<string, string>> = {
    rmsNs: 'RMS error',
    to1msSeconds: 'until 1 ms',
    to10usSeconds: 'until 10 µs',
    to1usSeconds: 'until 1 µs',
    overshootPercent: 'overshoot',
    after1hNs: 'error after 1 h',
    after4hNs: 'error after 4 h',
  };
  return `${known[figure] ?? figure}${over === 'rms' ? ', RMS' : ''}`;
};

/** A figure in the unit that its name ends with. */
function quantity(figure: string, value: number | null): string {
  if (value === null) return '–';
  if (figure.endsWith('Seconds')) return `${value.toFixed(0)} s`;
  if (figure.endsWith('Percent')) return `${value.toFixed(1)} %`;
  if (!figure.endsWith('Ns')) return value.toPrecision(4);
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} ms`;
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)} µs`;
  return `${value.toFixed(value < 100 ? 1 : 0)} ns`;
}
