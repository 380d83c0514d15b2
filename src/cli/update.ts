/**
 * `noonmark update`: a new version of noonmark on a card with a read-only root. Imports nothing that stays open on the disk:
 * a file that is replaced while it is open would keep the root from being closed again.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EXIT, NoonmarkError } from '../errors.js';
import type { Command } from './command.js';
import { type CardHost, type UpdateResult, updateCard } from './update/card.js';

const usage = `usage: noonmark update FILE.deb

On a card that "npm run image" made: opens the read-only root, installs that package of noonmark, and tries it: the
configuration must have no mistake for it, and the service must come up and stand for ten seconds. Else the version
before is put back. Then the root is read-only again. It goes on when the connection is lost. After a power cut in the
midst of it the next start puts the version before back, or at its very end the new one. Debian's packages, kernel and
firmware are those of the card: a new card has new ones.

exit code: 0 the new version serves, 69 the old one is back, 66 no such package, 77 no permission, 78 the configuration is wrong

example: scp noonmark_*_arm64.deb root@noonmark.local:/tmp/ && ssh root@noonmark.local noonmark update /tmp/noonmark_*_arm64.deb
`;

const card: CardHost = {
  exists: existsSync,
  isRoot: () => process.getuid?.() === 0,
  run(program, ...args) {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin',
        DEBIAN_FRONTEND: 'noninteractive',
      },
    });
    return {
      exitCode: status ?? EXIT.failure,
      output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`,
    };
  },
  copy(from, to) {
    copyFileSync(from, `${to}.new`);
    const file = openSync(`${to}.new`, 'r');
    fsyncSync(file);
    closeSync(file);
    renameSync(`${to}.new`, to);
  },
  pause: (ms) => pause(ms),
};

export const command: Command = {
  name: 'update',
  summary: 'install another version on a card, and go back if it does not serve',
  usage,
  async run(args, io) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new NoonmarkError('ERR_USAGE', 'one package is wanted', 'noonmark update FILE.deb');
    // Half an update is worse than one that nobody watches.
    process.on('SIGHUP', () => {});
    process.stdout.on('error', () => {});
    const result = await updateCard(card, file, (text) => io.out(`${text}\n`));
    io.out(resultText(result));
    return result.fault === undefined ? EXIT.ok : EXIT.unavailable;
  },
};

/** What came of it, for a person. */
export function resultText({ from, to, fault, isRestored, isReadOnly }: UpdateResult): string {
  const end =
    fault === undefined
      ? `noonmark ${to} serves\n`
      : isRestored
        ? `noonmark ${to} is not taken: ${fault}; ${from} serves again\n`
        : `noonmark ${to} is not taken: ${fault}; ${from} does not come up either: journalctl -u noonmarkd\n`;
  return isReadOnly ? end : `${end}The root is read-only again only after a restart: reboot\n`;
}
