/**
 * Pulses on a GPIO line through the character device, version 2: the kernel stamps each edge in its interrupt handler
 * and queues it. Owns the line while it is open. The line is named by the chip's label and its offset on that chip,
 * since chip numbers change between kernels.
 * Source: Linux uapi/linux/gpio.h (v2, since 5.10; EVENT_CLOCK_REALTIME since 5.11).
 */
import { readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NoonmarkError } from '../../src/errors.js';
import type { Edge, PulseSource } from '../../src/ports/pulse-source.js';
import { abi } from '../linux/abi.js';
import { type DeviceCalls, deviceError, libcDevices } from '../linux/device.js';

const FLAG = {
  input: 1n << 2n,
  risingEdge: 1n << 4n,
  fallingEdge: 1n << 5n,
  pullUp: 1n << 8n,
  pullDown: 1n << 9n,
  noPull: 1n << 10n,
  realtimeClock: 1n << 11n,
} as const;
const BIAS = { up: FLAG.pullUp, down: FLAG.pullDown, none: FLAG.noPull } as const;
const EINVAL = 22;
const EBUSY = 16;
const EVENT_ROOM = 16;
const CONSUMER = new TextEncoder().encode('noonmark pps');

export interface GpioPulseOptions {
  /** offset on the chip: for a Raspberry Pi's header chip the BCM number */
  readonly line: number;
  /** the chip's label ("pinctrl-bcm2711") or name ("gpiochip0"); left out: the only chip there is */
  readonly chip?: string | undefined;
  /** default rising */
  readonly edge?: 'rising' | 'falling';
  /** the pin's resistor, where the chip can switch it; left out: as it is */
  readonly pull?: keyof typeof BIAS | undefined;
  /** CLOCK_REALTIME and CLOCK_MONOTONIC, ns: needed for kernels that stamp with the latter only */
  readonly clocks: { realtimeNs(): bigint; monotonicNs(): bigint };
  readonly devices?: DeviceCalls;
  /** default "/dev" */
  readonly deviceFolder?: string;
}

export interface GpioChip {
  readonly path: string;
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

const cString = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** The GPIO chips of this machine; those that cannot be opened are left out. */
export function gpioChips(devices: DeviceCalls = libcDevices(), folder = '/dev'): readonly GpioChip[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^gpiochip\d+$/.test(name));
  } catch {
    return [];
  }
  // Raspberry Pi OS keeps gpiochip4 as a link to the header's chip on a Pi 5: one chip, two names.
  const paths = new Set(names.map((name) => realpathSync(join(folder, name))));
  const chips: GpioChip[] = [];
  for (const path of [...paths].sort()) {
    const chip = readChip(devices, path);
    if (chip !== undefined) chips.push(chip);
  }
  return chips;
}

function readChip(devices: DeviceCalls, path: string): GpioChip | undefined {
  const { gpioChipInfo } = abi().struct;
  const info = new Uint8Array(gpioChipInfo.size);
  let fd: number;
  try {
    fd = devices.open(path);
  } catch {
    return undefined;
  }
  try {
    if (devices.ioctl(fd, abi().ioctl.gpioGetChipInfo, info) < 0) return undefined;
    return {
      path,
      name: cString(info.subarray(gpioChipInfo.at.name, gpioChipInfo.at.label)),
      label: cString(info.subarray(gpioChipInfo.at.label, gpioChipInfo.at.lines)),
      lines: new DataView(info.buffer).getUint32(gpioChipInfo.at.lines, true),
    };
  } finally {
    devices.close(fd);
  }
}

export class GpioPulse implements PulseSource {
  readonly #options: GpioPulseOptions;
  readonly #devices: DeviceCalls;
  readonly #events: Uint8Array;
  readonly #view: DataView;
  #fd = -1;
  #wanted = false;
  #label: string;
  /** the kernel stamps with CLOCK_REALTIME itself */
  #realtime = true;

  constructor(options: GpioPulseOptions) {
    this.#options = options;
    this.#devices = options.devices ?? libcDevices();
    this.#events = new Uint8Array(abi().struct.gpioLineEvent.size * EVENT_ROOM);
    this.#view = new DataView(this.#events.buffer);
    this.#label = options.chip ?? 'gpiochip';
  }

  get name(): string {
    return `gpio ${this.#options.line} (${this.#label})`;
  }

  open(): void {
    this.close();
    this.#request();
    this.#wanted = true;
  }

