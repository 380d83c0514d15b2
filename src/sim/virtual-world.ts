/**
 * Virtual time: a discrete-event loop over true time. No time passes while something runs.
 * At each whole true second: clocks move to it and take their next oscillator value, then the observers look
 * (shared/reference/discipline-baselines.md §2.1; pulses are drawn by the pulse sources when asked, one per second);
 * then what is due at that instant runs, true-time events before host timers, first come first served.
 */
import type { Scheduler, Timer } from '../ports/scheduler.js';
import { EventQueue, type QueuedAction } from './event-queue.js';
import { SimClock, type SimClockOptions } from './sim-clock.js';
import { scaleNs, type UtcOptions, UtcScale, type World } from './utc-scale.js';

const timerOf = (entry: QueuedAction): Timer => ({
  cancel() {
    entry.action = undefined;
  },
});

/** Timers of one simulated host, on its monotonic clock, which runs at the disciplined rate. */
export class VirtualScheduler implements Scheduler {
  readonly #clock: SimClock;
  readonly #queue = new EventQueue();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  monotonic(): bigint {
    return this.#clock.monotonic();
  }

  after(seconds: number, action: () => void): Timer {
    const wait = seconds > 0 ? seconds : 0;
    return timerOf(this.#queue.add(this.#clock.monotonicSeconds() + wait, action));
  }

  /** True time of the next timer while the rate stays as it is; Infinity: none. */
  nextAt(): number {
    const due = this.#queue.nextKey();
    return due === Number.POSITIVE_INFINITY ? due : this.#clock.trueTimeOfMonotonic(due);
  }

  runFirst(): void {
    this.#queue.take()();
  }
}

export interface VirtualHost {
  readonly clock: SimClock;
  readonly scheduler: VirtualScheduler;
}

export class VirtualWorld implements World {
  readonly utc: UtcScale;
  readonly #startUnixSecond: bigint;
  readonly #events = new EventQueue();
  readonly #hosts: VirtualHost[] = [];
  readonly #observers: ((k: number) => void)[] = [];
  #now = 0;
  #nextSecond = 0;

  constructor(options: UtcOptions) {
    this.utc = new UtcScale(options);
    this.#startUnixSecond = BigInt(options.startUnixSecond);
  }

  now(): number {
    return this.#now;
  }

  kernelNs(t: number): bigint {
    return scaleNs(this.#startUnixSecond, t);
  }

  seconds(kernelNs: bigint): number {
    return Number(kernelNs - this.#startUnixSecond * 1_000_000_000n) / 1e9;
  }

  at(t: number, action: () => void): Timer {
    return timerOf(this.#events.add(Math.max(t, this.#now), action));
  }

  /** A host with a clock and timers on it, from now on. */
  addHost(options: SimClockOptions): VirtualHost {
    const clock = new SimClock(this, options);
    const host = { clock, scheduler: new VirtualScheduler(clock) };
    this.#hosts.push(host);
    return host;
  }

  /** `observe(k)` at each whole true second, before what is due then runs. */
  onSecond(observe: (k: number) => void): void {
    this.#observers.push(observe);
  }

  /** Runs everything due up to and including true time t, and stands at t. */
  runUntil(t: number): void {
    while (this.#turn(t));
    this.#now = Math.max(this.#now, t);
  }

  /** As runUntil, and lets promises settle after each action: for code that awaits (name resolution, files). */
  async runSettling(t: number): Promise<void> {
    const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
    await settle();
    while (this.#turn(t)) await settle();
    this.#now = Math.max(this.#now, t);
  }

  /** One second mark or one action; false: nothing is due by `end`. */
  #turn(end: number): boolean {
    let next = this.#events.nextKey();
    let host: VirtualHost | undefined;
    for (const candidate of this.#hosts) {
      const at = candidate.scheduler.nextAt();
      if (at < next) {
        next = at;
        host = candidate;
      }
    }
    if (this.#nextSecond <= next) {
      if (this.#nextSecond > end) return false;
      this.#markSecond();
      return true;
    }
    if (next > end) return false;
    if (next > this.#now) this.#now = next;
    if (host === undefined) this.#events.take()();
    else host.scheduler.runFirst();
    return true;
  }

  #markSecond(): void {
    const k = this.#nextSecond;
    this.#now = k;
    this.#nextSecond = k + 1;
    for (const host of this.#hosts) host.clock.advance();
    for (const observe of this.#observers) observe(k);
  }
}
