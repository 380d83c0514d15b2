/**
 * Character devices in memory that answer the PPS and GPIO ioctls byte for byte as the kernel does, so that the real
 * drivers run on machines without such hardware.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abi } from '../../../drivers/linux/abi.js';
import { type DeviceCalls, deviceError } from '../../../drivers/linux/device.js';

const [EBADF, EACCES, EINVAL, EBUSY, ENOTTY, ENODEV] = [9, 13, 22, 16, 25, 19] as const;
const split = (ns: bigint) => ({ sec: ns / 1_000_000_000n, nsec: Number(ns % 1_000_000_000n) });

/** A folder of files that stands for sysfs or /dev; removed by dispose(). */
export class ScriptedFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'noonmark-pps-'));
  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }
  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

abstract class Descriptors implements DeviceCalls {
  protected readonly open_ = new Set<number>();
  #next = 1000;
  /** how often it was opened */
  openings = 0;

  protected descriptor(): number {
    this.#next += 1;
    this.openings += 1;
    this.open_.add(this.#next);
    return this.#next;
  }
  get openCount(): number {
    return this.open_.size;
  }
  abstract open(path: string): number;
  abstract ioctl(fd: number, request: number, argument: Uint8Array): number;
  abstract readable(fd: number): boolean;
  abstract read(fd: number, into: Uint8Array): number;
  close(fd: number): void {
    if (!this.open_.delete(fd)) throw new Error(`descriptor ${fd} closed twice`);
  }
}

/** /dev/pps0 of a driver that captures the assert edge (and the clear edge, if told so). */
export class ScriptedPpsDevice extends Descriptors {
  present = true;
  permitted = true;
  /** CAP_SYS_TIME: may set the mode */
  privileged = true;
  capabilities = 0x1151;
  mode = 0x1001;
  sequence = 41;
  lastNs = 0n;
  lastTimeout: { sec: bigint; nsec: number; flags: number } | undefined;

  edge(atNs: bigint): void {
    this.sequence = (this.sequence + 1) >>> 0;
    this.lastNs = atNs;
  }

  open(path: string): number {
    if (!this.present) throw deviceError(path, 'ENOENT', 'load pps-gpio');
    if (!this.permitted) throw deviceError(path, 'EACCES', '');
    return this.descriptor();
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    if (!this.open_.has(fd)) return -EBADF;
    if (!this.present) return -ENODEV;
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    const { ppsKparams, ppsFdata, ppsKinfo, ppsKtime } = abi().struct;
    switch (request) {
      case abi().ioctl.ppsGetCap:
        view.setInt32(0, this.capabilities, true);
        return 0;
      case abi().ioctl.ppsGetParams:
        view.setInt32(ppsKparams.at.apiVersion, 1, true);
        view.setInt32(ppsKparams.at.mode, this.mode, true);
        return 0;
      case abi().ioctl.ppsSetParams: {
        if (!this.privileged) return -EACCES;
        const mode = view.getInt32(ppsKparams.at.mode, true);
        if ((mode & ~this.capabilities) !== 0 || view.getInt32(ppsKparams.at.apiVersion, true) !== 1)
          return -EINVAL;
        this.mode = mode;
        return 0;
      }
      case abi().ioctl.ppsFetch: {
        const timeout = ppsFdata.at.timeout;
        this.lastTimeout = {
          sec: view.getBigInt64(timeout + ppsKtime.at.sec, true),
          nsec: view.getInt32(timeout + ppsKtime.at.nsec, true),
          flags: view.getUint32(timeout + ppsKtime.at.flags, true),
        };
        const clear = (this.mode & 0x02) !== 0;
        const time = split(this.lastNs);
        const at = ppsFdata.at.info + (clear ? ppsKinfo.at.clear : ppsKinfo.at.assert);
        const sequenceAt =
          ppsFdata.at.info + (clear ? ppsKinfo.at.clearSequence : ppsKinfo.at.assertSequence);
        view.setUint32(sequenceAt, this.sequence, true);
        view.setBigInt64(at + ppsKtime.at.sec, time.sec, true);
        view.setInt32(at + ppsKtime.at.nsec, time.nsec, true);
        return 0;
      }
      default:
        return -ENOTTY;
    }
  }

