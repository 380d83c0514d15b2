/**
 * Scenarios with all their seeds, one line of figures each, against the lines recorded in test/contracts. To record
 * anew, after a change that is meant: NOONMARK_RECORD_SCENARIOS=1 node dist/test/runner/main.js scenario/recorded
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figures, runScenario, type Scenario } from '../../src/scenario/scenario.js';
import { assert, projectRoot, record, test } from '../support/suite.js';

const COMMAND = 'NOONMARK_RECORD_SCENARIOS=1 node dist/test/runner/main.js scenario/recorded';
/** What a figure may grow by, and by how much of its unit in any case: a second more than 4 is no regression. */
const WORSE = 1.1;
const GRAIN: readonly (readonly [ending: string, grain: number])[] = [
  ['Seconds', 1],
  ['Percent', 1],
];
const recording = process.env['NOONMARK_RECORD_SCENARIOS'] === '1';

/** Makes a test of each; `file` in test/contracts. */
export function compareWithRecorded(scenarios: readonly Scenario[], file: string): void {
  const path = join(projectRoot, 'test', 'contracts', file);
  const before = recording ? new Map<string, Figures>() : readRecorded(path);
  const lines: string[] = [];
  for (const scenario of scenarios) {
    test(`${scenario.id}: no figure is a tenth worse than recorded`, () => {
      const figures = runScenario(scenario);
      record(scenario.id, figures);
      lines.push(`${scenario.id} ${textOf(figures)}\n`);
      if (!recording) compare(scenario.id, figures, before.get(scenario.id));
    });
  }
  test(`what ${file} has is a scenario of the catalogue`, () => {
    for (const id of before.keys())
      assert.ok(
        scenarios.some((scenario) => scenario.id === id),
        id,
      );
  });
  test.after(() => {
    if (recording) writeFileSync(path, lines.join(''));
  });
}

function compare(id: string, figures: Figures, before: Figures | undefined): void {
  assert.ok(before !== undefined, `${id} is not recorded: ${COMMAND}`);
  for (const [name, value] of Object.entries(figures)) {
    const was = before?.[name] ?? Number.NaN;
    const grain = GRAIN.find(([ending]) => name.endsWith(ending))?.[1] ?? 0;
    assert.ok(
      value <= Math.max(was * WORSE, was + grain),
      `${id}: ${name} is ${value}, was ${was}; if that is meant: ${COMMAND}`,
    );
  }
}

function readRecorded(path: string): ReadonlyMap<string, Figures> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  return new Map(
    lines.map((line) => {
      const [id = '', ...pairs] = line.split(' ');
      const figures = pairs.map((pair) => {
        const [name = '', value] = pair.split('=');
        return [name, Number(value)] as const;
      });
      return [id, Object.fromEntries(figures)];
    }),
  );
}

const textOf = (figures: Figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`)
    .join(' ');
