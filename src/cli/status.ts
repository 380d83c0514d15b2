/**
 * `noonmark status`: asks the running daemon over its local socket and shows what it does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askDaemon, socketsToAsk } from '../control/local-socket.js';
import { EXIT, NoonmarkError } from '../errors.js';
import { isSnapshot, type Snapshot } from '../status/snapshot.js';
import { statusText } from '../status/text.js';
import type { Command, CommandIo } from './command.js';

const usage = `usage: noonmark status [--json] [--watch] [--socket PATH]

Shows what the running noonmarkd does: what it is locked to and how well, or why it is not; its sources; the receiver;
leap seconds; how many it serves.

  --json         everything, as one JSON object
  --watch        again each second, until Ctrl-C; with --json one object a line
  --socket PATH  of another daemon than yours or this machine's service

example: noonmark status --watch
`;

const ANSWER_MS = 5000;
const WATCH_MS = 1000;

export const command: Command = {
  name: 'status',
  summary: 'show what the running daemon does',
  usage,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        socket: { type: 'string' },
      },
    });
    const paths = socketsToAsk(values.socket, process.env, process.getuid?.() ?? 0);
    const show = values.json ? asJson(io, values.watch) : asText(io, values.watch);
    show(await fetchSnapshot(paths));
    while (values.watch) {
      await pause(WATCH_MS);
      show(await fetchSnapshot(paths));
    }
    return EXIT.ok;
  },
};

async function fetchSnapshot(paths: readonly string[]): Promise<Snapshot> {
  const answer = await askDaemon(paths, { ask: 'status' }, ANSWER_MS);
  const status =
    typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
  if (isSnapshot(status)) return status;
  throw new NoonmarkError(
    'ERR_REMOTE',
    'the running noonmarkd speaks of its status in another format',
    'use the noonmark that was installed with it, or restart the daemon after an update',
  );
}

const asJson = (io: CommandIo, lines: boolean) => (snapshot: Snapshot) =>
  io.out(`${JSON.stringify(snapshot, undefined, lines ? undefined : 2)}\n`);

function asText(io: CommandIo, again: boolean): (snapshot: Snapshot) => void {
  const colour = io.isTerminal && !process.env['NO_COLOR'];
  let first = true;
  return (snapshot) => {
    const text = statusText(snapshot, { columns: io.columns, colour });
    // Drawn over, not scrolled: home, each line cleared behind its end, the rest of the screen cleared.
    if (again && io.isTerminal)
      io.out(`${first ? '\x1b[2J' : ''}\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`);
    else io.out(first ? text : `\n${text}`);
    first = false;
  };
}
