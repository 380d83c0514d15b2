/**
 * Pulses on a GPIO line through sysfs and the optional module `onoff`, for kernels without the character device. The
 * edge is stamped in JavaScript when epoll reports it, tens to hundreds of microseconds late: used only when the
 * configuration names it, and its measured jitter is shown.
 * Since kernel 6.6 a chip's first number in sysfs is not 0: it is looked up by the chip's label.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NoonmarkError } from '../../src/errors.js';
import type { Edge, PulseSource } from '../../src/ports/pulse-source.js';
import { readSmallFile } from '../linux/device.js';
import { loadOptional, type OptionalModule } from '../optional-module.js';

/** The part of onoff's Gpio that is used. */
export interface OnoffLine {
  watch(callback: (error: Error | null | undefined, value: number) => void): void;
  unwatchAll(): void;
  unexport(): void;
}
export interface OnoffModule {
  readonly Gpio: new (gpio: number, direction: 'in', edge: 'rising' | 'falling') => OnoffLine;
}

export interface SysfsGpioPulseOptions {
  /** offset on the chip: for a Raspberry Pi's header chip the BCM number */
  readonly line: number;
  /** the chip's label, or its name in sysfs ("gpiochip512") */
  readonly chip?: string | undefined;
  readonly edge?: 'rising' | 'falling';
  /** CLOCK_REALTIME, ns */
  readonly realtimeNs: () => bigint;
  /** default "/sys/class/gpio" */
  readonly sysfs?: string;
  readonly load?: () => OnoffModule;
}

export const ONOFF: OptionalModule = {
  ...{ name: 'onoff', compiled: 'epoll', use: 'GPIO through sysfs' },
  instead: '`gpio N` without `access sysfs`, which needs nothing',
};
/** Edges kept between two polls, and intervals of which the jitter is reckoned. */
const MOST_EDGES = 16;
const INTERVALS = 32;

/** Number in sysfs of a line: the chip's base, found by label, plus the offset. Throws ERR_DEVICE. */
export function sysfsLineNumber(line: number, wanted: string | undefined, sysfs = '/sys/class/gpio'): number {
  let names: string[];
  try {
    names = readdirSync(sysfs).filter((name) => /^gpiochip\d+$/.test(name));
  } catch {
    names = [];
  }
  const chips = names.map((name) => ({
    name,
    label: readSmallFile(join(sysfs, name, 'label')) ?? '',
    base: Number(readSmallFile(join(sysfs, name, 'base')) ?? Number.NaN),
    lines: Number(readSmallFile(join(sysfs, name, 'ngpio')) ?? 0),
  }));
  const fitting = chips.filter(
    (chip) =>
      Number.isInteger(chip.base) && (wanted === undefined || chip.label === wanted || chip.name === wanted),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1 && line < only.lines) return only.base + line;
  throw new NoonmarkError(
    'ERR_DEVICE',
    `no single GPIO chip ${wanted === undefined ? '' : `${wanted} `}with a line ${line} is found in ${sysfs}`,
    chips.length === 0
      ? 'this kernel has no sysfs GPIO: use `gpio N` without it, or the kernel PPS driver'
      : `the chips here are ${chips.map((chip) => `${chip.label} (${chip.lines} lines)`).join(', ')}`,
  );
}

/** As a service noonmarkd may not write below /sys (ProtectKernelTunables). */
function remedyOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'EROFS' || code === 'EACCES'
    ? 'write `gpio N` without `access sysfs`; where the kernel has nothing else, systemctl edit noonmarkd and let it write below /sys'
    : 'see that no driver has the line (gpioinfo, package gpiod)';
}

export class SysfsGpioPulse implements PulseSource {
  readonly #options: SysfsGpioPulseOptions;
  #line: OnoffLine | undefined;
  #queue: Edge[] = [];
  #sequence = 0;
  #lastNs: bigint | undefined;
  readonly #deviationsNs: number[] = [];

  constructor(options: SysfsGpioPulseOptions) {
    this.#options = options;
  }

  get name(): string {
    return `gpio ${this.#options.line} (sysfs, stamped in JavaScript)`;
  }

  /** Scatter of the intervals between edges (median deviation from a whole second), seconds; undefined: too few yet. */
  get jitterSeconds(): number | undefined {
    if (this.#deviationsNs.length < 4) return undefined;
    const sorted = this.#deviationsNs.map(Math.abs).sort((a, b) => a - b);
    return (sorted[Math.floor(sorted.length / 2)] as number) / 1e9;
  }

  open(): void {
    this.close();
    const { line, chip, edge, sysfs, load } = this.#options;
    const module = loadOptional<OnoffModule>(ONOFF, load);
    const number = sysfsLineNumber(line, chip, sysfs);
    try {
      this.#line = new module.Gpio(number, 'in', edge ?? 'rising');
    } catch (cause) {
      throw new NoonmarkError(
        'ERR_DEVICE',
        `the GPIO line ${line} (${number} in sysfs) cannot be watched: ${(cause as Error).message}`,
        remedyOf(cause),
        { cause },
      );
    }
    this.#line.watch((error) => {
      if (error === null || error === undefined) this.#take(this.#options.realtimeNs());
    });
  }

  poll(): readonly Edge[] {
    const edges = this.#queue;
    this.#queue = [];
    return edges;
  }

  close(): void {
    this.#line?.unwatchAll();
    this.#line?.unexport();
    this.#line = undefined;
    this.#queue = [];
    this.#lastNs = undefined;
    this.#deviationsNs.length = 0;
  }

  #take(stampNs: bigint): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#queue.push({ sequence: this.#sequence, assertNs: stampNs });
    if (this.#queue.length > MOST_EDGES) this.#queue.shift();
    if (this.#lastNs !== undefined) {
      const interval = Number(stampNs - this.#lastNs);
      this.#deviationsNs.push(interval - Math.round(interval / 1e9) * 1e9);
      if (this.#deviationsNs.length > INTERVALS) this.#deviationsNs.shift();
    }
    this.#lastNs = stampNs;
  }
}
