/**
 * A whole machine with a real kernel of its own (QEMU's virt, emulated): for what this machine's kernel lacks or must
 * not be asked for, as a pulse, a GPIO chip, a clock that may be set. Boots the folder that scripts/guest.sh made with
 * our dist/ in it, runs commands there, and ends only the process that it started.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CpioWriter } from '../../image/cpio.js';
import { powerButtonToPulse } from './device-tree.js';
import { guestInit } from './guest-init.js';
import { Qmp } from './qmp.js';
import { projectRoot } from './suite.js';

export type Architecture = 'arm64' | 'armhf';

const MACHINES: Readonly<Record<Architecture, { program: string; options: readonly string[] }>> = {
  arm64: {
    program: 'qemu-system-aarch64',
    options: ['-machine', 'virt,gic-version=2', '-cpu', 'cortex-a53'],
  },
  armhf: { program: 'qemu-system-arm', options: ['-machine', 'virt,highmem=off', '-cpu', 'cortex-a15'] },
};
/** The device tree that QEMU makes depends on all of these. */
const COMMON = ['-smp', '2', '-m', '768', '-accel', 'tcg,thread=multi', '-nic', 'none', '-display', 'none'];
const BOOT_SECONDS = 180;
const QUIT_MS = 3000;
/** Of our own build: what the daemon is made of, the scripts written for the guest, and tests of the door to libc. */
const SENT = /^(src|drivers|boards|test\/qemu\/guest|test\/drivers\/linux|test\/support)\/.*\.js$/;
/** What those tests are written with: plain JavaScript, from this machine. */
const TEST_PACKAGES = ['uvu', 'dequal', 'diff', 'kleur', 'fast-check', 'pure-rand'];

export interface GuestOptions {
  /** what scripts/guest.sh filled */
  readonly folder: string;
  readonly architecture: Architecture;
  /** further text files, by absolute path in the guest */
  readonly files?: Readonly<Record<string, string>>;
}

export interface JobResult {
  readonly exitCode: number;
  /** standard output and error, lines */
  readonly lines: readonly string[];
}

export interface Job {
  readonly lines: readonly string[];
  /** undefined: it still runs */
  readonly exitCode: number | undefined;
  readonly ended: Promise<JobResult>;
  /** The signal goes to the job's first process: start the command with `exec`. */
  signal(name: 'TERM' | 'HUP' | 'KILL'): Promise<void>;
}

interface RunningJob {
  readonly lines: string[];
  exitCode: number | undefined;
  readonly onLine: (line: string) => void;
  readonly end: (exitCode: number) => void;
}

/** A promise that is rejected with what is known when it takes too long. */
function within<T>(seconds: number, what: () => string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`after ${seconds} s: ${what()}`)), seconds * 1000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A socket that breaks off just ends: that QEMU is gone is told elsewhere. */
function readLines(socket: Socket, onLine: (text: string) => void): void {
  socket.on('error', () => undefined);
  createInterface({ input: socket })
    .on('line', onLine)
    .on('error', () => undefined);
}

