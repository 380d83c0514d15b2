/**
 * `noonmark client-config`: what a client of this server needs, printed on the server itself and never on a network
 * page. Who asks wants the secrets, so they are shown wherever the output goes. Owns the command line; what the server
 * offers is facts.ts, what each client is told recipes.ts.
 */
import { writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { loadKeysFile } from '../auth/load-keys.js';
import { openKeyFolder } from '../autokey/files/folder.js';
import { loadConfig } from '../config/load.js';
import { systemRandom } from '../daemon/system-random.js';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { factsOf } from './client-config/facts.js';
import { isPlainClient } from './client-config/plain.js';
import { CLIENTS, type ClientKind, recipe } from './client-config/recipes.js';
import type { Command } from './command.js';
import { nowSeconds } from './keygen/workbench.js';

const DEFAULT_FILE = '/etc/noonmark/ntp.conf';

const usage = `usage: noonmark client-config [HOST] [--for CLIENT] [--address ADDRESS] [--key ID] [-o OUTPUT] [-c FILE]

Prints what a client of this server needs, secrets with it: the lines of its configuration, its key, and what to type
there. HOST is the client's name, which its own Autokey key then has (without it: the name of its machine).

  --for CLIENT        noonmark, ntpd-4.2.8p15, chrony, ntpsec, systemd-timesyncd or windows; without it all of them
  --address ADDRESS   of this server, as the client is to ask it (its first address)
  --key ID            which symmetric key (the first AES-CMAC key that is trusted)
  --client N          Autokey's scheme MV: the Nth client's key (1)
  -o OUTPUT           into a new file that only you can read
  -c FILE             the server's configuration, which names its keys (${DEFAULT_FILE})

exit code: 0 done, 64 wrong flags, 66 a file is missing, 69 this server has nothing to offer

examples: noonmark client-config laptop --for chrony --key 22
          noonmark client-config laptop --for ntpd-4.2.8p15 -o /tmp/laptop.txt
`;

const WARNING =
  'what is printed here has secrets in it: keep it from others (-o FILE: a file that only you can read)';

export const command: Command = {
  name: 'client-config',
  summary: 'print what a client of this server needs: its lines, its key, and what to type',
  usage,
  async run(args, io) {
    const { flags, positionals } = parse(args);
    const [host, ...more] = positionals;
    if (more.length > 0)
      throw new NoonmarkError(
        'ERR_USAGE',
        `'${more[0]}' is one word too many`,
        'noonmark client-config --help',
      );
    const client = host === undefined ? undefined : clientName(host);
    const file = flags.config ?? DEFAULT_FILE;
    const { config } = loadConfig(file);
    const facts = factsOf(config, {
      machine: hostname(),
      nowSeconds: nowSeconds(),
      openFolder: openKeyFolder,
      loadKeys: (path) => loadKeysFile(path).keys,
      random: systemRandom,
      keyId: keyNumber(flags.key),
      mvClient: mvNumber(flags.client),
    });
    if (client !== undefined && client === facts.autokey?.hostName)
      throw new NoonmarkError(
        'ERR_USAGE',
        `'${client}' is this server's own name, and a group has each name once`,
        "HOST is the client's name",
      );
    const setting = { file, address: flags.address ?? ownAddress() ?? hostname(), client };
    const kinds = clientKinds(flags.for);
    const text = kinds.map((kind) => recipe(kind, facts, setting)).join('\n');
    const hasKeys = facts.autokey !== undefined || facts.symmetric !== undefined;
    if (flags.output !== undefined) write(flags.output, text);
    else {
      if (hasKeys && !kinds.every(isPlainClient)) io.err(`noonmark: ${WARNING}\n`);
      io.out(text);
    }
    return hasKeys || kinds.every(isPlainClient) ? EXIT.ok : EXIT.unavailable;
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
        client: { type: 'string' },
        output: { type: 'string', short: 'o' },
        config: { type: 'string', short: 'c' },
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

function mvNumber(text = '1'): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new NoonmarkError('ERR_USAGE', `--client takes a number from 1, not '${text}'`, '--client 1');
}

/** What becomes a word of configuration lines and of a shell's. */
function clientName(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/.test(text)) return text;
  throw new NoonmarkError(
    'ERR_USAGE',
    `'${text}' cannot be a client's name`,
    "HOST, the client's name, e.g. laptop; the server's configuration file is -c FILE",
  );
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
