/**
 * Plays a recorded receiver into a pseudo-terminal in real time: the burst of each second begins a set delay behind
 * that second's simulated pulse (a whole second of this machine's clock) and runs at the pace of the line. The device
 * is a symbolic link, as udev makes one, so that a line that was pulled comes back under the same name.
 */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { realtimeNs } from './ntp-client.js';
import { openPty, type Pty } from './pty.js';
import type { Recording } from './recording.js';

export interface PlayerOptions {
  readonly recording: Recording;
  /** where the link to the pseudo-terminal is kept */
  readonly folder: string;
  /** first byte behind the pulse, s */
  readonly delaySeconds: number;
  /** default 9600 */
  readonly baud?: number;
  /** changes bytes on their way, as a bad line does */
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
}

/** As a UART's interrupts deliver them. */
const STEP_BYTES = 16;
const SECOND_NS = 1_000_000_000n;

export class PtyPlayer {
  /** the device to configure */
  readonly path: string;
  /** the recording's time minus this machine's, s; whole */
  readonly aheadSeconds: number;
  /** bytes written so far; those nobody took are not counted */
  written = 0;
  private pty: Pty | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** bytes of the line and when each is due, ns of this machine's clock */
  private readonly queue: { readonly bytes: Uint8Array; readonly atNs: bigint }[] = [];
  private nextSecond: bigint;
  private freeNs = 0n;

  constructor(private readonly options: PlayerOptions) {
    this.path = join(options.folder, 'gps0');
    this.nextSecond = realtimeNs() / SECOND_NS + 1n;
    this.aheadSeconds = options.recording.first - Number(this.nextSecond);
    this.plugIn();
    this.turn();
  }

  /** Seconds of the recording that have been played or planned. */
  get playedSeconds(): number {
    return Number(this.nextSecond) + this.aheadSeconds - this.options.recording.first;
  }

  plugIn(): void {
    this.pty = openPty();
    const fresh = `${this.path}.new`;
    symlinkSync(this.pty.path, fresh);
    renameSync(fresh, this.path);
  }

  /** The line hangs up and its name goes away; what is due meanwhile is lost. */
  pullOut(): void {
    rmSync(this.path, { force: true });
    this.pty?.close();
    this.pty = undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.pullOut();
  }

  private turn(): void {
    const nowNs = realtimeNs();
    while (this.nextSecond * SECOND_NS <= nowNs + SECOND_NS) this.plan(this.nextSecond++);
    for (let step = this.queue[0]; step !== undefined && step.atNs <= nowNs; step = this.queue[0]) {
      this.queue.shift();
      this.send(step.bytes);
    }
    const waitNs = (this.queue[0]?.atNs ?? nowNs + SECOND_NS / 10n) - realtimeNs();
    this.timer = setTimeout(() => this.turn(), Math.max(1, Number(waitNs) / 1e6));
  }

  private plan(second: bigint): void {
    const { recording, delaySeconds, baud = 9600, damage } = this.options;
    const recorded = recording.bytes(Number(second) + this.aheadSeconds);
    const bytes = damage === undefined ? recorded : damage(recorded);
    let atNs = second * SECOND_NS + BigInt(Math.round(delaySeconds * 1e9));
    if (this.freeNs > atNs) atNs = this.freeNs;
    for (let from = 0; from < bytes.length; from += STEP_BYTES) {
      const step = bytes.slice(from, from + STEP_BYTES);
      // A step is delivered when its last byte is in.
      atNs += BigInt(Math.round((step.length * 10e9) / baud));
      this.queue.push({ bytes: step, atNs });
    }
    this.freeNs = atNs;
  }

  private send(bytes: Uint8Array): void {
    if (this.pty === undefined) return;
    try {
      this.pty.write(bytes);
      this.written += bytes.length;
    } catch (error) {
      // Nobody reads and the buffer is full: lost, as on a wire.
      const full = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!full) throw error;
    }
    this.pty.read();
  }
}
