/**
 * noonmarkd's command line: ntpd's letters where they mean the same.
 */
import { parseArgs } from 'node:util';
import { NoonmarkError } from '../errors.js';

export interface DaemonOptions {
  readonly configFile: string;
  /** -g: the first setting may exceed the panic threshold */
  readonly firstMayExceedPanic: boolean;
  readonly debug: boolean;
  /** one line of state a second on standard output */
  readonly watch: boolean;
  readonly logFile: string | undefined;
  readonly driftFile: string | undefined;
  readonly keysFile: string | undefined;
  readonly controlSocket: string | undefined;
}

export const DEFAULT_CONFIG = '/etc/noonmark/ntp.conf';

export const usage = `usage: noonmarkd [-c FILE] [-g] [-d] [--watch] [-f DRIFTFILE] [-k KEYSFILE] [-l LOGFILE] [--socket PATH]

  -c FILE         configuration, default ${DEFAULT_CONFIG}
  -g              set the clock at the start however wrong it is (as ntpd -g)
  -d              log debug lines too
  -f, -k, -l      drift file, keys file, log file: instead of the configuration's
  --watch         print one line of state a second
  --socket PATH   control socket for 'noonmark status' and 'noonmark reload'
  --version, --help

noonmarkd stays in the foreground; systemd, or your shell, puts it in the background.
SIGHUP takes a changed configuration; SIGTERM ends it and saves its state.

example: noonmarkd -c boards/simulated.conf --watch
`;

/** ntpd's letters that ask for what noonmarkd does anyway. */
const HARMLESS = new Set(['-n', '-N', '--nofork', '--nice']);

export type ParsedOptions = { readonly run: DaemonOptions } | { readonly print: 'usage' | 'version' };

/** Throws NoonmarkError ERR_USAGE. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  try {
    const { values } = parseArgs({
      args: args.filter((arg) => !HARMLESS.has(arg)),
      options: {
        configfile: { type: 'string', short: 'c' },
        panicgate: { type: 'boolean', short: 'g' },
        debug: { type: 'boolean', short: 'd' },
        driftfile: { type: 'string', short: 'f' },
        keyfile: { type: 'string', short: 'k' },
        logfile: { type: 'string', short: 'l' },
        socket: { type: 'string' },
        watch: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    });
    if (values.help === true) return { print: 'usage' };
    if (values.version === true) return { print: 'version' };
    return {
      run: {
        configFile: values.configfile ?? DEFAULT_CONFIG,
        firstMayExceedPanic: values.panicgate === true,
        debug: values.debug === true,
        watch: values.watch === true,
        logFile: values.logfile,
        driftFile: values.driftfile,
        keysFile: values.keyfile,
        controlSocket: values.socket,
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new NoonmarkError('ERR_USAGE', message, 'see noonmarkd --help', { cause: error });
  }
}
