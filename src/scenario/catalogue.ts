/**
 * The catalogue of scenarios: every row of the table that noonmark is measured by, each a run of the real discipline
 * (and, for network clients, of the daemon's engine, associations and selection) in the virtual world.
 * `SCENARIOS.find(({ id }) => …).run(seed, { observe })` runs one; runScenario() all its seeds.
 * Source of models and of what others reached: shared/reference/discipline-baselines.md.
 */
import { runDiscipline } from '../sim/discipline-run.js';
import { LAN, type PathModel, WAN } from '../sim/network.js';
import { oscillatorModel } from '../sim/oscillator.js';
import { thermometerA, thermometerB } from '../sim/thermometer.js';
import { runNetworkClient } from './network-run.js';
import {
  type Goal,
  type Others,
  type Point,
  pointOf,
  type RunFigures,
  type Scenario,
  type ScenarioOptions,
} from './scenario.js';
import { Tally } from './tally.js';

const SEEDS = [1, 2, 3, 4, 5];
const TEN_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const HALF_DAY = { seconds: 43_200, evaluateFrom: 14_400 };
const TWO_DAYS = { seconds: 172_800, evaluateFrom: 86_400 };
const ONE_DAY = { seconds: 86_400, evaluateFrom: 28_800 };
const HOUR = 3600;

const UNKNOWN: Others = { boundNs: null, chronydDefaultNs: null, chronydBestNs: null, ntpdBestNs: null };
const rmsAtMost = (atMost: number): readonly Goal[] => [{ figure: 'rmsNs', over: 'median', atMost }];

type PulseOptions = Partial<Parameters<typeof runDiscipline>[0]>;

/** A run with a pulse a second; `more`: figures beside the usual ones. */
function pulse(
  oscillator: string,
  noise: string,
  { seconds, evaluateFrom }: { readonly seconds: number; readonly evaluateFrom: number },
  change: (seed: number) => PulseOptions = () => ({}),
  more: (tally: Tally) => Record<string, number> = () => ({}),
): Scenario['run'] {
  return (seed: number, options: ScenarioOptions = {}): RunFigures => {
    const tally = new Tally(evaluateFrom);
    runDiscipline({
      oscillator,
      noise,
      seed,
      seconds: options.seconds ?? seconds,
      evaluateFrom,
      ...change(seed),
      observe: (second, errorSeconds, state, frequencyError) => {
        const point = pointOf(second, errorSeconds, state, frequencyError);
        tally.add(point);
        options.observe?.(point);
      },
    });
    return { ...tally.figures(), ...more(tally) };
  };
}

/** Bound, chronyd's default, its best and ntpd's best, RMS in ns; then largest error and frequency error of both chronyds. */
const others = (
  [boundNs, chronydDefaultNs, chronydBestNs, ntpdBestNs]: readonly [
    number | null,
    number,
    number,
    number | null,
  ],
  [chronydDefaultMaxNs, chronydDefaultFreqPpb, chronydBestMaxNs, chronydBestFreqPpb]: readonly [
    number,
    number,
    number,
    number,
  ],
): Others => ({
  boundNs,
  chronydDefaultNs,
  chronydBestNs,
  ntpdBestNs,
  chronydDefaultMaxNs,
  chronydDefaultFreqPpb,
  chronydBestMaxNs,
  chronydBestFreqPpb,
});

const tracking = (
  oscillator: string,
  noise: string,
  length: { readonly seconds: number; readonly evaluateFrom: number },
  atMostNs: number,
  beside: Others,
): Scenario => ({
  id: `${oscillator}/${noise}`,
  title: `oscillator ${oscillator} followed by pulses of noise ${noise}`,
  kind: 'tracking',
  ...length,
  lostFrom: undefined,
  seeds: SEEDS,
  goals: rmsAtMost(atMostNs),
  others: beside,
  run: pulse(oscillator, noise, length),
});

const COLD = { seconds: 3000, evaluateFrom: 1000 };
const RESTART_AT = 14_400;
const RESTART = { seconds: RESTART_AT + HOUR, evaluateFrom: RESTART_AT };
const JUMP_AT = 14_400;
const JUMP = { seconds: JUMP_AT + 1800, evaluateFrom: 3600 };
const JUMP_SECONDS = 0.1;

/** Figures of a holdover: |error| one and four hours behind the last pulse. */
const heldOver = (lostFrom: number) => (tally: Tally) => ({
  after1hNs: Math.abs(tally.errors[lostFrom + HOUR] ?? Number.NaN) * 1e9,
  after4hNs: Math.abs(tally.errors[lostFrom + 4 * HOUR] ?? Number.NaN) * 1e9,
});

