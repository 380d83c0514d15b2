/**
 * `noonmark sim`: runs the real discipline in virtual time and shows how the true error goes, which only a
 * simulation knows.
 */
import { parseArgs } from 'node:util';
import { formatSeconds } from '../discipline/discipline.js';
import { EXIT, NoonmarkError } from '../errors.js';
import { runDiscipline } from '../sim/discipline-run.js';
import { NOISES } from '../sim/noise.js';
import { OSCILLATORS } from '../sim/oscillator.js';
import type { Command, CommandIo } from './command.js';

const usage = `usage: noonmark sim [--oscillator NAME] [--noise NAME] [--seconds N] [--seed N]
                    [--start-error SECONDS] [--json]

Runs noonmark's clock discipline in virtual time against a simulated oscillator that is 20 ppm fast and wanders, and a
simulated pulse per second. Nothing on this machine is touched.

  --oscillator    ${Object.keys(OSCILLATORS).join(', ')}; default W9
  --noise         ${Object.keys(NOISES).join(', ')}; default N1u
  --seconds       length of the run, default 120
  --seed          1, 2, 3 …: another wander and noise; default 1
  --start-error   how wrong the clock is at the start, default 0.05 s
  --json          one JSON object a second, then one with the figures

example: noonmark sim --oscillator T2h --seconds 7200
`;

interface Row {
  readonly second: number;
  readonly errorSeconds: number;
  readonly offsetSeconds: number;
  readonly boundSeconds: number;
  readonly frequencyPpm: number;
  readonly phase: string;
}

export const command: Command = {
  name: 'sim',
  summary: 'run the clock discipline in virtual time and see it converge',
  usage,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        oscillator: { type: 'string', default: 'W9' },
        noise: { type: 'string', default: 'N1u' },
        seconds: { type: 'string', default: '120' },
        seed: { type: 'string', default: '1' },
        'start-error': { type: 'string', default: '0.05' },
        json: { type: 'boolean', default: false },
      },
    });
    const seconds = numberOf('--seconds', values.seconds, 10, 10_000_000);
    const rows: Row[] = [];
    const figures = runDiscipline({
      oscillator: values.oscillator,
      noise: values.noise,
      seed: numberOf('--seed', values.seed, 1, 4_294_967_295),
      seconds,
      evaluateFrom: Math.floor(seconds / 2),
      startErrorSeconds: numberOf('--start-error', values['start-error'], -1e9, 1e9),
      observe: (second, errorSeconds, state) => {
        if (!values.json && !isShown(second, seconds)) return;
        const row = {
          second,
          errorSeconds,
          offsetSeconds: state.offsetSeconds,
          boundSeconds: state.boundSeconds,
          frequencyPpm: state.frequency * 1e6,
          phase: state.phase,
        };
        if (values.json) io.out(`${JSON.stringify(row)}\n`);
        else rows.push(row);
      },
    });
    const summary = {
      oscillator: values.oscillator,
      noise: values.noise,
      rmsNs: figures.rmsNs,
      maxNs: figures.maxNs,
      frequencyRmsPpb: figures.frequencyRmsPpb,
      secondsTo1ms: figures.secondsTo(1e-3) ?? null,
      secondsTo10us: figures.secondsTo(1e-5) ?? null,
      secondsTo1us: figures.secondsTo(1e-6) ?? null,
    };
    if (values.json) io.out(`${JSON.stringify(summary)}\n`);
    else printTable(io, rows, summary);
    return EXIT.ok;
  },
};

/** Every second at first, then ever fewer, so that any length fits a screen or two. */
function isShown(second: number, length: number): boolean {
  if (second < 20) return true;
  const stride = 10 ** Math.floor(Math.log10(second));
  return second % (second < 2 * stride ? stride / 5 : stride) === 0 || second === length - 1;
}

function printTable(
  io: CommandIo,
  rows: readonly Row[],
  summary: {
    rmsNs: number;
    maxNs: number;
    secondsTo1ms: number | null;
    secondsTo10us: number | null;
    secondsTo1us: number | null;
  },
): void {
  io.out('  second    true error  estimated offset  95 % bound   frequency ppm  state\n');
  for (const row of rows) {
    const cells = [
      String(row.second).padStart(8),
      formatSeconds(row.errorSeconds).padStart(14),
      formatSeconds(row.offsetSeconds).padStart(18),
      formatSeconds(row.boundSeconds).padStart(12),
      row.frequencyPpm.toFixed(4).padStart(16),
      `  ${row.phase}`,
    ];
    io.out(`${cells.join('')}\n`);
  }
  const within = (seconds: number | null) => (seconds === null ? 'not reached' : `after ${seconds} s`);
  io.out(
    `\nsecond half: ${summary.rmsNs.toFixed(0)} ns RMS, ${summary.maxNs.toFixed(0)} ns at most\n` +
      `within 1 ms ${within(summary.secondsTo1ms)}, 10 µs ${within(summary.secondsTo10us)}, 1 µs ${within(summary.secondsTo1us)}\n`,
  );
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new NoonmarkError(
      'ERR_USAGE',
      `${option} ${text} is no number from ${least} to ${most}`,
      'see noonmark sim --help',
    );
  }
  return value;
}
