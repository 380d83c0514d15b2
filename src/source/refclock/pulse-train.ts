/**
 * One pulse line at work: opens the PulseSource, fetches its edges shortly after they are due, and hands on those that the
 * filter accepts, in order. Owns the timer and the filter; knows nothing of seconds' numbers.
 */
import { explain } from '../../errors.js';
import type { PulseSource } from '../../ports/pulse-source.js';
import type { Timer } from '../../ports/scheduler.js';
import { EdgeFilter, type GridEdge } from './edge-filter.js';
import type { RefclockEnvironment } from './environment.js';
import type { StampFrame } from './stamp-frame.js';

/** The kernel has stamped the edge; it is fetched this long after it is due, s (time for the interrupt to be served). */
const FETCH_AFTER = 0.015;
/** While no edge is due or known. */
const FETCH_EVERY = 0.1;
/** How long a late edge is waited for before it counts as missing, s. */
const PATIENCE = 0.25;
/** An edge fetched later than this after its stamp tells nothing about now (kernel PPS keeps the last one for ever). */
const OLDEST_SECONDS = 3;
const REOPEN_SECONDS = 10;

export interface StampedEdge extends GridEdge {
  readonly servedNs: bigint;
  /** Phase.movedSeconds() at the edge */
  readonly movedSeconds: number;
}

export interface PulseListener {
  /** `regridded`: the first edge of a new grid, whose indices do not compare with older ones. */
  edge(edge: StampedEdge, regridded: boolean): void;
}

export class PulseTrain {
  readonly filter = new EdgeFilter();
  /** why the device cannot be used, for people; undefined: it is open */
  trouble: string | undefined;
  private timer: Timer | undefined;
  private generation = -1;
  private running = false;
  private isOpen = false;

  constructor(
    readonly source: PulseSource,
    private readonly environment: RefclockEnvironment,
    private readonly frame: StampFrame,
    private readonly listener: PulseListener,
  ) {}

  start(): void {
    this.running = true;
    this.open();
  }

  stop(): void {
    this.running = false;
    this.timer?.cancel();
    if (this.isOpen) this.source.close();
    this.isOpen = false;
    this.filter.reset();
  }

  /** Seconds since the last accepted edge. */
  silence(): number {
    const { last } = this.filter;
    if (last === undefined) return Number.POSITIVE_INFINITY;
    return Number(this.environment.clock.monotonic() - last.monoNs) / 1e9;
  }

  /** Why there are no pulses, for people. */
  complaint(): string {
    const { source, filter } = this;
    if (this.trouble !== undefined) return this.trouble;
    if (filter.acquiring !== undefined) return `${source.name}: ${filter.acquiring}`;
    return `no pulses on ${source.name}: check the pin, the overlay and that the receiver has a fix`;
  }

  private open(): void {
    try {
      this.source.open();
      this.isOpen = true;
      this.trouble = undefined;
      this.filter.reopened();
      this.arm(FETCH_EVERY);
    } catch (error) {
      this.retry(error);
    }
  }

  private retry(error: unknown): void {
    const first = this.trouble === undefined;
    this.trouble = explain(error);
    const text = `${this.source.name}: ${this.trouble}; trying again each ${REOPEN_SECONDS} s`;
    if (first) this.environment.log.write('error', 'pulse-device', text);
    this.timer = this.environment.scheduler.after(REOPEN_SECONDS, () => {
      if (this.running) this.open();
    });
  }

  private arm(seconds: number): void {
    this.timer = this.environment.scheduler.after(seconds, () => {
      if (!this.running) return;
      try {
        this.fetch();
      } catch (error) {
        this.source.close();
        this.isOpen = false;
        this.retry(error);
        return;
      }
      if (this.running) this.arm(this.untilNext());
    });
  }

  private fetch(): void {
    const { clock, phase } = this.environment;
    const edges = this.source.poll();
    this.frame.look();
    const movedSeconds = phase.movedSeconds();
    const { nowNs } = this.frame;
    const stamped = edges.map(({ sequence, assertNs }) => {
      const servedNs = clock.toServed(assertNs);
      return { sequence, servedNs, monoNs: this.frame.toMono(servedNs) };
    });
    for (const { sequence, servedNs, monoNs } of stamped) {
      // After a step the stamps of this fetch may be older than it; the next fetch brings better ones.
      if (this.frame.doubtful(monoNs) || Number(nowNs - monoNs) > OLDEST_SECONDS * 1e9) continue;
      const verdict = this.filter.offer(sequence, monoNs);
      if (verdict.type !== 'accepted') continue;
      const regridded = this.filter.generation !== this.generation;
      this.generation = this.filter.generation;
      this.listener.edge({ ...verdict.edge, servedNs, movedSeconds }, regridded);
      if (!this.running) return;
    }
  }

  private untilNext(): number {
    const now = this.environment.clock.monotonic();
    const { filter } = this;
    // An edge that was due up to PATIENCE ago may still come.
    const due = filter.dueAfter(now - BigInt(PATIENCE * 1e9));
    if (due === undefined) return FETCH_EVERY;
    return Math.max(Number(due - now) / 1e9 + FETCH_AFTER, FETCH_EVERY / 2);
  }
}
