/**
 * ByteLink over the DDC port of a u-blox: I2C with a count and a stream. Owns polling and reconnection, by reopening.ts's
 * back-off; what the bytes mean is the decoder's business.
 *
 *   FD, FE   bytes that wait, high byte first
 *   FF       the stream; the register's number goes up by itself and stays here
 *
 * A write of one byte chooses a register, one of two or more is for the receiver. Calls block the thread, so a turn reads
 * little: 64 bytes are 6 ms at 100 kHz. Bytes are stamped when they are read, up to a turn after they were there: good
 * enough to number a pulse, and nothing finer.
 * Source: u-blox M8 and F9 interface descriptions, "DDC port", "Read access", "Write access".
 */
import type { ByteLink, ByteLinkHandler } from '../../src/ports/byte-link.js';
import { every, type Scheduler, type Timer } from '../../src/ports/scheduler.js';
import { Reopening } from '../serial/reopening.js';
import type { I2cBus } from './bus.js';

export const DDC_ADDRESS = 0x42;
export const DDC_REGISTER = { count: 0xfd, stream: 0xff } as const;

export interface DdcLinkOptions {
  /** for people: "/dev/i2c-1" */
  readonly name: string;
  /** throws NoonmarkError */
  readonly open: () => I2cBus;
  /** 7 bits; default 0x42 */
  readonly address?: number;
  /** served time, ns */
  readonly now: () => bigint;
  readonly scheduler: Scheduler;
}

const TURN_SECONDS = 0.05;
const TURN_BYTES = 64;
/** While more waits than a turn takes; the thread has other work in between. */
const MORE_SECONDS = 0.01;
const WRITE_BYTES = 32;
/** A receiver that is busy does not answer: that is no loss of the line yet. */
const FAILURES = 20;
/** Its buffer is 4 kB; a bus without a receiver reads as all ones. */
const MOST_WAITING = 8192;

export const createDdcLink = (options: DdcLinkOptions): ByteLink => new DdcLink(options);

class DdcLink implements ByteLink {
  readonly name: string;
  readonly port = 'i2c';
  readonly #options: DdcLinkOptions;
  readonly #address: number;
  #handler: ByteLinkHandler | undefined;
  #bus: I2cBus | undefined;
  #isUp = false;
  #failures = 0;
  readonly #reopening: Reopening;
  #turns: Timer | undefined;
  #more: Timer | undefined;
  #queue: Uint8Array[] = [];

  constructor(options: DdcLinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#address = options.address ?? DDC_ADDRESS;
    this.#reopening = new Reopening(options.scheduler, () => this.#attempt());
  }

  open(handler: ByteLinkHandler): void {
    this.#handler = handler;
    this.#attempt();
  }

  write(bytes: Uint8Array): void {
    if (this.#isUp && bytes.length > 0) this.#queue.push(bytes.slice());
  }

  async close(): Promise<void> {
    this.#handler = undefined;
    this.#stop();
    this.#reopening.cancel();
  }

  #attempt(): void {
    try {
      this.#bus = this.#options.open();
      // It answers, or there is none at that address.
      this.#waiting();
    } catch (error) {
      this.#lost(error);
      return;
    }
    this.#isUp = true;
    this.#failures = 0;
    this.#reopening.opened();
    this.#reopening.works();
    this.#turns = every(this.#options.scheduler, TURN_SECONDS, () => this.#turn());
    this.#handler?.up();
  }

  #turn(): void {
    if (!this.#isUp) return;
    try {
      this.#send();
      const waiting = this.#waiting();
      this.#failures = 0;
      if (waiting === 0) return;
      const chunk = this.#bus?.readBytes(this.#address, Math.min(waiting, TURN_BYTES)) ?? new Uint8Array();
      if (chunk.length > 0) this.#handler?.bytes(chunk, this.#options.now());
      this.#more?.cancel();
      if (waiting > TURN_BYTES) this.#more = this.#options.scheduler.after(MORE_SECONDS, () => this.#turn());
    } catch (error) {
      this.#failures += 1;
      if (this.#failures >= FAILURES) this.#lost(error);
    }
  }

  /** Bytes that the receiver holds for us. */
  #waiting(): number {
    this.#bus?.writeBytes(this.#address, Uint8Array.of(DDC_REGISTER.count));
    const [high = 0, low = 0] = this.#bus?.readBytes(this.#address, 2) ?? [];
    const waiting = (high << 8) | low;
    return waiting > MOST_WAITING ? 0 : waiting;
  }

  #send(): void {
    const frame = this.#queue[0];
    if (frame === undefined || this.#bus === undefined) return;
    for (let at = 0; at < frame.length; ) {
      // One byte alone would choose a register.
      const rest = frame.length - at;
      const length = rest === WRITE_BYTES + 1 ? WRITE_BYTES - 1 : Math.min(rest, WRITE_BYTES);
      this.#bus.writeBytes(this.#address, frame.subarray(at, at + length));
      at += length;
    }
    this.#queue.shift();
  }

  #stop(): void {
    this.#isUp = false;
    this.#turns?.cancel();
    this.#more?.cancel();
    this.#queue = [];
    const bus = this.#bus;
    this.#bus = undefined;
    bus?.close();
  }

  #lost(error: unknown): void {
    this.#stop();
    if (this.#handler === undefined) return;
    const reason = this.#reopening.lost(error);
    if (reason !== undefined) this.#handler.down(reason);
  }
}
