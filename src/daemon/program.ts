/**
 * noonmarkd as a program: reads the command line and the configuration, starts the daemon, and turns signals into its calls.
 */
import { fstatSync } from 'node:fs';
import { sdNotifier } from '../../drivers/linux/sd-notify.js';
import { selfTest } from '../../drivers/linux/selftest.js';
import { loadConfig, refuseErrors } from '../config/load.js';
import { problemLine } from '../config/problem.js';
import { serverSocketPath } from '../control/local-socket.js';
import { EXIT, explain, NoonmarkError } from '../errors.js';
import { takeSnapshot } from '../status/snapshot.js';
import { version } from '../version.js';
import { ControlSocket } from './control-socket.js';
import { Daemon } from './daemon.js';
import { Heart } from './heart.js';
import { isJournal, Logger } from './logger.js';
import { type DaemonOptions, parseOptions, usage } from './options.js';
import { choosePlatform, type Platform } from './platform.js';
import { endSnapshotTrial } from './snapshot-trial.js';
import { watchLine } from './watch-line.js';

const EXIT_OF: Partial<Record<NoonmarkError['code'], number>> = {
  ERR_USAGE: EXIT.usage,
  ERR_CONFIG: EXIT.config,
  ERR_FILE: EXIT.noInput,
  ERR_PERMISSION: EXIT.permission,
  ERR_UNSUPPORTED: EXIT.unavailable,
  ERR_ADDRESS: EXIT.unavailable,
};

function exitWith(error: unknown): never {
  process.stderr.write(`noonmarkd: ${explain(error)}\n`);
  process.exit((error instanceof NoonmarkError ? EXIT_OF[error.code] : undefined) ?? EXIT.failure);
}

function run(options: DaemonOptions, platform: Platform): void {
  const { config, problems } = loadConfig(options.configFile);
  refuseErrors(options.configFile, problems);
  selfTest();
  // The served time, as soon as there is a clock that keeps it.
  let nowNs = () => platform.realtimeNs();
  const log = new Logger({
    nowNs: () => nowNs(),
    level: options.debug ? 'debug' : 'info',
    file: options.logFile ?? config.logFile,
    journal: isJournal(process.env['JOURNAL_STREAM'], fstatSync(process.stderr.fd, { bigint: true })),
  });
  const notifier = sdNotifier(process.env);
  let watch: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;
  let control: ControlSocket | undefined;
  let ending = false;
  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    notifier.notify('STOPPING=1');
    clearInterval(watch);
    clearTimeout(beat);
    await Promise.all([daemon.stop(), control?.close()]);
    log.write('notice', 'stopped', 'noonmarkd has ended');
    process.exit(code);
  };
  const events = {
    failed: (_error: NoonmarkError | undefined, text: string) => {
      log.write('error', 'failed', text);
      void end(EXIT.failure);
    },
  };
  const daemon = new Daemon(options, config, log, events, platform);
  nowNs = () => daemon.machine.clock.now();
  // Before anybody can see that we have started: a signal in between would have the kernel's way.
  process.on('SIGHUP', () => {
    notifier.notify('RELOADING=1', `MONOTONIC_USEC=${daemon.machine.clock.monotonic() / 1000n}`);
    daemon.reload();
    notifier.notify('READY=1');
  });
  process.on('SIGTERM', () => void end(EXIT.ok));
  process.on('SIGINT', () => void end(EXIT.ok));
  for (const problem of problems) log.write('warning', 'config', problemLine(problem));
  log.write(
    'notice',
    'started',
    `noonmarkd ${version}, ${daemon.machine.board.board.name}, clock ${config.clock}, port ${config.port}`,
  );
  if (platform.simulation !== undefined)
    log.write('notice', 'simulation', `${platform.simulation}: the clock of this machine is not touched`);
  // The journal, or whoever reads our lines, may go away: time is served all the same.
  process.stderr.on('error', () => undefined);
  try {
    daemon.start();
  } catch (error) {
    void daemon.stop().finally(() => exitWith(error));
    return;
  }
  const uid = process.getuid?.() ?? 0;
  const path = options.controlSocket ?? serverSocketPath(process.env, uid);
  const handler = {
    status: () => takeSnapshot(daemon.view),
    reload: async () => daemon.reload(),
    rotateCookie: () => daemon.rotateCookie(),
  };
  ControlSocket.open({ path, uid, handler, log }).then(
    (socket) => {
      control = socket;
    },
    // Time is served all the same.
    (error) => log.write('error', 'control-socket', explain(error)),
  );
  if (options.watch) {
    // It was started to be looked at: a closed terminal or pipe ends it.
    process.stdout.on('error', () => void end(EXIT.ok));
    process.stdout.write('ask it from another terminal: npx noonmark status\n');
    watch = setInterval(
      () => process.stdout.write(`${watchLine(daemon.view, process.stdout.columns ?? 200)}\n`),
      1000,
    );
  }
  const heart = new Heart({
    signs: () => daemon.lifeSigns(),
    status: () => daemon.serviceLine(),
    notify: (...assignments) => {
      if (assignments.includes('READY=1')) endSnapshotTrial(process.env);
      notifier.notify(...assignments);
    },
  });
  const look = () => {
    beat = setTimeout(look, heart.look() * 1000);
  };
  look();
}

/** Runs noonmarkd with these arguments; answers when it has started, or has ended the process. */
export async function startProgram(args: readonly string[]): Promise<void> {
  try {
    const parsed = parseOptions(args);
    if ('run' in parsed) run(parsed.run, await choosePlatform(process.env));
    else process.stdout.write(parsed.print === 'usage' ? usage : `noonmarkd ${version}\n`);
  } catch (error) {
    exitWith(error);
  }
}
