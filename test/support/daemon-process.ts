/**
 * The real noonmarkd as a process of its own: started with a configuration in a temporary folder, on a free UDP port of
 * loopback, its log kept; asked, watched and ended within bounds. Knows no daemon code, only what a user sees.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, askBest } from './ntp-client.js';
import { projectRoot } from './suite.js';

export interface DaemonExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** from the signal that stop() sent to the end of the process */
  readonly milliseconds: number;
}

export interface DaemonOptions {
  /** lines of the configuration; port, statedir and interfaces are put before them */
  readonly lines: readonly string[];
  readonly args?: readonly string[];
  /** default: a free one */
  readonly port?: number;
  /** default: a new one, removed at the end */
  readonly folder?: string;
}

/** What `noonmark status --json` says, as far as tests ask. */
export interface DaemonStatus {
  readonly synchronised: boolean;
  readonly summary: string;
  readonly stratum: number;
  readonly refid: string;
  readonly sources: readonly {
    readonly name: string;
    readonly fate: string;
    readonly unfit: string | null;
    readonly remark: string;
    readonly clock?: { readonly messageDelaySeconds: number | null };
  }[];
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly text: string;
}

const built = (...path: string[]) => join(projectRoot, 'dist', 'src', ...path);

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** A folder that is gone when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'noonmark-test-'));
  folders.add(folder);
  return folder;
}

/** A UDP port that is free now on 127.0.0.1 and ::1. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Waits until `condition` holds; throws after `seconds` with what was waited for and `context()`. */
export async function until(
  what: string,
  seconds: number,
  condition: () => boolean | Promise<boolean>,
  context: () => string = () => '',
): Promise<number> {
  const started = process.hrtime.bigint();
  for (;;) {
    if (await condition()) return Number(process.hrtime.bigint() - started) / 1e9;
    if (Number(process.hrtime.bigint() - started) / 1e9 > seconds)
      throw new Error(`waited ${seconds} s in vain for: ${what}\n${context()}`);
    await sleep(0.1);
  }
}

export class DaemonProcess {
  readonly pid: number;
  /** standard output and standard error, as they came */
  output = '';
  private exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly folder: string,
    readonly configFile: string,
  ) {
    this.pid = child.pid ?? 0;
    running.add(child);
    child.stdout?.on('data', (chunk: Buffer) => this.take(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.take(chunk));
    child.on('close', (code, signal) => {
      this.exit = { code, signal };
      running.delete(child);
    });
  }

  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const port = options.port ?? (await freePort());
    const folder = options.folder ?? temporaryFolder();
    const configFile = join(folder, 'ntp.conf');
    const lines = [
      `port ${port}`,
      `statedir ${folder}`,
      'interface ignore all',
      'interface listen 127.0.0.0/8',
      ...options.lines,
    ];
    writeFileSync(configFile, `${lines.join('\n')}\n`);
    const socket = join(folder, 'control.sock');
    const main = built('daemon', 'main.js');
    const args = ['--enable-source-maps', main, '-c', configFile, '--socket', socket];
    const child = spawn(process.execPath, [...args, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NOONMARK_CLOCK_READ_ONLY: '1', NO_COLOR: '1' },
    });
    return new DaemonProcess(child, port, folder, configFile);
  }

  get hasExited(): boolean {
    return this.exit !== undefined;
  }

  /** The log, line by line. */
  log(): readonly LogLine[] {
    return this.output.split('\n').flatMap((line) => {
      const [, level, event, text] =
        /^\S+ (error|warning|notice|info|debug) ([\w-]+): (.*)$/.exec(line) ?? [];
      return level === undefined || event === undefined ? [] : [{ level, event, text: text ?? '' }];
    });
  }

  logged(event: string, part = ''): number {
    return this.log().filter((line) => line.event === event && line.text.includes(part)).length;
  }

  /** Waits for a condition, with the end of the log in the error; an ended process is an error at once. Answers seconds. */
  until(what: string, seconds: number, condition: () => boolean | Promise<boolean>): Promise<number> {
    const context = () => this.output.split('\n').slice(-60).join('\n');
    return until(
      what,
      seconds,
      () => {
        if (this.hasExited) throw new Error(`noonmarkd has ended; waited for: ${what}\n${context()}`);
        return condition();
      },
      context,
    );
  }

  /** Its time against this machine's, the quickest of some exchanges; undefined: it does not answer. */
  ask(exchanges = 4): Promise<Answer | undefined> {
    return askBest(this.port, exchanges);
  }

  untilStratum(stratum: number, seconds: number): Promise<number> {
    return this.until(`stratum ${stratum}`, seconds, async () => {
      const answer = await this.ask(1);
      return answer !== undefined && answer.leap !== 3 && answer.stratum === stratum;
    });
  }

  /** `noonmark status --json` of this daemon. */
  status(): Promise<DaemonStatus> {
    const args = [built('cli', 'main.js'), 'status', '--json', '--socket', join(this.folder, 'control.sock')];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, { timeout: 10_000 }, (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`noonmark status: ${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout) as DaemonStatus);
      });
    });
  }

  /** Resident memory, bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  /** Text of a file in its state folder; undefined: there is none. */
  file(name: string): string | undefined {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends SIGTERM and waits for the end; SIGKILL after ten seconds, which then shows in the answer. */
  async stop(): Promise<DaemonExit> {
    const started = process.hrtime.bigint();
    const ended = new Promise<bigint>((resolve) => {
      if (this.exit !== undefined) resolve(started);
      else this.child.once('exit', () => resolve(process.hrtime.bigint()));
    });
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const at = await ended;
    clearTimeout(timer);
    await until('the streams of noonmarkd to close', 5, () => this.exit !== undefined);
    return { ...(this.exit ?? { code: null, signal: null }), milliseconds: Number(at - started) / 1e6 };
  }

  private take(chunk: Buffer): void {
    if (this.output.length < 4 << 20) this.output += chunk.toString('utf8');
  }
}
