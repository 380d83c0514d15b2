/**
 * One QEMU process: what it says on its console, its two doors for commands (QMP), its priority, and its end. Knows no
 * machine; ends only what it started.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Qmp } from './qmp.js';

const QUIT_MS = 3000;

/** The kernel's page tables kept together: emulation throws all it knows of them away at each entry into the kernel. */
export const FAST_KERNEL = 'kpti=0';

export { connect, readLines } from './sockets.js';

/** A folder for one machine's sockets and files. */
export const machineFolder = (): string => mkdtempSync(join(tmpdir(), 'noonmark-guest-'));

/** Options of a character device on a socket in `folder`. */
export const socketDevice = (folder: string, id: string): readonly string[] => [
  '-chardev',
  `socket,id=${id},path=${join(folder, id)},server=on,wait=off`,
];

export class Qemu {
  /** what its first serial line and itself said */
  console = '';
  readonly folder: string;
  readonly ended: Promise<string>;
  /** rejects when it has ended */
  readonly gone: Promise<never>;
  readonly #child: ChildProcess;
  readonly #atExit = () => {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  };
  #qmp: Qmp | undefined;

  /**
   * `command`: program and options, with `-serial stdio` among them; two sockets for commands are added. `folder`: of
   * machineFolder(), removed at the end.
   */
  constructor(command: readonly string[], folder: string) {
    this.folder = folder;
    const doors = ['qmp', 'pulses'].flatMap((name) => [
      '-qmp',
      `unix:${join(folder, name)},server=on,wait=off`,
    ]);
    const [program = '', ...options] = command;
    this.#child = spawn(program, [...options, '-monitor', 'none', '-no-reboot', ...doors], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer) => {
      this.console += chunk.toString('latin1');
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('exit', (code, signal) => resolve(`exit code ${code}, signal ${signal}`));
    });
    this.gone = this.ended.then((how): never => {
      throw new Error(`QEMU has ended: ${how}\n${this.console}`);
    });
    this.gone.catch(() => undefined);
    process.on('exit', this.#atExit);
  }

  /** The socket on which QEMU takes the pulser's commands. */
  get pulseSocket(): string {
    return join(this.folder, 'pulses');
  }

  /** Names of QMP's events since the door was opened. */
  get events(): readonly string[] {
    return this.#qmp?.events ?? [];
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** To be called once its sockets are there. */
  async openDoor(): Promise<Qmp> {
    this.#qmp = await Qmp.connect(join(this.folder, 'qmp'));
    return this.#qmp;
  }

  /**
   * The emulated processors before all other programs of this machine from now on, where this user may ask for that: else
   * a pulse comes milliseconds late when the machine is busy. For times in which the guest has little to do. Not with a
   * real-time priority: the kernel stops who needs a whole processor with one for a part of each second.
   */
  hurry(): void {
    this.#giveWay(-20);
  }

  /**
   * The end of hurry(). Only the thread that takes commands and pulls lines keeps going first: it does little, and a
   * pulse must not wait for the emulated processors.
   */
  calm(): void {
    this.#giveWay(0);
    spawnSync('chrt', ['-r', '-p', '5', String(this.processId)]);
  }

  #giveWay(nice: number): void {
    const threads = readdirSync(`/proc/${this.processId}/task`);
    spawnSync('renice', ['-n', String(nice), '-p', ...threads]);
  }

  /** It stands still, and everything in it, until release() or kill(). */
  hold(): void {
    this.#child.kill('SIGSTOP');
  }

  release(): void {
    this.#child.kill('SIGCONT');
  }

  /** The power goes, in the middle of whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends it, at the latest after three seconds by force; removes its folder. Never rejects. */
  async shutdown(): Promise<void> {
    const kill = () => this.kill();
    const timer = setTimeout(kill, QUIT_MS);
    if (this.#qmp === undefined) kill();
    else this.#qmp.command('quit').catch(() => undefined);
    await this.ended;
    clearTimeout(timer);
    process.off('exit', this.#atExit);
    this.#qmp?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
