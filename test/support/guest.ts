/**
 * A whole machine with a real kernel of its own (QEMU's virt, emulated): for what this machine's kernel lacks or must
 * not be asked for, as a pulse, a GPIO chip, a clock that may be set. Boots the folder that scripts/guest.sh made with
 * our dist/ in it, and runs commands there.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CpioWriter } from '../../image/cpio.js';
import { powerButtonToPulse } from './device-tree.js';
import { guestInit } from './guest-init.js';
import { type Job, type JobResult, Jobs, within } from './jobs.js';
import { connect, FAST_KERNEL, machineFolder, Qemu, readLines, socketDevice } from './qemu.js';
import { projectRoot } from './suite.js';
import { usbRedirOptions } from './usb-redir.js';

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

export class Guest {
  readonly architecture: Architecture;
  /** seconds from the start of QEMU to the first command taken */
  bootSeconds = 0;
  readonly #qemu: Qemu;
  readonly #jobs = new Jobs((text) => this.#line?.write(text));
  #line: Socket | undefined;
  #serial: Socket | undefined;

  private constructor(options: GuestOptions) {
    const { program, options: machine } = MACHINES[options.architecture];
    const home = join(options.folder, options.architecture);
    this.architecture = options.architecture;
    const folder = machineFolder();
    const initrd = join(folder, 'initrd');
    writeInitrd(initrd, home, options.files ?? {});
    const treePath = join(folder, 'tree');
    writePulseTree([program, ...machineOptions(machine, `,dumpdtb=${treePath}`), ...COMMON], treePath);
    this.#qemu = new Qemu(
      [
        ...[program, ...machineOptions(machine, ''), ...COMMON],
        ...['-kernel', join(home, 'vmlinuz'), '-initrd', initrd, '-dtb', treePath],
        ...['-append', `console=ttyAMA0 loglevel=5 panic=-1 ${FAST_KERNEL}`, '-serial', 'stdio'],
        ...socketDevice(folder, 'jobs'),
        ...['-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=jobs'],
        ...socketDevice(folder, 'serial'),
        ...['-device', 'pci-serial,chardev=serial'],
        ...usbRedirOptions(join(folder, 'usb')),
      ],
      folder,
    );
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

  get pulseSocket(): string {
    return this.#qemu.pulseSocket;
  }

  /** QEMU's socket for a device on its USB (usb-redir.ts). */
  get usbSocket(): string {
    return join(this.#qemu.folder, 'usb');
  }

  get processId(): number {
    return this.#qemu.processId;
  }

  /** Bytes into the guest's /dev/ttyS0. */
  serial(text: string | Uint8Array): void {
    this.#serial?.write(text);
  }

  /** See Qemu.hurry(). */
  hurry(): void {
    this.#qemu.hurry();
  }

  /** See Qemu.calm(). */
  calm(): void {
    this.#qemu.calm();
  }

  /** Starts a shell command in the folder of noonmark. */
  start(command: string, onLine?: (line: string) => void): Job {
    return this.#jobs.start(command, onLine);
  }

  /** Runs a shell command to its end. Rejects when it takes longer than that, with what it said. */
  run(command: string, seconds: number, onLine?: (line: string) => void): Promise<JobResult> {
    return this.#jobs.run(command, seconds, this.#qemu.gone, onLine);
  }

  /** Ends QEMU, removes its files. Never rejects. */
  async shutdown(): Promise<void> {
    await this.#qemu.shutdown();
    this.#line?.destroy();
    this.#serial?.destroy();
  }

  async #comeUp(): Promise<void> {
    const started = process.hrtime.bigint();
    const { folder, gone } = this.#qemu;
    const line = await Promise.race([connect(join(folder, 'jobs')), gone]);
    this.#line = line;
    const ready = this.#jobs.ready();
    readLines(line, (text) => this.#jobs.take(text));
    this.#serial = await connect(join(folder, 'serial'));
    await this.#qemu.openDoor();
    await within(
      BOOT_SECONDS,
      () => `the guest did not come up; its console:\n${this.#qemu.console}`,
      Promise.race([ready, gone]),
    );
    this.calm();
    this.bootSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  }
}

/** Writes the device tree that `dump` (a QEMU told to dump it there, and no more) makes, its power button a pulse input. */
export function writePulseTree(dump: readonly string[], path: string): void {
  const [program = '', ...options] = dump;
  execFileSync(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  writeFileSync(path, powerButtonToPulse(new Uint8Array(readFileSync(path))));
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