  poll(): readonly Edge[] {
    if (!this.#wanted) return [];
    if (this.#fd < 0 && !this.#requestAgain()) return [];
    const edges: Edge[] = [];
    // At most one buffer each time: what a flood leaves is taken at the next poll, or dropped by the kernel.
    if (!this.#devices.readable(this.#fd)) return edges;
    const length = this.#devices.read(this.#fd, this.#events);
    if (length < 0) {
      this.#release();
      return edges;
    }
    const size = abi().struct.gpioLineEvent.size;
    for (let at = 0; at + size <= length; at += size) edges.push(this.#edge(at));
    return edges;
  }

  close(): void {
    this.#release();
    this.#wanted = false;
  }

  #release(): void {
    if (this.#fd >= 0) this.#devices.close(this.#fd);
    this.#fd = -1;
  }

  #edge(at: number): Edge {
    const { gpioLineEvent } = abi().struct;
    const stamp = this.#view.getBigUint64(at + gpioLineEvent.at.timestampNs, true);
    return {
      sequence: this.#view.getUint32(at + gpioLineEvent.at.lineSequence, true),
      assertNs: this.#realtime ? stamp : stamp + this.#realtimeMinusMonotonic(),
    };
  }

  /** Both clocks run at the same rate, so that the difference now is the one at the edge, unless it was stepped. */
  #realtimeMinusMonotonic(): bigint {
    const { clocks } = this.#options;
    const before = clocks.monotonicNs();
    const real = clocks.realtimeNs();
    const after = clocks.monotonicNs();
    return real - (before + after) / 2n;
  }

  #requestAgain(): boolean {
    try {
      this.#request();
      return true;
    } catch (error) {
      if (error instanceof NoonmarkError) return false;
      throw error;
    }
  }

  #request(): void {
    const chip = this.#findChip();
    this.#label = chip.label;
    const fd = this.#devices.open(chip.path);
    try {
      this.#realtime = true;
      let result = this.#requestLine(fd, FLAG.realtimeClock);
      if (result === -EINVAL) {
        this.#realtime = false;
        result = this.#requestLine(fd, 0n);
      }
      if (result < 0) throw this.#refusal(chip, -result);
    } finally {
      this.#devices.close(fd);
    }
  }

  #requestLine(fd: number, clock: bigint): number {
    const { gpioLineRequest, gpioLineConfig } = abi().struct;
    const request = new Uint8Array(gpioLineRequest.size);
    const view = new DataView(request.buffer);
    const { edge: wanted, pull } = this.#options;
    const edge = wanted === 'falling' ? FLAG.fallingEdge : FLAG.risingEdge;
    const bias = pull === undefined ? 0n : BIAS[pull];
    const flags = FLAG.input | edge | bias | clock;
    view.setUint32(gpioLineRequest.at.offsets, this.#options.line, true);
    request.set(CONSUMER, gpioLineRequest.at.consumer);
    view.setBigUint64(gpioLineRequest.at.config + gpioLineConfig.at.flags, flags, true);
    view.setUint32(gpioLineRequest.at.lineCount, 1, true);
    view.setUint32(gpioLineRequest.at.eventBufferSize, EVENT_ROOM, true);
    const result = this.#devices.ioctl(fd, abi().ioctl.gpioGetLine, request);
    if (result >= 0) this.#fd = view.getInt32(gpioLineRequest.at.fd, true);
    return result;
  }

  #findChip(): GpioChip {
    const { chip: wanted, line } = this.#options;
    const folder = this.#options.deviceFolder ?? '/dev';
    const chips = gpioChips(this.#devices, folder);
    const fitting = chips.filter(
      (chip) => wanted === undefined || chip.label === wanted || basename(chip.path) === wanted,
    );
    const [only] = fitting;
    if (only !== undefined && (fitting.length === 1 || wanted !== undefined)) {
      if (line < only.lines) return only;
      throw new NoonmarkError(
        'ERR_DEVICE',
        `the GPIO chip ${only.label} has no line ${line}, only 0 to ${only.lines - 1}`,
        'write the number of the GPIO, not that of the pin on the header: `gpio 18` is pin 12 of a Raspberry Pi',
      );
    }
    if (chips.length === 0) {
      throw deviceError(
        join(folder, 'gpiochip0'),
        'ENOENT',
        'this machine has no GPIO, or its driver is not loaded',
      );
    }
    throw new NoonmarkError(
      'ERR_DEVICE',
      wanted === undefined
        ? 'there are several GPIO chips and the board does not say which one'
        : `there is no GPIO chip ${wanted}`,
      `set \`board\` or the chip to the right one; the chips here are ${chips.map((chip) => chip.label).join(', ')}`,
    );
  }

  #refusal(chip: GpioChip, number: number): NoonmarkError {
    const what = `line ${this.#options.line} of ${chip.label} cannot be watched (errno ${number})`;
    if (number === EBUSY) {
      return new NoonmarkError(
        'ERR_DEVICE',
        `${what}: somebody else has it`,
        'the kernel driver pps-gpio, perhaps: then use `device /dev/pps0`; `gpioinfo` shows who has the line',
      );
    }
    return new NoonmarkError(
      'ERR_DEVICE',
      what,
      'Linux 5.10 or newer, and a line that can interrupt, are needed',
    );
  }
}
