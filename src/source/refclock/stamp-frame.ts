/**
 * Puts stamps of the served clock on the monotonic scale, where nothing steps: the pairing of messages and edges is done
 * there, so that a clock that is years wrong, stepped or set by somebody else cannot confuse it.
 * Knows only the two readings of the clock and what the discipline says it moved.
 */
import type { Clock } from '../../ports/clock.js';
import type { Phase } from '../types.js';

/** The served clock may gain or lose this much on the monotonic one without having been stepped: a rate, and grain. */
const RATE_LIMIT = 1e-3;
const GRAIN_NS = 1_000_000;
/** A step that Phase does not account for by this much (seconds) makes older offsets meaningless. */
const UNACCOUNTED = 0.01;

export class StampFrame {
  /** monotonic time at which the last step was noticed; a stamp from before it is doubtful */
  steppedAtNs: bigint | undefined;
  /** counts steps that Phase knows nothing of: far ones, somebody else's, leap seconds */
  unaccounted = 0;
  /** monotonic time of the last look */
  nowNs: bigint;
  /** served minus monotonic at the last look, ns */
  private differenceNs: bigint;
  private moved: number;

  constructor(
    private readonly clock: Clock,
    private readonly phase: Phase,
  ) {
    this.nowNs = clock.monotonic();
    this.differenceNs = clock.now() - this.nowNs;
    this.moved = phase.movedSeconds();
  }

  /** Reads both scales; to be called before stamps are converted, and after anything that may have moved the clock. */
  look(): void {
    const mono = this.clock.monotonic();
    const difference = this.clock.now() - mono;
    const jump = Number(difference - this.differenceNs);
    const moved = this.phase.movedSeconds();
    if (Math.abs(jump) > GRAIN_NS + RATE_LIMIT * Number(mono - this.nowNs)) {
      this.steppedAtNs = mono;
      if (Math.abs(jump / 1e9 - (moved - this.moved)) > UNACCOUNTED) this.unaccounted += 1;
    }
    this.differenceNs = difference;
    this.nowNs = mono;
    this.moved = moved;
  }

  /** True for a stamp that may come from before the last step, or from the future. */
  doubtful(monoNs: bigint): boolean {
    const early = this.steppedAtNs !== undefined && monoNs < this.steppedAtNs;
    return early || monoNs > this.nowNs + BigInt(GRAIN_NS);
  }

  /** Seconds since the last step; infinite when there was none. */
  secondsSinceStep(): number {
    return this.steppedAtNs === undefined
      ? Number.POSITIVE_INFINITY
      : Number(this.nowNs - this.steppedAtNs) / 1e9;
  }

  /** Monotonic time of a served stamp. */
  toMono(servedNs: bigint): bigint {
    return servedNs - this.differenceNs;
  }

  toServed(monoNs: bigint): bigint {
    return monoNs + this.differenceNs;
  }
}
