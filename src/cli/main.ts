#!/usr/bin/env node
/**
 * `noonmark`: one command with subcommands. Owns dispatch, help and how errors end; each subcommand is a file.
 */
import { realScheduler } from '../../drivers/linux/scheduler.js';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { version } from '../version.js';
import type { Command, CommandIo } from './command.js';

/** Loaded when used, so that `noonmark check` does not pay for what `noonmark gps` needs. */
const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  check: () => import('./check.js'),
  'client-config': () => import('./client-config.js'),
  doctor: () => import('./doctor.js'),
  gps: () => import('./gps.js'),
  keygen: () => import('./keygen.js'),
  reload: () => import('./reload.js'),
  'rotate-cookie': () => import('./rotate-cookie.js'),
  sim: () => import('./sim.js'),
  status: () => import('./status.js'),
  update: () => import('./update.js'),
  'wait-synced': () => import('./wait-synced.js'),
};

const io: CommandIo = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  monotonic: realScheduler.monotonic,
  isTerminal: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 80,
};

async function help(): Promise<string> {
  const lines = await Promise.all(
    Object.values(COMMANDS).map(async (load) => {
      const { command } = await load();
      return `  ${command.name.padEnd(13)} ${command.summary}\n`;
    }),
  );
  return (
    'usage: noonmark COMMAND [OPTIONS]\n\n' +
    lines.join('') +
    '\nnoonmark COMMAND --help tells more. The daemon is noonmarkd.\n\nexample: noonmark status\n'
  );
}

/** The name within two letters of what was typed, if there is one. */
function nearest(typed: string): string | undefined {
  const distance = (a: string, b: string): number => {
    const row = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i += 1) {
      let diagonal = row[0]!;
      row[0] = i;
      for (let j = 1; j <= b.length; j += 1) {
        const above = row[j]!;
        row[j] = Math.min(above + 1, row[j - 1]! + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1));
        diagonal = above;
      }
    }
    return row[b.length]!;
  };
  return Object.keys(COMMANDS).find((name) => distance(typed, name) <= 2);
}

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(await help());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-V') {
    io.out(`noonmark ${version}\n`);
    return EXIT.ok;
  }
  const load = COMMANDS[name];
  if (load === undefined) {
    const near = nearest(name);
    io.err(
      `noonmark: there is no command '${name}'; ${near === undefined ? 'see noonmark --help' : `did you mean '${near}'?`}\n`,
    );
    return EXIT.usage;
  }
  const { command } = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(command.usage);
    return EXIT.ok;
  }
  return command.run(rest, io);
}

/** What parseArgs throws is the user's, not ours. */
const isUsageError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('ERR_PARSE_ARGS');

function exitCodeOf(error: unknown): number {
  if (isUsageError(error)) return EXIT.usage;
  if (!(error instanceof NoonmarkError)) return EXIT.failure;
  switch (error.code) {
    case 'ERR_USAGE':
      return EXIT.usage;
    case 'ERR_CONFIG':
      return EXIT.config;
    case 'ERR_PERMISSION':
      return EXIT.permission;
    case 'ERR_FILE':
      return EXIT.noInput;
    default:
      return EXIT.unavailable;
  }
}

// A reader that has seen enough (`noonmark … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure),
);
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  io.err(`noonmark: ${explain(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
