/**
 * The card that image/ makes, as a machine: its kernel, initrd and partitions on QEMU's virt, with the kernel's own
 * pps-gpio on the power button, the receiver's line on /dev/ttyS0, a place on a lab's switch, and a root shell of systemd's
 * own (systemd.debug_shell) on /dev/ttyS1. Nothing on the card is another than on a Raspberry Pi but noonmark.conf, which
 * its user may edit. Owns one start of it, from power to power cut.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { PARTITIONS } from '../../image/partitions.js';
import { commandLine } from '../../image/texts.js';
import type { TestCard } from '../support/card.js';
import { writePulseTree } from '../support/guest.js';
import { type JobResult, Jobs, jobLoop, within } from '../support/jobs.js';
import { confined } from '../support/peers.js';
import { connect, FAST_KERNEL, machineFolder, Qemu, readLines, socketDevice } from '../support/qemu.js';

const PROGRAM = 'qemu-system-aarch64';
const MACHINE = 'virt,gic-version=2';
/** The device tree that QEMU makes depends on these. */
const boardOf = (processors: number): readonly string[] => [
  ...['-cpu', 'cortex-a53', '-smp', String(processors), '-m', '768', '-accel', 'tcg,thread=multi'],
  ...['-display', 'none', '-nodefaults'],
];
/** Only times to wait are another than on a card, where one may look in, and what costs emulation a third of its speed. */
const COMMAND_LINE = [
  commandLine.trim().replace('console=tty0', 'console=ttyAMA0'),
  'systemd.debug_shell=1 systemd.default_debug_tty=ttyS1 systemd.log_color=0',
  'systemd.default_device_timeout_sec=600 systemd.default_timeout_start_sec=600',
  FAST_KERNEL,
].join(' ');
const BOOT_SECONDS = 300;

export interface CardMachineOptions {
  readonly card: TestCard;
  /** the whole card, written to */
  readonly disk: string;
  /** where on a lab's switch (Lab.tap()) */
  readonly tap: { readonly namespace: string; readonly device: string };
  /** 1 if not given: each more takes a tenth of all of them, to keep them in step */
  readonly processors?: number;
  /** more options of QEMU */
  readonly options?: readonly string[];
  /** record of all that is written to the disk, for what a power cut loses (write-log.ts) */
  readonly writeLog?: string;
}

/** A copy of the card that may be written to, with another noonmark.conf in its first partition, as a laptop puts it there. */
export function copyCard(card: TestCard, path: string, configuration: string): void {
  execFileSync('cp', ['--sparse=always', card.image, path]);
  putConfiguration(path, configuration);
}

/** noonmark.conf of a card that has no power, edited. */
export function putConfiguration(disk: string, configuration: string): void {
  execFileSync('mcopy', ['-o', '-i', `${disk}@@${PARTITIONS[0].start}`, '-', '::noonmark.conf'], {
    input: configuration,
    env: { ...process.env, MTOOLS_SKIP_CHECK: '1' },
  });
}

/** What the card came with. */
export const cardConfigurationOf = (card: TestCard): string =>
  readFileSync(join(card.parts.bootFiles, 'noonmark.conf'), 'utf8');

export class CardMachine {
  readonly qemu: Qemu;
  /** seconds from power to the shell */
  shellSeconds = 0;
  readonly #jobs = new Jobs((text) => this.#line?.write(text));
  readonly #started = process.hrtime.bigint();
  #line: Socket | undefined;
  #serial: Socket | undefined;
  #onSerial: (bytes: Uint8Array) => void = () => undefined;

  constructor({ card, disk, tap, processors = 1, options = [], writeLog }: CardMachineOptions) {
    const folder = machineFolder();
    const tree = join(folder, 'tree');
    const board = boardOf(processors);
    writePulseTree([PROGRAM, '-machine', `${MACHINE},dumpdtb=${tree}`, ...board], tree);
    this.qemu = new Qemu(
      [
        ...confined(tap, [PROGRAM, '-machine', MACHINE, ...board]),
        ...[
          '-kernel',
          card.parts.kernel,
          '-initrd',
          card.parts.initrd,
          '-dtb',
          tree,
          '-append',
          COMMAND_LINE,
        ],
        ...['-serial', 'stdio', ...diskOptions(disk, writeLog)],
        ...['-netdev', `tap,id=lan,ifname=${tap.device},script=no,downscript=no`],
        ...['-device', 'virtio-net-pci,netdev=lan,romfile='],
        ...[...socketDevice(folder, 'serial'), '-device', 'pci-serial,chardev=serial'],
        ...[...socketDevice(folder, 'jobs'), '-device', 'pci-serial,chardev=jobs'],
        ...options,
      ],
      folder,
    );
  }