  readable(): boolean {
    return false;
  }
  read(): number {
    return -EINVAL;
  }
}

/** GPIO chips with one pulse line, in a folder of their own that stands for /dev. */
export class ScriptedGpio extends Descriptors {
  readonly folder = new ScriptedFolder();
  /** false: a 5.10 kernel, which refuses EVENT_CLOCK_REALTIME and stamps with the monotonic clock */
  realtimeStamps = true;
  busy = false;
  gone = false;
  /** realtime minus monotonic, ns */
  readonly originNs = 1_759_999_000_000_000_000n;
  requests: { line: number; flags: bigint; consumer: string }[] = [];
  #events: { ns: bigint; sequence: number }[] = [];
  #sequence = 0;
  #chipOf = new Map<number, string>();
  #lineFd = -1;
  readonly #chips: readonly { readonly label: string; readonly lines: number }[];

  constructor(chips: readonly { readonly label: string; readonly lines: number }[]) {
    super();
    this.#chips = chips;
    for (let i = 0; i < chips.length; i += 1) this.folder.write(`gpiochip${i}`, '');
  }

  edge(realNs: bigint): void {
    if (this.#lineFd < 0) return;
    this.#sequence += 1;
    const realtime = (this.requests.at(-1)?.flags ?? 0n) & (1n << 11n);
    this.#events.push({ ns: realtime !== 0n ? realNs : realNs - this.originNs, sequence: this.#sequence });
  }

  open(path: string): number {
    if (this.gone) throw deviceError(path, 'ENOENT', '');
    const fd = this.descriptor();
    this.#chipOf.set(fd, path);
    return fd;
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    if (!this.open_.has(fd)) return -EBADF;
    const chip = this.#chips[Number(/(\d+)$/.exec(this.#chipOf.get(fd) ?? '')?.[1])];
    if (chip === undefined) return -ENOTTY;
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    const { gpioChipInfo, gpioLineRequest, gpioLineConfig } = abi().struct;
    if (request === abi().ioctl.gpioGetChipInfo) {
      argument.set(new TextEncoder().encode('gpiochip'), gpioChipInfo.at.name);
      argument.set(new TextEncoder().encode(chip.label), gpioChipInfo.at.label);
      view.setUint32(gpioChipInfo.at.lines, chip.lines, true);
      return 0;
    }
    if (request !== abi().ioctl.gpioGetLine) return -ENOTTY;
    if (this.busy) return -EBUSY;
    const flags = view.getBigUint64(gpioLineRequest.at.config + gpioLineConfig.at.flags, true);
    if (!this.realtimeStamps && (flags & (1n << 11n)) !== 0n) return -EINVAL;
    const text = argument.subarray(gpioLineRequest.at.consumer, gpioLineRequest.at.consumer + 32);
    this.requests.push({
      line: view.getUint32(gpioLineRequest.at.offsets, true),
      flags,
      consumer: new TextDecoder().decode(text.subarray(0, text.indexOf(0))),
    });
    if (view.getUint32(gpioLineRequest.at.lineCount, true) !== 1) return -EINVAL;
    this.#lineFd = this.descriptor();
    this.#events = [];
    this.#sequence = 0;
    view.setInt32(gpioLineRequest.at.fd, this.#lineFd, true);
    return 0;
  }

  readable(fd: number): boolean {
    return this.open_.has(fd) && fd === this.#lineFd && (this.gone || this.#events.length > 0);
  }

  read(fd: number, into: Uint8Array): number {
    if (this.gone) return -ENODEV;
    if (fd !== this.#lineFd) return -EBADF;
    const { gpioLineEvent } = abi().struct;
    const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    let at = 0;
    while (at + gpioLineEvent.size <= into.length) {
      const event = this.#events.shift();
      if (event === undefined) break;
      view.setBigUint64(at + gpioLineEvent.at.timestampNs, event.ns, true);
      view.setUint32(at + gpioLineEvent.at.id, 1, true);
      view.setUint32(at + gpioLineEvent.at.sequence, event.sequence, true);
      view.setUint32(at + gpioLineEvent.at.lineSequence, event.sequence, true);
      at += gpioLineEvent.size;
    }
    return at;
  }

  override close(fd: number): void {
    super.close(fd);
    if (fd === this.#lineFd) this.#lineFd = -1;
  }
}
