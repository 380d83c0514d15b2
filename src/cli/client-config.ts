/**
 * `noonmark client-config`: what a client of this server needs, printed on the server itself and never on a network
 * page. Owns the command line; what the server offers is facts.ts, what each client is told recipes.ts.
 */
import { writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { loadKeysFile } from '../auth/load-keys.js';
import { openKeyFolder } from '../autokey/files/folder.js';
import { loadConfig } from '../config/load.js';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { factsOf } from './client-config/facts.js';
import { isPlainClient } from './client-config/plain.js';
import { CLIENTS, type ClientKind, recipe } from './client-config/recipes.js';
import type { Command } from './command.js';
import { nowSeconds } from './keygen/workbench.js';

const DEFAULT_FILE = '/etc/noonmark/ntp.conf';

const usage = `usage: noonmark client-config [FILE] [--for CLIENT] [--address ADDRESS] [--key ID] [-o OUTPUT]

Prints what a client of this server needs: the lines of its configuration, what to copy, and what it can do. Reads the
server's configuration FILE (${DEFAULT_FILE}) and the keys it names.

  --for CLIENT        noonmark, ntpd-4.2.8p15, chrony, ntpsec, systemd-timesyncd or windows; without it all of them
  --address ADDRESS   of this server, as the client is to ask it (its first address)
  --key ID            which symmetric key (the first AES-CMAC key that is trusted)
  -o OUTPUT           into a new file that only you can read

The secret of a symmetric key is shown in a file or a pipe, not on a terminal.

exit code: 0 done, 64 wrong flags, 66 a file is missing, 69 this server has nothing to offer

examples: noonmark client-config --for chrony -o laptop.txt
          noonmark client-config --for ntpd-4.2.8p15
`;

export const command: Command = {
  name: 'client-config',
  summary: 'print what a client of this server needs: its lines, and what to copy',
  usage,
  async run(args, io) {
    const { flags, positionals } = parse(args);
    const [file = DEFAULT_FILE, ...more] = positionals;
    if (more.length > 0)
      throw new NoonmarkError(
        'ERR_USAGE',
        `'${more[0]}' is one word too many`,
        'noonmark client-config --help',
      );
    const { config } = loadConfig(file);
    const facts = factsOf(config, {
      machine: hostname(),
      nowSeconds: nowSeconds(),
      openFolder: openKeyFolder,
      loadKeys: (path) => loadKeysFile(path).keys,
      keyId: keyNumber(flags.key),
    });
    const setting = {
      ...{ file, address: flags.address ?? ownAddress() ?? hostname() },
      showSecrets: flags.output !== undefined || !io.isTerminal,
    };
    const kinds = clientKinds(flags.for);
    const text = kinds.map((kind) => recipe(kind, facts, setting)).join('\n');
    if (flags.output === undefined) io.out(text);
    else write(flags.output, text);
    const offers = facts.autokey !== undefined || facts.symmetric !== undefined || kinds.every(isPlainClient);
    return offers ? EXIT.ok : EXIT.unavailable;
  },
};

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        for: { type: 'string' },
        address: { type: 'string' },
        key: { type: 'string' },
        output: { type: 'string', short: 'o' },
      },
    });
    return { flags: values, positionals };
  } catch (cause) {
    throw new NoonmarkError('ERR_USAGE', explain(cause), 'noonmark client-config --help', { cause });
  }
}

function keyNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new NoonmarkError('ERR_USAGE', `--key takes the number of a key, not '${text}'`, '--key 21');
}

function clientKinds(text: string | undefined): readonly ClientKind[] {
  if (text === undefined) return CLIENTS;
  const wanted = text === 'ntpd' ? 'ntpd-4.2.8p15' : text;
  const kind = CLIENTS.find((known) => known === wanted);
  if (kind !== undefined) return [kind];
  throw new NoonmarkError('ERR_USAGE', `there is no recipe for '${text}'`, `--for ${CLIENTS.join(', ')}`);
}

/** The first address that others can reach: IPv4 before IPv6. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const usable = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (usable.find(({ family }) => family === 'IPv4') ?? usable[0])?.address;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new NoonmarkError(
      'ERR_FILE',
      `${path} cannot be written: ${explain(cause)}`,
      'a new file: -o FILE',
      {
        cause,
      },
    );
  }
}
