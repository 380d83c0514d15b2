/**
 * `noonmark doctor`: what this machine is, and each thing that time needs, found or not, with what mends it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { probeI2c } from '../../drivers/i2c/probe.js';
import { CLOCK } from '../../drivers/linux/abi.js';
import { TimespecReader } from '../../drivers/linux/clock.js';
import { loadOptional } from '../../drivers/optional-module.js';
import { askDaemon, socketsToAsk } from '../control/local-socket.js';
import { EXIT, NoonmarkError } from '../errors.js';
import { isSnapshot, type Snapshot } from '../status/snapshot.js';
import { plural, printable, wrap } from '../status/words.js';
import { builtAtNs, home } from '../version.js';
import type { Command, CommandIo } from './command.js';
import { examine } from './doctor/examine.js';
import type { Finding } from './doctor/finding.js';
import { folderMachine, type Machine } from './doctor/machine.js';

const usage = `usage: noonmark doctor [-c FILE] [--json] [--socket PATH]

Looks at this machine for each thing that time needs, and says of what is missing or in the way how to mend it: the pulse,
the receiver's serial line, rights, other time daemons, the network, configuration and keys, the clock, the daemon.
Changes nothing. As root it also sees which program has the serial line open.

  -c FILE        configuration, default /etc/noonmark/ntp.conf
  --json         [{"id", "level": "ok"|"note"|"problem", "text", "remedy"}]
  --socket PATH  of another daemon than yours or this machine's service

exit code: 0 all is well (notes may be there), 1 there are problems

example: sudo noonmark doctor
`;

const ANSWER_MS = 5000;

export const command: Command = {
  name: 'doctor',
  summary: 'find what keeps this machine from good time, with what mends it',
  usage,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c', default: '/etc/noonmark/ntp.conf' },
        json: { type: 'boolean', default: false },
        socket: { type: 'string' },
      },
    });
    return tell(await examine(thisMachine(values.socket), values.config), values.json, io);
  },
};

/** Prints them. Answers the exit code. */
export function tell(findings: readonly Finding[], asJson: boolean, io: CommandIo): number {
  if (asJson) io.out(`${JSON.stringify(findings, undefined, 2)}\n`);
  else print(findings, io);
  return findings.some(({ level }) => level === 'problem') ? EXIT.failure : EXIT.ok;
}

function thisMachine(socket: string | undefined): Machine {
  const uid = process.getuid?.() ?? 0;
  const paths = socketsToAsk(socket, process.env, uid);
  return folderMachine({
    root: '/',
    nowNs: new TimespecReader(CLOCK.realtime).readNs(),
    builtAtNs,
    checkout: existsSync(join(home, 'packaging')) ? home : undefined,
    self: { name: process.env['USER'] ?? `user ${uid}`, uid, groups: process.getgroups?.() ?? [] },
    architecture: process.arch,
    nodeVersion: process.versions.node,
    nodeFile: process.execPath,
    wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    load: loadOptional,
    probe: probeI2c,
    status: () => statusOf(paths),
  });
}

async function statusOf(paths: readonly string[]): Promise<Snapshot | undefined> {
  try {
    const answer = await askDaemon(paths, { ask: 'status' }, ANSWER_MS);
    const status =
      typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
    return isSnapshot(status) ? status : undefined;
  } catch (error) {
    // None that answers; one that may not be asked is the user's to mend.
    if (error instanceof NoonmarkError && error.code !== 'ERR_PERMISSION') return undefined;
    throw error;
  }
}

const MARKS = {
  ok: ['ok   ', '\x1b[32m'],
  note: ['note ', '\x1b[33m'],
  problem: ['MEND ', '\x1b[31m'],
} as const;

function print(findings: readonly Finding[], io: CommandIo): void {
  const colour = io.isTerminal && !process.env['NO_COLOR'];
  for (const { level, text, remedy } of findings) {
    const [mark, paint] = MARKS[level];
    const width = Math.max(40, io.columns);
    const lines = [wrap(printable(text), width, '      ', '      ')];
    // A command is to be copied: it stays on one line.
    if (remedy !== '') lines.push(`      -> ${printable(remedy)}`);
    io.out(`${colour ? `${paint}${mark}\x1b[0m` : mark} ${lines.join('\n').slice(6)}\n`);
  }
  const count = findings.filter(({ level }) => level === 'problem').length;
  io.out(count === 0 ? '\nall is well\n' : `\n${plural(count, 'thing')} to mend\n`);
}