  /** Waits for the shell. Rejects, with the console, when there is none in time. */
  async boot(seconds = BOOT_SECONDS): Promise<void> {
    const { folder, gone } = this.qemu;
    const line = await Promise.race([connect(join(folder, 'jobs')), gone]);
    this.#line = line;
    const ready = this.#jobs.ready();
    readLines(line, (text) => this.#jobs.take(text));
    const serial = await connect(join(folder, 'serial'));
    serial.on('data', (bytes: Buffer) => this.#onSerial(bytes));
    serial.on('error', () => undefined);
    this.#serial = serial;
    await this.qemu.openDoor();
    const came = async () => {
      await prompt(line);
      // Prompts and echoes are nobody's lines.
      line.write(`stty raw -echo; printf '\\nready|\\n'\n${jobLoop}`);
      await ready;
    };
    await within(
      seconds,
      () => `the card did not come up; its console:\n${this.qemu.console}`,
      Promise.race([came(), gone]),
    );
    this.qemu.calm();
    this.shellSeconds = this.seconds;
  }

  /** since power came */
  get seconds(): number {
    return Number(process.hrtime.bigint() - this.#started) / 1e9;
  }

  /** What comes out of the guest's /dev/ttyS0 from now on. */
  onSerial(take: (bytes: Uint8Array) => void): void {
    this.#onSerial = take;
  }

  /** Bytes into the guest's /dev/ttyS0. */
  serial(bytes: Uint8Array): void {
    this.#serial?.write(bytes);
  }

  /** Runs a command as root. Rejects when it takes longer than that, with what it said. */
  run(command: string, seconds = 60, onLine?: (line: string) => void): Promise<JobResult> {
    return this.#jobs.run(command, seconds, this.qemu.gone, onLine);
  }

  /** What it prints. Rejects when it fails. */
  async ask(command: string, seconds = 60): Promise<string> {
    const { exitCode, lines } = await this.run(command, seconds);
    if (exitCode !== 0) throw new Error(`${command}: exit code ${exitCode}\n${lines.join('\n')}`);
    return lines.join('\n');
  }

  /** Asks until the answer is `wanted`. */
  async until(
    what: string,
    command: string,
    wanted: (text: string) => boolean,
    seconds: number,
  ): Promise<string> {
    const from = this.seconds;
    for (;;) {
      const { lines } = await this.run(command, 60);
      const text = lines.join('\n');
      if (wanted(text)) return text;
      if (this.seconds - from > seconds)
        throw new Error(
          `${what}: not within ${seconds} s; ${command} says:\n${text}\n${this.qemu.console.slice(-4000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** The plug is pulled. Answers when the machine is gone. */
  async powerCut(): Promise<void> {
    this.qemu.kill();
    await this.qemu.shutdown();
    this.#line?.destroy();
    this.#serial?.destroy();
  }
}

/** Answers when a shell has prompted: what is typed before is lost when systemd resets its terminal. */
function prompt(line: Socket): Promise<void> {
  let said = '';
  return new Promise((resolve) => {
    const hear = (bytes: Buffer) => {
      said += bytes.toString('latin1');
      if (!said.endsWith('# ')) return;
      line.off('data', hear);
      resolve();
    };
    line.on('data', hear);
  });
}

/** The card's disk; what is written to it is recorded as well, where that is wanted. */
function diskOptions(disk: string, writeLog: string | undefined): readonly string[] {
  const device = ['-device', 'virtio-blk-pci,drive=card'];
  if (writeLog === undefined) return ['-drive', `if=none,id=card,format=raw,file=${disk}`, ...device];
  const file = (name: string, path: string) => [
    '-blockdev',
    `driver=file,node-name=${name},filename=${path}`,
  ];
  return [
    ...[...file('bytes', disk), ...file('record', writeLog)],
    ...['-blockdev', 'driver=raw,node-name=rawbytes,file=bytes'],
    ...['-blockdev', 'driver=blklogwrites,node-name=card,file=rawbytes,log=record,log-append=off'],
    ...device,
  ];
}