function holdover(
  id: string,
  title: string,
  oscillator: string,
  lostFrom: number,
  seeds: readonly number[],
  goals: readonly Goal[],
  beside: Others,
  change: (seed: number) => PulseOptions = () => ({}),
): Scenario {
  const length = { seconds: lostFrom + 4 * HOUR + 1, evaluateFrom: lostFrom };
  const lost = (seed: number) => ({
    outages: [{ from: lostFrom, to: Number.POSITIVE_INFINITY }],
    ...change(seed),
  });
  return {
    id,
    title,
    kind: 'holdover',
    ...length,
    lostFrom,
    seeds,
    goals,
    others: beside,
    run: pulse(oscillator, 'N1u', length, lost, heldOver(lostFrom)),
  };
}

const afterLoss = (oneHourUs: number, fourHoursUs: number): readonly Goal[] => [
  { figure: 'after4hNs', over: 'rms', atMost: fourHoursUs * 1e3 },
  { figure: 'after1hNs', over: 'rms', atMost: oneHourUs * 1e3 },
];

const ADDRESS = '192.168.123.1';

function network(
  id: string,
  title: string,
  oscillator: string,
  path: PathModel,
  polls: string,
  length: { readonly seconds: number; readonly evaluateFrom: number },
  atMostNs: number,
  beside: Others,
): Scenario {
  return {
    id,
    title,
    kind: 'network',
    ...length,
    lostFrom: undefined,
    seeds: SEEDS,
    goals: rmsAtMost(atMostNs),
    others: beside,
    run(seed: number, options: ScenarioOptions = {}): RunFigures {
      const tally = new Tally(length.evaluateFrom);
      runNetworkClient({
        oscillator,
        seed,
        seconds: options.seconds ?? length.seconds,
        config: `board simulated\nclock simulated\ntinker step 0.001 panic 0\nserver ${ADDRESS} iburst ${polls}\n`,
        servers: { [ADDRESS]: path },
        observe: (point: Point) => {
          tally.add(point);
          options.observe?.(point);
        },
      });
      return tally.figures();
    },
  };
}

