/**
 * A simulated run in words: the list of scenarios, a table that fits a screen or two, and the figures at its end.
 */

import type { Point, RunFigures, Scenario } from '../scenario/scenario.js';
import { formatSeconds } from '../units/duration.js';
import { durationLabel } from './sim-scale.js';

const FIGURES: Readonly<Record<string, string>> = {
  to1msSeconds: 'within 1 ms after',
  to10usSeconds: 'within 10 µs after',
  to1usSeconds: 'within 1 µs after',
  overshootPercent: 'overshoot',
  after1hNs: 'error after 1 h without a source',
  after4hNs: 'error after 4 h without a source',
};

export function listText(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ id }) => id.length)) + 2;
  const hours = ({ seconds }: Scenario) => `${Number((seconds / 3600).toFixed(1))} h`.padStart(7);
  return scenarios
    .map((scenario) => `  ${scenario.id.padEnd(width)}${hours(scenario)}  ${scenario.title}\n`)
    .join('');
}

/** Every second at first, then ever fewer. */
export function isShown(second: number, from: number, to: number): boolean {
  const passed = second - from;
  if (passed < 20 || second === to) return true;
  const stride = 10 ** Math.floor(Math.log10(passed));
  return passed % (passed < 2 * stride ? stride / 5 : stride) === 0;
}

export function tableText(points: readonly Point[]): string {
  const lines = points.map(
    ({ second, errorSeconds, estimateSeconds, boundSeconds, frequencyError, phase }) => {
      const cells = [
        String(second).padStart(8),
        formatSeconds(errorSeconds).padStart(14),
        (estimateSeconds === undefined ? '–' : formatSeconds(estimateSeconds)).padStart(17),
        (Number.isFinite(boundSeconds) ? formatSeconds(boundSeconds) : '–').padStart(12),
        (frequencyError * 1e9).toFixed(1).padStart(16),
        `  ${phase}\n`,
      ];
      return cells.join('');
    },
  );
  return `  second    true error  estimated error  95 % bound  rate error, ppb  state\n${lines.join('')}`;
}

/** What the run came to, beside the goal for the median of its seeds and beside chronyd. */
export function figuresText(scenario: Scenario, figures: RunFigures): string {
  const { rmsNs, maxNs, freqRmsPpb } = figures;
  const { chronydDefaultNs, chronydBestNs, boundNs } = scenario.others;
  const from =
    scenario.lostFrom === undefined ? `from second ${scenario.evaluateFrom} on` : 'without a source';
  const ns = (value: number) => durationLabel(value / 1e9);
  const goalOf = (name: string) => scenario.goals.find(({ figure }) => figure === name);
  const goalText = (name: string, show: (value: number) => string) => {
    const goal = goalOf(name);
    return goal === undefined ? '' : `; goal ${show(goal.atMost)} over ${scenario.seeds.length} seeds`;
  };
  const lines = [
    `error ${ns(rmsNs)} RMS, ${ns(maxNs)} at most ${from}${goalText('rmsNs', ns)}; rate error ${freqRmsPpb.toFixed(1)} ppb RMS`,
  ];
  if (chronydDefaultNs !== null && chronydBestNs !== null)
    lines.push(
      `in the same model: chronyd ${ns(chronydDefaultNs)}, with its best poll ${ns(chronydBestNs)}` +
        (boundNs === null ? '' : `; no estimator below ${ns(boundNs)}`),
    );
  for (const [name, text] of Object.entries(FIGURES)) {
    const value = figures[name];
    if (value === undefined) continue;
    const show = (of: number) =>
      name.endsWith('Seconds') ? `${of} s` : name.endsWith('Percent') ? `${of.toFixed(1)} %` : ns(of);
    lines.push(`${text} ${Number.isFinite(value) ? show(value) : 'never'}${goalText(name, show)}`);
  }
  return `${lines.join('\n')}\n`;
}
