/**
 * What `noonmark sim` can run: the catalogue's scenarios, and any oscillator with any pulse noise. Knows no output.
 */
import { NoonmarkError } from '../errors.js';
import { SCENARIOS, scenarioOf } from '../scenario/catalogue.js';
import { type Point, pointOf, type RunFigures, type Scenario } from '../scenario/scenario.js';
import { Tally } from '../scenario/tally.js';
import { runDiscipline } from '../sim/discipline-run.js';
import { NOISES, noiseModel } from '../sim/noise.js';
import { OSCILLATORS, oscillatorModel } from '../sim/oscillator.js';

export interface CustomRun {
  readonly oscillator: string;
  readonly noise: string;
  readonly seconds: number;
  readonly startErrorSeconds: number;
}

/** The scenario of that name; throws ERR_USAGE with the names that come near. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarioOf(name);
  if (found !== undefined) return found;
  const wanted = name.toLowerCase();
  const near = SCENARIOS.map(({ id }) => id).filter((id) => id.toLowerCase().includes(wanted));
  throw new NoonmarkError(
    'ERR_USAGE',
    `there is no scenario "${name}"`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : 'noonmark sim --list shows them all',
  );
}

/** A run that is in no catalogue: without a goal and without anybody beside it. Throws ERR_USAGE for unknown models. */
export function customScenario(wish: CustomRun): Scenario {
  const { oscillator, noise, seconds, startErrorSeconds } = wish;
  oscillatorModel(oscillator);
  noiseModel(noise);
  const evaluateFrom = Math.floor(seconds / 2);
  return {
    id: `${oscillator}/${noise}`,
    title: `oscillator ${oscillator} followed by pulses of noise ${noise}, from ${startErrorSeconds} s off`,
    kind: 'cold-start',
    seconds,
    evaluateFrom,
    lostFrom: undefined,
    seeds: [1],
    goals: [],
    others: { boundNs: null, chronydDefaultNs: null, chronydBestNs: null, ntpdBestNs: null },
    run(seed, options = {}): RunFigures {
      const tally = new Tally(evaluateFrom);
      runDiscipline({
        oscillator,
        noise,
        seed,
        seconds,
        evaluateFrom,
        startErrorSeconds,
        observe: (second, errorSeconds, state, frequencyError) => {
          const point = pointOf(second, errorSeconds, state, frequencyError);
          tally.add(point);
          options.observe?.(point);
        },
      });
      return {
        ...tally.figures(),
        to1msSeconds: tally.secondsTo(1e-3),
        to10usSeconds: tally.secondsTo(1e-5),
        to1usSeconds: tally.secondsTo(1e-6),
      };
    },
  };
}

/** The scenario with another length. Goals are for its own; of a short run the second half counts. */
export function withLength(scenario: Scenario, seconds: number): Scenario {
  if (seconds === scenario.seconds) return scenario;
  const evaluateFrom = seconds > scenario.evaluateFrom + 10 ? scenario.evaluateFrom : Math.floor(seconds / 2);
  return {
    ...scenario,
    seconds,
    evaluateFrom,
    goals: [],
    run(seed, options = {}): RunFigures {
      const tally = new Tally(evaluateFrom);
      const observe = (point: Point) => {
        tally.add(point);
        options.observe?.(point);
      };
      return { ...scenario.run(seed, { seconds, observe }), ...tally.figures() };
    },
  };
}

export const modelNames = (): { readonly oscillators: string; readonly noises: string } => ({
  oscillators: Object.keys(OSCILLATORS).join(', '),
  noises: Object.keys(NOISES).join(', '),
});

/** The seconds of a run that a person wants to see, first and last. */
export function windowOf(scenario: Scenario, points: readonly Point[]): readonly [number, number] {
  const end = points.at(-1)?.second ?? scenario.seconds;
  switch (scenario.kind) {
    case 'cold-start':
      return [0, Math.min(end, scenario.goals.length > 0 ? 60 : end)];
    case 'tracking':
    case 'network': {
      const from = Math.min(scenario.evaluateFrom, Math.floor(end / 2));
      return [from, Math.min(end, from + (scenario.kind === 'tracking' ? 7200 : 86_400))];
    }
    case 'holdover':
      return [Math.max(0, (scenario.lostFrom ?? scenario.evaluateFrom) - 1800), end];
    case 'jump': {
      const at = jumpAt(points, scenario.evaluateFrom);
      return [Math.max(0, at - 30), Math.min(end, at + 60)];
    }
  }
}

/** Where the error changes most within a second. */
function jumpAt(points: readonly Point[], from: number): number {
  let at = from;
  let most = 0;
  for (let i = Math.max(1, from); i < points.length; i += 1) {
    const change = Math.abs(points[i]!.errorSeconds - points[i - 1]!.errorSeconds);
    if (change > most) [most, at] = [change, points[i]!.second];
  }
  return at;
}
