/**
 * How long bytes may have waited for this program: a chunk is stamped when it is read, and a program that was busy, or was
 * given no processor, reads late. Told from a timer of its own: what comes right after a late turn of it may be as old as
 * the turn before. Knows no line.
 */
import { every, type Scheduler, type Timer } from '../../ports/scheduler.js';

const TURN_SECONDS = 0.25;
/** Turns that are late by less are usual, s. */
const USUAL_SECONDS = 0.1;
/** What waited is read within this time after the late turn, s. */
const READ_WITHIN = 0.05;

export class Waiting {
  private timer: Timer | undefined;
  private turnNs = 0n;
  /** the newest time in which nothing was read */
  private busy: { readonly fromNs: bigint; readonly untilNs: bigint } | undefined;

  constructor(private readonly scheduler: Scheduler) {}

  start(): void {
    this.stop();
    this.turnNs = this.scheduler.monotonic();
    this.timer = every(this.scheduler, TURN_SECONDS, () => this.turn());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Since when what is read now may have waited, monotonic ns; undefined: it has just come. */
  since(): bigint | undefined {
    if (this.timer === undefined) return undefined;
    const now = this.scheduler.monotonic();
    if (isLate(this.turnNs, now)) return this.turnNs;
    const { busy } = this;
    return busy !== undefined && Number(now - busy.untilNs) < READ_WITHIN * 1e9 ? busy.fromNs : undefined;
  }

  private turn(): void {
    const now = this.scheduler.monotonic();
    if (isLate(this.turnNs, now)) this.busy = { fromNs: this.turnNs, untilNs: now };
    this.turnNs = now;
  }
}

const isLate = (turnNs: bigint, now: bigint): boolean =>
  Number(now - turnNs) > (TURN_SECONDS + USUAL_SECONDS) * 1e9;
