/**
 * A Debian on this machine's kernel: a throw-away copy of the root file system that scripts/trixie.sh made, in namespaces
 * of its own (systemd-nspawn), with its own systemd as process 1 or with none that runs. Changes are kept in memory and go
 * with it. It has no network.
 *
 * The machine's clock is twice out of its reach: nothing is started with CAP_SYS_TIME; and in the container's own user
 * namespace root has that right again, so that units run as they are, but there it has no power over a clock (settimeofday
 * and adjtimex ask the first namespace). Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from './daemon-process.js';

/**
 * Runs as process 1 of a process namespace, so that all ends with it, and has a mount namespace. $1: the root file system,
 * $2: an empty folder, $3: a name; the rest is what process 1 of the container is, or the option to boot.
 * A control group of its own: systemd-nspawn takes that in which it is for its own, and another container's with it.
 */
const START = `set -e
root=$1; name=$3; cd "$2"; shift 3
mount -t tmpfs none /run
mount -t cgroup2 none /sys/fs/cgroup
mkdir /sys/fs/cgroup/$name
echo 1 > /sys/fs/cgroup/$name/cgroup.procs
mkdir layers root
mount -t tmpfs none layers
mkdir layers/changes layers/work
mount -t overlay -o "lowerdir=$root,upperdir=layers/changes,workdir=layers/work" none root
systemd-nspawn --quiet --directory=root --machine=$name --register=no --keep-unit --private-network \\
  --private-users=identity --private-users-ownership=off --capability=CAP_SYS_TIME --link-journal=no --resolv-conf=off \\
  --timezone=off --console=pipe "$@"
`;
const CLOCKLESS = ['--bounding-set=-sys_time', '--inh-caps=-sys_time'];
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const PREFIX = 'noonmark-container-';

/** Control groups of containers of tests that are gone, and of the one named $1. */
const SWEEP = `mount -t cgroup2 none /sys/fs/cgroup
for group in /sys/fs/cgroup/${PREFIX}*; do
  pid=\${group##*/${PREFIX}}
  [ "\${group##*/}" != "$1" ] && [ -e "/proc/\${pid%%-*}" ] || find "$group" -depth -type d -exec rmdir {} + 2> /dev/null
done
true
`;

/** What processes in it may find of this machine's environment: nothing. */
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ...['HOME=/root', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive'],
];
const START_SECONDS = 60;
const COMMAND_SECONDS = 300;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** standard output and error, one after the other */
  readonly output: string;
}

let count = 0;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function execute(program: string, args: readonly string[], seconds: number): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error !== null && typeof error.code !== 'number')
        reject(new Error(`${args.at(-1)}: ${error.message}\n${output}`));
      else resolve({ exitCode: Number(error?.code ?? 0), stdout, output });
    });
  });
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const childrenOf = (pid: number): readonly number[] =>
  (textOf(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? []).map(Number);

/** Process 1 of the container, as this machine numbers it; undefined: systemd-nspawn has not got to it. */
function firstProcessBelow(pid: number): number | undefined {
  for (const child of childrenOf(pid)) {
    const isFirst = /^NSpid:\t\d+\t\d+\t1$/m.test(textOf(`/proc/${child}/status`));
    // Until it is the program that was asked for, it is a process of systemd-nspawn's.
    if (isFirst && !/^\(|^systemd-nspawn/.test(textOf(`/proc/${child}/comm`))) return child;
    const below = firstProcessBelow(child);
    if (below !== undefined) return below;
  }
  return undefined;
}

export class Container {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #log: string;
  readonly #name: string;
  #first = 0;

  private constructor(root: string, payload: readonly string[]) {
    const folder = temporaryFolder();
    this.#log = join(folder, 'log');
    const log = openSync(this.#log, 'w');
    count += 1;
    this.#name = `${PREFIX}${process.pid}-${count}`;
    const shell = ['sh', '-c', START, 'sh', root, folder, this.#name, ...payload];
    const args = [...CLOCKLESS, 'unshare', ...NAMESPACES, ...shell];
    this.#child = spawn('setpriv', args, { stdio: ['ignore', log, log] });
    closeSync(log);
    running.add(this.#child);
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => {
        running.delete(this.#child);
        resolve();
      });
    });
  }

  /** `systemd`: it is booted, and has come to its end of starting; else nothing runs there but what run() starts. */
  static async start(root: string, systemd: boolean): Promise<Container> {
    const container = new Container(root, systemd ? ['--boot'] : ['sleep', 'infinity']);
    try {
      await until(
        'the container starts',
        START_SECONDS,
        () => container.#find(),
        () => textOf(container.#log),
      );
      if (systemd) await container.#booted();
    } catch (error) {
      await container.close();
      throw error;
    }
    return container;
  }

  #find(): boolean {
    if (this.#child.exitCode !== null) throw new Error(`it ended: ${textOf(this.#log)}`);
    this.#first = firstProcessBelow(this.#child.pid ?? 0) ?? 0;
    return this.#first !== 0;
  }

  async #booted(): Promise<void> {
    let state = '';
    await until(
      'systemd says that it has started',
      START_SECONDS,
      async () => {
        state = (await this.try('systemctl is-system-running')).output;
        return /^(running|degraded)$/m.test(state);
      },
      () => state,
    );
  }

  /** A path of the container's, for this machine. Absolute links on the way would lead to this machine's files. */
  at(path: string): string {
    return join(`/proc/${this.#first}/root`, path);
  }

  /** Runs a command of the shell there to its end. */
  try(command: string, seconds = COMMAND_SECONDS): Promise<CommandResult> {
    const enter = ['nsenter', '--target', String(this.#first), '--all', '--root', '--wd', '--'];
    const shell = ['/usr/bin/env', '-i', ...ENVIRONMENT, '/bin/sh', '-c', command];
    return execute('setpriv', [...CLOCKLESS, ...enter, ...shell], seconds);
  }

  /** As try; answers standard output, and throws what was printed when the command fails. */
  async run(command: string, seconds = COMMAND_SECONDS): Promise<string> {
    const { exitCode, stdout, output } = await this.try(command, seconds);
    if (exitCode !== 0) throw new Error(`${command}: exit code ${exitCode}\n${output}`);
    return stdout;
  }

  async close(): Promise<void> {
    // The first process of the outer namespace has ended when all that ran in it has.
    const [outer] = childrenOf(this.#child.pid ?? 0);
    if (outer !== undefined) process.kill(outer, 'SIGKILL');
    await this.#ended;
    await execute('unshare', ['--mount', 'sh', '-c', SWEEP, 'sh', this.#name], START_SECONDS);
  }
}
