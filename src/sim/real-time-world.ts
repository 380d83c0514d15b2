/**
 * The simulated world in real time: true time is a clock of this machine (CLOCK_REALTIME), passed in, and events are
 * timers of the machine's scheduler. For `npm start`: a simulated board whose truth is the machine it runs on.
 * When that clock is set or the machine slept, the axis goes on without a break and the numbering moves with it.
 */
import type { Scheduler, Timer } from '../ports/scheduler.js';
import { NS_PER_SECOND } from '../units/time.js';
import { type PlacedLeap, scaleNs, UtcScale, type World } from './utc-scale.js';

export interface RealTimeOptions {
  /** this machine's wall clock, Unix ns */
  readonly truth: () => bigint;
  readonly scheduler: Scheduler;
  /** default 37 */
  readonly taiOffsetSeconds?: number;
  readonly leaps?: readonly PlacedLeap[];
}

/** A difference of truth and monotonic time that changes by more than this was a step. */
const STEP_NS = 50_000_000n;

export class RealTimeWorld implements World {
  readonly utc: UtcScale;
  readonly #truth: () => bigint;
  readonly #scheduler: Scheduler;
  #startUnixSecond: bigint;
  /** truth minus monotonic, ns, at the last reading */
  #apart: bigint;
  #last = 0;

  constructor(options: RealTimeOptions) {
    this.#truth = options.truth;
    this.#scheduler = options.scheduler;
    const now = this.#truth();
    this.#apart = now - this.#scheduler.monotonic();
    this.#startUnixSecond = now / NS_PER_SECOND;
    this.utc = new UtcScale({
      startUnixSecond: Number(this.#startUnixSecond),
      taiOffsetSeconds: options.taiOffsetSeconds ?? 37,
      leaps: options.leaps ?? [],
    });
    this.#last = this.seconds(now);
  }

  now(): number {
    let truth = this.#truth();
    let moved = truth - this.#scheduler.monotonic() - this.#apart;
    if (moved > STEP_NS || moved < -STEP_NS) {
      // The process may have been held up between the two readings: a step shows twice.
      truth = this.#truth();
      moved = truth - this.#scheduler.monotonic() - this.#apart;
      if (moved > STEP_NS || moved < -STEP_NS) this.#follow(truth, moved);
    }
    this.#apart += moved;
    const t = this.seconds(truth);
    if (t > this.#last) this.#last = t;
    return this.#last;
  }

  kernelNs(t: number): bigint {
    return scaleNs(this.#startUnixSecond, t);
  }

  seconds(kernelNs: bigint): number {
    return Number(kernelNs - this.#startUnixSecond * NS_PER_SECOND) / 1e9;
  }

  at(t: number, action: () => void): Timer {
    let cancelled = false;
    let timer: Timer;
    const arm = () => {
      timer = this.#scheduler.after(Math.max(0, t - this.now()), () => {
        if (cancelled) return;
        if (this.now() < t) arm();
        else action();
      });
    };
    arm();
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** The machine's clock was stepped by `movedNs`: whole seconds go into the numbering, t goes on (by less than 1 s more). */
  #follow(truth: bigint, movedNs: bigint): void {
    const expected = Math.max(this.#last, this.seconds(truth - movedNs));
    const shift = Math.floor(this.seconds(truth) - expected);
    this.#startUnixSecond += BigInt(shift);
    this.utc.shift(shift);
  }
}
