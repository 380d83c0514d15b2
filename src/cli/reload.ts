/**
 * `noonmark reload`: has the running daemon read its configuration again, and says what came of it.
 */
import { parseArgs } from 'node:util';
import { askDaemon, type ReloadReport, socketsToAsk } from '../control/local-socket.js';
import { EXIT, NoonmarkError } from '../errors.js';
import type { Command } from './command.js';

const usage = `usage: noonmark reload [--json] [--socket PATH]

Has the running noonmarkd read its configuration again (as SIGHUP does): keys, restrict lines, logging and sources are
taken over at once; what needs a restart is named. A configuration with mistakes changes nothing. Ends with 1 if there
were problems.

  --json         {"applied": […], "needsRestart": […], "problems": […]}
  --socket PATH  of another daemon than yours or this machine's service

example: noonmark check /etc/ntp.conf && noonmark reload
`;

/** Names may have to be resolved. */
const ANSWER_MS = 60_000;

export const command: Command = {
  name: 'reload',
  summary: 'have the running daemon read its configuration again',
  usage,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, socket: { type: 'string' } },
    });
    const paths = socketsToAsk(values.socket, process.env, process.getuid?.() ?? 0);
    const report = reportIn(await askDaemon(paths, { do: 'reload' }, ANSWER_MS));
    if (values.json) io.out(`${JSON.stringify(report, undefined, 2)}\n`);
    else io.out(reportText(report));
    return report.problems.length > 0 ? EXIT.failure : EXIT.ok;
  },
};

function reportText({ applied, needsRestart, problems }: ReloadReport): string {
  const part = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `${title}\n${items.map((item) => `  ${item}\n`).join('')}`;
  const text =
    part('problems:', problems) +
    part('applied:', applied) +
    part('needs a restart of noonmarkd:', needsRestart);
  return text === '' ? 'nothing has changed\n' : text;
}

function reportIn(answer: unknown): ReloadReport {
  const report =
    typeof answer === 'object' && answer !== null && 'reload' in answer ? answer.reload : undefined;
  if (typeof report === 'object' && report !== null) {
    const { applied, needsRestart, problems } = { applied: [], needsRestart: [], problems: [], ...report };
    if (isList(applied) && isList(needsRestart) && isList(problems))
      return { applied, needsRestart, problems };
  }
  throw new NoonmarkError(
    'ERR_REMOTE',
    "the running noonmarkd's answer is not understood",
    'use the noonmark that was installed with it, or restart the daemon after an update',
  );
}

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
