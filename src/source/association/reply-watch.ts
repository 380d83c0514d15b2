/**
 * One exchange in flight: the socket its request left from, and the looks for its answer. Owns socket and timers; what a
 * packet is worth is whoever takes it.
 * Sockets are looked at on timers that grow longer; the kernel has stamped the arrival, so lateness costs nothing.
 */
import type { ClientSocket } from '../../ports/network.js';
import type { Scheduler, Timer } from '../../ports/scheduler.js';
import type { NtpTimestamp } from '../../units/time.js';
import type { Moment } from './exchange.js';

/** Seconds after the sending at which the socket is looked at. */
const LOOKS = [1, 3, 8, 18, 38, 88, 188, 388, 888, 1888, 3888, 7888].map((ms) => ms / 1000);
/** Datagrams taken at one look; a flood of forgeries is not to keep us. */
const AT_ONE_LOOK = 16;

export interface ReplyWatchParts {
  readonly socket: ClientSocket;
  readonly scheduler: Scheduler;
  readonly now: () => Moment;
  /** our transmit time, a random number */
  readonly origin: NtpTimestamp;
  readonly sent: Moment;
  /** s; what takes longer is not waited for */
  readonly patience: number;
  /** A packet; `now`: of the look. Closes the watch when it is the answer. */
  readonly take: (watch: ReplyWatch, bytes: Uint8Array, kernelNs: bigint, now: Moment) => void;
  /** nothing came that was taken */
  readonly silence: () => void;
}

export class ReplyWatch {
  readonly origin: NtpTimestamp;
  readonly sent: Moment;
  /** of the look before this one */
  lastLook: Moment;
  readonly #parts: ReplyWatchParts;
  #looks = 0;
  #timer: Timer | undefined;
  #isOpen = true;

  constructor(parts: ReplyWatchParts) {
    this.#parts = parts;
    this.origin = parts.origin;
    this.sent = parts.sent;
    this.lastLook = parts.sent;
    this.#plan();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#parts.socket.close();
  }

  #plan(): void {
    const { scheduler, silence, patience } = this.#parts;
    const at = LOOKS[this.#looks];
    if (at === undefined || at > patience) {
      silence();
      return;
    }
    const elapsed = Number(scheduler.monotonic() - this.sent.monoNs) / 1e9;
    this.#looks += 1;
    this.#timer = scheduler.after(Math.max(0, at - elapsed), () => this.#look());
  }

  #look(): void {
    const { socket, now: moment, take } = this.#parts;
    const now = moment();
    for (let taken = 0; taken < AT_ONE_LOOK && this.#isOpen; taken += 1) {
      const packet = socket.receive();
      if (packet === undefined) break;
      take(this, packet.bytes, packet.kernelNs, now);
    }
    this.lastLook = now;
    if (this.#isOpen) this.#plan();
  }
}