export const SCENARIOS: readonly Scenario[] = [
  tracking('W9', 'N1u', HALF_DAY, 228, others([214, 408, 277, 599], [1670, 23.9, 2070, 47])),
  tracking('W9', 'N200', HALF_DAY, 72, others([65, 194, 78, 539], [800, 11.8, 550, 22.9])),
  tracking('W9', 'O1u', HALF_DAY, 232, others([null, 413, 352, 597], [1720, 24.9, 6180, 76.2])),
  tracking('W10', 'N1u', HALF_DAY, 126, others([119, 194, 168, 239], [752, 5.97, 1020, 8.76])),
  tracking('W10', 'N200', HALF_DAY, 39, others([36, 65, 45, 79], [293, 3.28, 379, 6.75])),
  tracking('T2h', 'N1u', HALF_DAY, 200, others([null, 627, 315, 4738], [1960, 31.6, 2650, 88.1])),
  tracking('T24h', 'N1u', TWO_DAYS, 125, others([null, 296, 225, 494], [1020, 13.2, 2190, 39.1])),
  tracking('W8', 'N1u', HALF_DAY, 425, others([390, 1760, 510, 15_371], [7180, 105, 2750, 161])),
  {
    id: 'cold-start',
    title: 'a start 50 ms and 20 ppm off, W9/N1u',
    kind: 'cold-start',
    ...COLD,
    lostFrom: undefined,
    seeds: SEEDS,
    goals: [
      { figure: 'to1msSeconds', over: 'median', atMost: 3 },
      { figure: 'to10usSeconds', over: 'median', atMost: 18 },
      { figure: 'to1usSeconds', over: 'median', atMost: 30 },
    ],
    others: UNKNOWN,
    run: pulse('W9', 'N1u', COLD, undefined, (tally) => ({
      to1msSeconds: tally.secondsTo(1e-3),
      to10usSeconds: tally.secondsTo(1e-5),
      to1usSeconds: tally.secondsTo(1e-6),
    })),
  },
  {
    id: 'jump',
    title: 'the reference jumps by 0.1 s after four hours, W10/N1u',
    kind: 'jump',
    ...JUMP,
    lostFrom: undefined,
    seeds: SEEDS,
    goals: [
      { figure: 'to10usSeconds', over: 'median', atMost: 20 },
      { figure: 'overshootPercent', over: 'median', atMost: 5 },
    ],
    others: UNKNOWN,
    run: pulse(
      'W10',
      'N1u',
      JUMP,
      () => ({ referenceError: (k) => (k >= JUMP_AT ? JUMP_SECONDS : 0) }),
      (tally) => ({
        to10usSeconds: tally.secondsTo(1e-5, JUMP_AT, JUMP_SECONDS),
        overshootPercent:
          (Math.max(0, ...tally.errors.slice(JUMP_AT).map((error) => error - JUMP_SECONDS)) / JUMP_SECONDS) *
          100,
      }),
    ),
  },
  {
    id: 'restart',
    title: 'the daemon is started again after four hours, with its drift file, W9/N1u',
    kind: 'tracking',
    ...RESTART,
    lostFrom: undefined,
    seeds: SEEDS,
    goals: [{ figure: 'afterOverBefore', over: 'median', atMost: 1.05 }],
    others: UNKNOWN,
    run: pulse(
      'W9',
      'N1u',
      RESTART,
      () => ({ restartAt: RESTART_AT }),
      (tally) => {
        const rms = (from: number) =>
          Math.sqrt(tally.errors.slice(from, from + HOUR).reduce((sum, e) => sum + e * e, 0) / HOUR);
        return { afterOverBefore: rms(RESTART_AT) / rms(RESTART_AT - HOUR) };
      },
    ),
  },
  holdover(
    'holdover/W9',
    'no pulse any more after four hours, W9',
    'W9',
    14_400,
    TEN_SEEDS,
    afterLoss(112, 1130),
    UNKNOWN,
  ),
  holdover(
    'holdover/W10',
    'no pulse any more after four hours, W10',
    'W10',
    14_400,
    TEN_SEEDS,
    afterLoss(13, 120),
    UNKNOWN,
  ),
  holdover(
    'holdover/T24h',
    'no pulse any more after a day, T24h, without a thermometer',
    'T24h',
    86_400,
    SEEDS,
    afterLoss(251, 3552),
    UNKNOWN,
  ),
  holdover(
    'holdover/T24h/A',
    'no pulse any more after a day, T24h, with thermometer A (0.05 °C noise, each second)',
    'T24h',
    86_400,
    SEEDS,
    [{ figure: 'after4hNs', over: 'rms', atMost: 350_000 }],
    UNKNOWN,
    (seed) => ({ thermometer: thermometerA(oscillatorModel('T24h'), seed) }),
  ),
  holdover(
    'holdover/T24hBent',
    'no pulse any more after a day, T24h with a quadratic term, without a thermometer',
    'T24hBent',
    86_400,
    SEEDS,
    afterLoss(1000, 10_000),
    UNKNOWN,
  ),
  holdover(
    'holdover/T24hBent/B',
    'the same with thermometer B (DS3231: 0.25 °C, every 64 s, 60 s of lag)',
    'T24hBent',
    86_400,
    SEEDS,
    [{ figure: 'after4hNs', over: 'rms', atMost: 2_500_000 }],
    UNKNOWN,
    () => ({ thermometer: thermometerB(oscillatorModel('T24hBent')) }),
  ),
  network(
    'LAN/W9',
    'client of a LAN server, default polls, W9',
    'W9',
    LAN,
    '',
    ONE_DAY,
    28_600,
    others([null, 28_600, 2160, 2980], [108_000, 82.5, 20_200, 113]),
  ),
  network(
    'LAN/W9/fast',
    'client of a LAN server, minpoll 3 maxpoll 3, W9',
    'W9',
    LAN,
    'minpoll 3 maxpoll 3',
    ONE_DAY,
    2200,
    others([null, 28_600, 2160, 2980], [108_000, 82.5, 20_200, 113]),
  ),
  network(
    'LAN/T2h',
    'client of a LAN server, default polls, T2h',
    'T2h',
    LAN,
    '',
    ONE_DAY,
    32_600,
    others([null, 32_600, 2090, 5640], [196_000, 319, 25_000, 543]),
  ),
  network(
    'WAN/W9/4-6',
    'client of a far server, minpoll 4 maxpoll 6, W9',
    'W9',
    WAN,
    'minpoll 4 maxpoll 6',
    TWO_DAYS,
    111_000,
    others([null, 464_000, 111_000, 136_000], [1_267_000, 285, 464_000, 344]),
  ),
  network(
    'WAN/W9',
    'client of a far server, default polls, W9',
    'W9',
    WAN,
    '',
    TWO_DAYS,
    300_000,
    others([null, 464_000, 111_000, 136_000], [1_267_000, 285, 464_000, 344]),
  ),
];

/** The scenario of that name; undefined: there is none. */
export const scenarioOf = (id: string): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario.id === id);
