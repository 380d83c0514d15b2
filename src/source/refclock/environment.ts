/**
 * What a reference clock is given from outside. The engine implements the two questions (reference, armedLeap);
 * everything else is a port. No refclock reads a global.
 */
import type { Clock } from '../../ports/clock.js';
import type { Log } from '../../ports/log.js';
import type { Scheduler } from '../../ports/scheduler.js';
import type { Phase, SourceSink } from '../types.js';

/** What the other sources agree on, at this instant. */
export interface Reference {
  /** true time minus served clock */
  readonly offsetSeconds: number;
  /** half the width of the interval in which the truth lies according to them, at least their root distance */
  readonly uncertaintySeconds: number;
  /** how many independent sources agree, 1 or more */
  readonly sources: number;
  /** for people: "3 network sources" */
  readonly from: string;
  /** true: nobody says so now; it is the served clock itself, as it was set before */
  readonly servedClock?: boolean | undefined;
}

/** A leap second that somebody trustworthy announced (leap file, receiver, network). */
export interface ArmedLeap {
  /** Unix ns of the first second after the leap */
  readonly atNs: bigint;
  readonly change: -1 | 1;
}

export interface RefclockEnvironment {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly phase: Phase;
  readonly sink: SourceSink;
  readonly log: Log;
  /**
   * Consensus of the sources that do not depend on source `id` (network sources and other receivers that are fit, or the
   * served clock itself with its honest bound when it was synchronised before); undefined: nobody knows.
   */
  reference(id: number): Reference | undefined;
  /** The next leap second, or the last one for a few seconds after it. */
  armedLeap(): ArmedLeap | undefined;
}
