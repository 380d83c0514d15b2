/**
 * `noonmark sim`: runs the real discipline in virtual time and shows how the true error goes, which only a
 * simulation knows: as a table, as a picture, or as JSON.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { SCENARIOS } from '../scenario/catalogue.js';
import type { Point, RunFigures, Scenario } from '../scenario/scenario.js';
import type { Command, CommandIo } from './command.js';
import { drawPicture } from './sim-picture.js';
import { customScenario, modelNames, scenarioNamed, windowOf, withLength } from './sim-runs.js';
import { durationLabel } from './sim-scale.js';
import { figuresText, isShown, listText, tableText } from './sim-text.js';

/** simulated seconds */
const PROGRESS_EVERY = 600;
const PATIENCE_NS = 2_000_000_000n;
const { oscillators, noises } = modelNames();

const usage = `usage: noonmark sim SCENARIO [--seed N] [--svg FILE] [--json] [--seconds N] [--from S] [--to S]
       noonmark sim --list [--json]
       noonmark sim --oscillator NAME --noise NAME [--start-error SECONDS] [--seconds N] …

Runs noonmark's clock discipline in virtual time against a simulated oscillator that is 20 ppm fast and wanders, and a
simulated pulse per second or server, and shows the true error. Nothing on this machine is touched.

  --list          the scenarios, each with its length in simulated time
  --seed          1, 2, 3 …: another wander and noise; default 1
  --svg FILE      draw true error, estimate and bound over time into FILE
  --from, --to    show these seconds of the run only; default: those that matter in the scenario
  --scale         linear or log, of the picture; default: as fits
  --seconds       length of the run; default: the scenario's own, 120 without one
  --json          one JSON object a second, then one with the figures

  --oscillator    ${oscillators}
  --noise         ${noises}
  --start-error   how wrong the clock is at the start, default 0.05 s

example: noonmark sim T2h/N1u --seed 2 --svg t2h.svg
`;

export const command: Command = {
  name: 'sim',
  summary: 'run the clock discipline in virtual time and see how good it is',
  usage,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        oscillator: { type: 'string' },
        noise: { type: 'string' },
        'start-error': { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        svg: { type: 'string' },
        scale: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [name, ...more] = positionals;
    const custom = values.oscillator !== undefined || values.noise !== undefined;
    if (more.length > 0 || (custom && name !== undefined))
      throw usageError('one scenario at a time', 'name one scenario, or an oscillator and a noise');
    if (values.list || (name === undefined && !custom)) {
      list(io, values.json);
      return EXIT.ok;
    }
    if (name !== undefined && values['start-error'] !== undefined)
      throw usageError('a scenario has its own start', 'use --start-error with --oscillator and --noise');
    const seconds = optional('--seconds', values.seconds, 10, 10_000_000);
    const scenario =
      name === undefined
        ? customScenario({
            oscillator: values.oscillator ?? 'W9',
            noise: values.noise ?? 'N1u',
            seconds: seconds ?? 120,
            startErrorSeconds: optional('--start-error', values['start-error'], -1e9, 1e9) ?? 0.05,
          })
        : withLength(scenarioNamed(name), seconds ?? scenarioNamed(name).seconds);
    const seed = optional('--seed', values.seed, 1, 4_294_967_295, true) ?? 1;
    const points: Point[] = [];
    const scale = scaleOf(values.scale);
    const progress = io.isTerminal ? new Progress(io, scenario.seconds) : undefined;
    const figures = scenario.run(seed, {
      observe: (point) => {
        points.push(point);
        progress?.reached(point.second);
      },
    });
    progress?.end();
    const [first, last] = windowOf(scenario, points);
    const from = optional('--from', values.from, 0, 1e9) ?? first;
    const to = optional('--to', values.to, 0, 1e9) ?? (values.from === undefined ? last : scenario.seconds);
    const shown = points.filter(({ second }) => second >= from && second <= to);
    if (shown.length < 2)
      throw usageError(
        `there is nothing to see from second ${from} to ${to}`,
        `the run has ${points.length} seconds`,
      );
    if (values.json) {
      for (const point of shown) io.out(`${JSON.stringify(point)}\n`);
      io.out(`${JSON.stringify({ scenario: scenario.id, seed, ...figures })}\n`);
    } else {
      io.out(tableText(shown.filter(({ second }) => isShown(second, from, to))));
      io.out(`\n${scenario.id}, seed ${seed}: ${scenario.title}\n${figuresText(scenario, figures)}`);
    }
    if (values.svg !== undefined) {
      const title = `${scenario.id}: ${scenario.title}`;
      save(
        values.svg,
        drawPicture({ title, subtitle: subtitle(scenario, seed, figures), points: shown, scale }),
      );
      io.err(`picture written to ${values.svg}\n`);
    }
    return EXIT.ok;
  },
};

/** Says how far a run is that takes longer than a person waits for. */
class Progress {
  readonly #startedNs: bigint;
  #shown = false;

  constructor(
    private readonly io: CommandIo,
    private readonly seconds: number,
  ) {
    this.#startedNs = io.monotonic();
  }

  reached(second: number): void {
    if (second % PROGRESS_EVERY !== 0 || this.io.monotonic() - this.#startedNs < PATIENCE_NS) return;
    this.#shown = true;
    this.io.err(`\rsimulated ${Math.floor((100 * second) / this.seconds)} %`);
  }

  end(): void {
    if (this.#shown) this.io.err('\r                \r');
  }
}

function list(io: CommandIo, json: boolean): void {
  if (json) {
    const rows = SCENARIOS.map(({ id, title, kind, seconds, seeds, goals }) => ({
      id,
      title,
      kind,
      seconds,
      seeds,
      goals,
    }));
    io.out(`${JSON.stringify(rows, null, 1)}\n`);
    return;
  }
  io.out(`Scenarios, with their length in simulated time:\n\n${listText(SCENARIOS)}`);
  io.out(
    `\nOr any oscillator (${oscillators}) with any pulse noise (${noises}).\n\n` +
      'example: noonmark sim cold-start --svg cold-start.svg\n',
  );
}

function subtitle({ lostFrom, evaluateFrom }: Scenario, seed: number, { rmsNs, maxNs }: RunFigures): string {
  const span = lostFrom === undefined ? `from second ${evaluateFrom} on` : 'without a source';
  return `seed ${seed}; error ${durationLabel(rmsNs / 1e9)} RMS, ${durationLabel(maxNs / 1e9)} at most, ${span}`;
}

function save(path: string, picture: string): void {
  try {
    writeFileSync(path, picture);
  } catch (error) {
    throw new NoonmarkError(
      'ERR_FILE',
      `cannot write ${path}: ${explain(error)}`,
      'name a file in a folder that is yours',
      {
        cause: error,
      },
    );
  }
}

function scaleOf(text: string | undefined): 'linear' | 'log' | undefined {
  if (text === undefined || text === 'linear' || text === 'log') return text;
  throw usageError(`--scale ${text} is neither linear nor log`, 'leave it out to have the one that fits');
}

function optional(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
  whole = false,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value)))
    return value;
  throw usageError(
    `${option} ${text} is no ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
    'see noonmark sim --help',
  );
}

const usageError = (message: string, remedy: string) => new NoonmarkError('ERR_USAGE', message, remedy);
