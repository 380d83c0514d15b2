/**
 * `noonmark rotate-cookie`: has the running daemon take a new secret for Autokey's cookies.
 */
import { parseArgs } from 'node:util';
import { askDaemon, socketsToAsk } from '../control/local-socket.js';
import { EXIT } from '../errors.js';
import type { Command } from './command.js';

const usage = `usage: noonmark rotate-cookie [--socket PATH]

Has the running noonmarkd make Autokey's cookies from a new secret, as when the old one may have become known. The old one
is honoured for 12 days more; clients fetch new cookies each 6 days. noonmarkd does this by itself when the secret is a year
old.

  --socket PATH  of another daemon than yours or this machine's service

example: noonmark rotate-cookie
`;

const ANSWER_MS = 10_000;

export const command: Command = {
  name: 'rotate-cookie',
  summary: "make Autokey's cookies from a new secret",
  usage,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { socket: { type: 'string' } } });
    const paths = socketsToAsk(values.socket, process.env, process.getuid?.() ?? 0);
    await askDaemon(paths, { do: 'rotate-cookie' }, ANSWER_MS);
    io.out('cookies are made from a new secret now; the old one is honoured for 12 days more\n');
    return EXIT.ok;
  },
};
