/**
 * Programs that a test starts in a host of its lab: their output, their end, and waiting for what they are to do.
 * None of them can set this machine's clock: they are started without CAP_SYS_TIME. Knows no particular daemon.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from './namespace.js';

/** linux/capability.h */
const CAP_SYS_TIME = 25n;
const OUTPUT_LIMIT = 1 << 20;
const STOP_SECONDS = 5;

/** The command, in the host's namespace, never able to set the clock. */
export const confined = (host: Pick<Host, 'namespace'>, command: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  host.namespace,
  'setpriv',
  '--bounding-set=-sys_time',
  '--inh-caps=-sys_time',
  ...command,
];

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
}

/** Runs a command in a host to its end and answers what it printed, whatever its exit code (added when not 0). */
export function run(host: Host, command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [file = '', ...args] = confined(host, command);
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env: { ...process.env, ...options.env }, timeout: 1000 * (options.timeoutSeconds ?? 10) },
      (error, stdout, stderr) =>
        resolve(`${stdout}${stderr}${error === null ? '' : `\n[exit ${error.code ?? error.signal}]`}`),
    );
  });
}

export interface ProgramOptions {
  /** for failure texts */
  readonly name: string;
  readonly host: Host;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<Program>();
process.on('exit', () => {
  for (const program of running) program.kill();
});

/** A program that runs until it is stopped. */
export class Program {
  readonly name: string;
  readonly host: Host;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #output = '';
  #ended: string | undefined;

  constructor({ name, host, command, env }: ProgramOptions) {
    this.name = name;
    this.host = host;
    const [file = '', ...args] = confined(host, command);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#child = child;
    const take = (chunk: Buffer) => {
      if (this.#output.length < OUTPUT_LIMIT) this.#output += chunk.toString('utf8');
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    running.add(this);
    this.#closed = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#ended = error.message;
        running.delete(this);
        resolve();
      });
      child.on('close', (code, signal) => {
        this.#ended = signal ?? `exit code ${code}`;
        running.delete(this);
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All it printed so far. */
  output(): string {
    return this.#output;
  }

  /** How it ended; undefined while it runs. */
  ended(): string | undefined {
    return this.#ended;
  }

  /** Can it set the clock? Asked of the kernel. */
  maySetTheClock(): boolean {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    return ((effective >> CAP_SYS_TIME) & 1n) === 1n;
  }

  /** How it stands and the end of what it printed, for failure texts. */
  report(): string {
    const tail = this.#output.trimEnd().split('\n').slice(-25).join('\n  | ');
    return `${this.name} (${this.#ended ?? 'running'}) printed:\n  | ${tail}`;
  }

  /** SIGTERM, SIGKILL after some seconds. Answers how it ended and after how long. */
  async stop(): Promise<{ readonly ended: string; readonly seconds: number }> {
    const started = performance.now();
    if (this.#ended === undefined) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), 1000 * STOP_SECONDS);
    await this.#closed;
    clearTimeout(timer);
    return { ended: this.#ended ?? '', seconds: (performance.now() - started) / 1000 };
  }

  kill(): void {
    if (this.#ended === undefined) this.#child.kill('SIGKILL');
  }
}

/** Ends all programs that still run. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop()));
}

export interface Wait {
  /** what is waited for, for the failure text */
  readonly what: string;
  readonly seconds: number;
  /** whose output belongs into the failure text; when one of them ends, the waiting does too */
  readonly programs?: readonly Program[];
  readonly everySeconds?: number;
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/**
 * Asks `probe` until it answers with something other than undefined. `probe` may set `why` (its argument's `is`) to what
 * it saw; the last is told when the time is over.
 */
export async function until<T>(
  wait: Wait,
  probe: (seen: { is: string }) => T | Promise<T | undefined> | undefined,
): Promise<T> {
  const started = performance.now();
  const seen = { is: '' };
  const programs = wait.programs ?? [];
  const fail = (how: string) => {
    // Once, and not in the error: uvu prints an error's text twice.
    const reports = [
      ...(seen.is === '' ? [] : [`last seen:\n${seen.is}`]),
      ...programs.map((p) => p.report()),
    ];
    console.log(`\n${wait.what}: ${how}\n${reports.join('\n')}`);
    return new Error(`${wait.what}: ${how}; what was seen and printed stands above`);
  };
  for (;;) {
    const found = await probe(seen);
    if (found !== undefined) return found;
    const gone = programs.find((program) => program.ended() !== undefined);
    if (gone !== undefined) throw fail(`${gone.name} has ended (${gone.ended()})`);
    if (performance.now() - started > 1000 * wait.seconds) throw fail(`not within ${wait.seconds} s`);
    await pause(wait.everySeconds ?? 0.5);
  }
}

/** Files of one test, in a folder that ends with it. */
export class Files {
  readonly folder = mkdtempSync(join(tmpdir(), 'noonmark-peers-'));
  readonly #atExit = () => this.close();

  constructor() {
    process.on('exit', this.#atExit);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string, mode = 0o600): string {
    const path = this.path(name);
    writeFileSync(path, text, { mode });
    return path;
  }

  close(): void {
    process.off('exit', this.#atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