async function connect(path: string): Promise<Socket> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = createConnection(path, () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (error) {
      if (turn > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export class Guest {
  readonly architecture: Architecture;
  /** seconds from the start of QEMU to the first command taken */
  bootSeconds = 0;
  /** what the kernel and process 1 said */
  console = '';
  readonly #folder: string;
  readonly #qemu: ChildProcess;
  readonly #jobs = new Map<string, RunningJob>();
  readonly #end = () => {
    this.#qemu.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  };
  readonly #ended: Promise<string>;
  #line: Socket | undefined;
  #serial: Socket | undefined;
  #qmp: Qmp | undefined;
  #count = 0;

  private constructor(options: GuestOptions) {
    const { program, options: machine } = MACHINES[options.architecture];
    const home = join(options.folder, options.architecture);
    this.architecture = options.architecture;
    this.#folder = mkdtempSync(join(tmpdir(), 'noonmark-guest-'));
    const initrd = this.#path('initrd');
    writeInitrd(initrd, home, options.files ?? {});
    const treePath = this.#path('tree');
    execFileSync(program, [...machineOptions(machine, `,dumpdtb=${treePath}`), ...COMMON], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    writeFileSync(treePath, powerButtonToPulse(new Uint8Array(readFileSync(treePath))));
    const socket = (id: string) => ['-chardev', `socket,id=${id},path=${this.#path(id)},server=on,wait=off`];
    this.#qemu = spawn(
      program,
      [
        ...machineOptions(machine, ''),
        ...COMMON,
        ...['-kernel', join(home, 'vmlinuz'), '-initrd', initrd, '-dtb', treePath],
        ...['-append', 'console=ttyAMA0 loglevel=5 panic=-1'],
        ...['-monitor', 'none', '-no-reboot', '-serial', 'stdio'],
        ...socket('jobs'),
        ...['-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=jobs'],
        ...socket('serial'),
        ...['-device', 'pci-serial,chardev=serial'],
        ...['-qmp', `unix:${this.#path('qmp')},server=on,wait=off`],
        ...['-qmp', `unix:${this.#path('pulses')},server=on,wait=off`],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const hear = (chunk: Buffer) => {
      this.console += chunk.toString('latin1');
    };
    this.#qemu.stdout?.on('data', hear);
    this.#qemu.stderr?.on('data', hear);
    this.#ended = new Promise((resolve) => {
      this.#qemu.on('error', (error) => resolve(error.message));
      this.#qemu.on('exit', (code, signal) => resolve(`exit code ${code}, signal ${signal}`));
    });
    process.on('exit', this.#end);
  }

  /** Rejects, with the console, when the guest does not come up within three minutes. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const guest = new Guest(options);
    try {
      await guest.#comeUp();
      return guest;
    } catch (error) {
      await guest.shutdown();
      throw error;
    }
  }

  /** The socket on which QEMU takes the pulser's commands. */
  get pulseSocket(): string {
    return this.#path('pulses');
  }

  get processId(): number {
    return this.#qemu.pid ?? 0;
  }

  /** Bytes into the guest's /dev/ttyS0. */
  serial(text: string | Uint8Array): void {
    this.#serial?.write(text);
  }

  /**
   * QEMU's processors before all other programs of this machine from now on, where this user may ask for that: else a
   * pulse comes milliseconds late when the machine is busy. For times in which the guest has little to do: who needs a
   * whole processor with such a priority is stopped for a part of each second.
   */
  hurry(): void {
    spawnSync('chrt', ['-r', '-a', '-p', '5', String(this.processId)]);
  }

  /**
   * The end of hurry(). Only the thread that takes commands and pulls lines keeps going first: it does little, and a
   * pulse must not wait for the emulated processors.
   */
  calm(): void {
    spawnSync('chrt', ['-o', '-a', '-p', '0', String(this.processId)]);
    spawnSync('chrt', ['-r', '-p', '5', String(this.processId)]);
  }

  /** Starts a shell command in the folder of noonmark. */
  start(command: string, onLine: (line: string) => void = () => undefined): Job {
    if (command.includes('\n')) throw new Error('a command is one line');
    this.#count += 1;
    const id = `job${this.#count}`;
    const lines: string[] = [];
    const ended = new Promise<JobResult>((resolve) => {
      const end = (exitCode: number) => resolve({ exitCode, lines });
      this.#jobs.set(id, { lines, exitCode: undefined, onLine, end });
    });
    const job = this.#jobs.get(id);
    this.#line?.write(`${id} ${command}\n`);
    const signal = async (name: string) => {
      await this.run(`kill -${name} $(cat /tmp/${id}.pid)`, 20);
    };
    return {
      lines,
      get exitCode() {
        return job?.exitCode;
      },
      ended,
      signal,
    };
  }

  /** Runs a shell command to its end. Rejects when it takes longer than that, with what it said. */
  run(
    command: string,
    seconds: number,
    onLine: (line: string) => void = () => undefined,
  ): Promise<JobResult> {
    const job = this.start(command, onLine);
    const end = this.#ended.then((how): never => {
      throw new Error(`QEMU has ended (${how}) during ${command}\n${this.console}`);
    });
    return within(
      seconds,
      () => `still running: ${command}\n${job.lines.join('\n')}`,
      Promise.race([job.ended, end]),
    );
  }

  /** Ends QEMU, at the latest after three seconds by force; removes its files. Never rejects. */
  async shutdown(): Promise<void> {
    const kill = () => void this.#qemu.kill('SIGKILL');
    const timer = setTimeout(kill, QUIT_MS);
    if (this.#qmp === undefined) kill();
    else this.#qmp.command('quit').catch(() => undefined);
    await this.#ended;
    clearTimeout(timer);
    process.off('exit', this.#end);
    this.#line?.destroy();
    this.#serial?.destroy();
    this.#qmp?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #comeUp(): Promise<void> {
    const started = process.hrtime.bigint();
    const gone = this.#ended.then((how): never => {
      throw new Error(`QEMU ended: ${how}\n${this.console}`);
    });
    const line = await Promise.race([connect(this.#path('jobs')), gone]);
    this.#line = line;
    const ready = new Promise<JobResult>((resolve) => {
      const end = (exitCode: number) => resolve({ exitCode, lines: [] });
      this.#jobs.set('ready', { lines: [], exitCode: undefined, onLine: () => end(0), end });
    });
    readLines(line, (text) => this.#take(text));
    this.#serial = await connect(this.#path('serial'));
    this.#qmp = await Qmp.connect(this.#path('qmp'));
    await within(
      BOOT_SECONDS,
      () => `the guest did not come up; its console:\n${this.console}`,
      Promise.race([ready, gone]),
    );
    this.calm();
    this.bootSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  }

  #take(text: string): void {
    const match = /^(\w+)([|=])(.*)$/.exec(text);
    const job = this.#jobs.get(match?.[1] ?? '');
    if (job === undefined) return;
    const rest = match?.[3] ?? '';
    if (match?.[2] === '=') {
      job.exitCode = Number(rest);
      job.end(job.exitCode);
      return;
    }
    job.lines.push(rest);
    job.onLine(rest);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/** `more` goes to the -machine option. */
const machineOptions = (options: readonly string[], more: string): readonly string[] =>
  options.map((option) => (option.startsWith('virt') ? `${option}${more}` : option));

function writeInitrd(path: string, home: string, files: Readonly<Record<string, string>>): void {
  const archive = new CpioWriter(path);
  for (const folder of ['/dev', '/proc', '/sys', '/tmp', '/run', '/var', '/etc']) archive.folder(folder);
  archive.tree(join(home, 'root'), '/');
  archive.text('/init', guestInit, true);
  archive.tree(join(home, 'app', 'node_modules'), '/noonmark/node_modules');
  for (const name of TEST_PACKAGES)
    archive.tree(join(projectRoot, 'node_modules', name), `/noonmark/node_modules/${name}`);
  archive.tree(join(projectRoot, 'dist'), '/noonmark/dist', (name) => SENT.test(name));
  for (const name of ['package.json', 'test/drivers/linux/abi-golden.json'])
    archive.text(`/noonmark/${name}`, readFileSync(join(projectRoot, name), 'utf8'));
  for (const [name, text] of Object.entries(files)) archive.text(name, text);
  archive.close();
}
