/**
 * `noonmark wait-synced`: ends when this machine's clock is right, so that what must not start before can wait for it
 * (noonmark-wait-synced.service is how systemd's time-sync.target comes to mean that). Asks the daemon; touches nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askDaemon, socketsToAsk } from '../control/local-socket.js';
import { EXIT, NoonmarkError } from '../errors.js';
import { isSnapshot, type Snapshot } from '../status/snapshot.js';
import { interval } from '../status/words.js';
import type { Command, CommandIo } from './command.js';

const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_WITHIN_SECONDS = 0.1;

const usage = `usage: noonmark wait-synced [--timeout S] [--within S] [--socket PATH]

Ends with 0 as soon as the running noonmarkd has set this machine's clock, and with 1 when that takes too long. Prints
what it waits for, whenever that changes.

  --timeout S    seconds until it gives up; 0: never; default ${DEFAULT_TIMEOUT_SECONDS}
  --within S     how far from UTC the clock may be at worst (root distance), seconds; default ${DEFAULT_WITHIN_SECONDS}
  --socket PATH  of another daemon than yours or this machine's service

example: noonmark wait-synced --timeout 120 && make-my-certificates
`;

const ANSWER_MS = 5000;
const LOOK_MS = 500;

export const command: Command = {
  name: 'wait-synced',
  summary: "wait until this machine's clock is right",
  usage,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { timeout: { type: 'string' }, within: { type: 'string' }, socket: { type: 'string' } },
    });
    const timeout = seconds('--timeout', values.timeout, DEFAULT_TIMEOUT_SECONDS);
    const within = seconds('--within', values.within, DEFAULT_WITHIN_SECONDS);
    const paths = socketsToAsk(values.socket, process.env, process.getuid?.() ?? 0);
    return wait(paths, timeout, within, io);
  },
};

function seconds(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new NoonmarkError('ERR_USAGE', `${option} ${text} is no number of seconds`, `${option} 120`);
}

async function wait(
  paths: readonly string[],
  timeout: number,
  within: number,
  io: CommandIo,
): Promise<number> {
  const started = io.monotonic();
  let told = '';
  for (;;) {
    const reason = await whyNot(paths, within);
    if (reason === undefined) return EXIT.ok;
    if (reason !== told) io.out(`waiting: ${reason}\n`);
    told = reason;
    if (timeout > 0 && Number(io.monotonic() - started) / 1e9 >= timeout) {
      io.err(`noonmark wait-synced: after ${timeout} s the clock is not right: ${reason}\n`);
      return EXIT.failure;
    }
    await pause(LOOK_MS);
  }
}

/** What is still missing; undefined: nothing. Rejects where waiting is in vain. */
async function whyNot(paths: readonly string[], within: number): Promise<string | undefined> {
  let answer: unknown;
  try {
    answer = await askDaemon(paths, { ask: 'status' }, ANSWER_MS);
  } catch (error) {
    // It may be starting.
    if (error instanceof NoonmarkError && error.code === 'ERR_REMOTE') return error.message;
    throw error;
  }
  const status =
    typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
  if (isSnapshot(status)) return lacking(status, within);
  throw new NoonmarkError(
    'ERR_REMOTE',
    'the running noonmarkd speaks of its status in another format',
    'restart the daemon after an update',
  );
}

function lacking(snapshot: Snapshot, within: number): string | undefined {
  if (snapshot.clock !== 'system')
    throw new NoonmarkError(
      'ERR_CONFIG',
      "the running noonmarkd leaves this machine's clock alone",
      "write 'clock system' in its configuration",
    );
  // An orphan keeps hosts together, at a time of their own.
  if (!snapshot.synchronised || snapshot.discipline.phase === 'unset') return snapshot.summary;
  const { rootDispersionSeconds, rootDelaySeconds, offsetSeconds } = snapshot;
  const distance = Math.abs(offsetSeconds) + rootDispersionSeconds + rootDelaySeconds / 2;
  return distance <= within ? undefined : `${snapshot.summary}, ${interval(distance)} from UTC at worst`;
}
