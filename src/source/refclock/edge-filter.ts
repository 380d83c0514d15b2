/**
 * Which edges of a pulse line are the pulse per second, and how many seconds apart they are.
 * Owns: duplicates and losses (by sequence number and by time), glitches, the local index of each second ("grid").
 * Knows nothing of the second's number nor of the served clock; stamps are monotonic ns.
 *
 * A train is believed when four edges stand whole seconds apart (1 ms and 600 ppm are allowed: an unsteered crystal or a
 * slew at its limit). From then on an edge elsewhere is a glitch. Two trains at once (a driver that reports both edges of
 * the pulse) are refused, because nothing here tells the leading edge from the trailing one.
 */

/** Edges needed to believe in a train. */
const TRAIN = 4;
/** Edges of a second train that make the first one doubtful. */
const RIVAL = 3;
/** Edges remembered while there is no train. */
const MEMORY = 12;
const MEMORY_NS = 20e9;
const TOLERANCE_NS = 1e6;
const RATE_TOLERANCE = 600e-6;
/** An edge may differ this much from the extrapolated grid after a long gap, at most. */
const WIDEST_NS = 0.2e9;
/** After a gap beyond this the grid is given up: 0.25 s at 100 ppm. */
export const HOLD_SECONDS = 2500;
/** A rival train takes over when the one believed has been silent for this long. */
const SILENCE_NS = 5e9;
const SECOND_NS = 1e9;

export interface GridEdge {
  /** counts seconds from an arbitrary origin; whole seconds without an edge are counted too */
  readonly index: number;
  readonly monoNs: bigint;
}

export type EdgeVerdict =
  | { readonly type: 'accepted'; readonly edge: GridEdge }
  | { readonly type: 'duplicate' }
  | { readonly type: 'glitch' }
  | { readonly type: 'waiting' };

export interface EdgeCounters {
  readonly accepted: number;
  /** seconds without an edge while a train was followed, and sequence numbers never seen */
  readonly missed: number;
  readonly duplicates: number;
  readonly glitches: number;
}

export class EdgeFilter {
  /** changes when the grid was given up and a new one begun: indices before and after do not compare */
  generation = 0;
  /** monotonic ns between edges, smoothed */
  periodNs = SECOND_NS;
  last: GridEdge | undefined;
  /** true: two trains of edges in each second */
  rivals = false;
  private sequence: number | undefined;
  private waiting: bigint[] = [];
  private accepted = 0;
  private missed = 0;
  private duplicates = 0;
  private glitches = 0;

  /** What is known before there is a train, for people; undefined: no edge came lately. */
  get acquiring(): string | undefined {
    if (this.last !== undefined || this.waiting.length === 0) return undefined;
    return this.rivals
      ? 'two trains of edges: make it report one edge of the pulse only'
      : `waiting for a steady train of edges (${this.waiting.length} so far)`;
  }

  get counters(): EdgeCounters {
    const { accepted, missed, duplicates, glitches } = this;
    return { accepted, missed, duplicates, glitches };
  }

  /** When the next edge is due, monotonic ns; undefined while no train is known. */
  dueAfter(nowNs: bigint): bigint | undefined {
    if (this.last === undefined) return undefined;
    const elapsed = Number(nowNs - this.last.monoNs);
    const turns = Math.max(1, Math.ceil(elapsed / this.periodNs));
    return this.last.monoNs + BigInt(Math.round(turns * this.periodNs));
  }

  /** The device was opened anew: its sequence numbers begin again. */
  reopened(): void {
    this.sequence = undefined;
  }

  offer(sequence: number, monoNs: bigint): EdgeVerdict {
    if (sequence === this.sequence) {
      this.duplicates += 1;
      return { type: 'duplicate' };
    }
    this.sequence = sequence;
    const { last } = this;
    if (last === undefined) return this.acquire(monoNs);
    const elapsed = Number(monoNs - last.monoNs);
    if (elapsed > HOLD_SECONDS * SECOND_NS) return this.startAnew(monoNs);
    const turns = Math.round(elapsed / this.periodNs);
    const tolerance = Math.min(WIDEST_NS, TOLERANCE_NS + RATE_TOLERANCE * Math.abs(elapsed));
    const away = Math.abs(elapsed - turns * this.periodNs);
    if (turns === 0 && away < TOLERANCE_NS) {
      this.duplicates += 1;
      return { type: 'duplicate' };
    }
    if (turns < 1 || away > tolerance) return this.glitch(monoNs, elapsed);
    this.missed += turns - 1;
    const measured = elapsed / turns;
    if (Math.abs(measured - SECOND_NS) < RATE_TOLERANCE * SECOND_NS + TOLERANCE_NS)
      this.periodNs += (measured - this.periodNs) / 8;
    this.periodNs = Math.min(
      SECOND_NS * (1 + RATE_TOLERANCE),
      Math.max(SECOND_NS * (1 - RATE_TOLERANCE), this.periodNs),
    );
    return this.accept({ index: last.index + turns, monoNs });
  }

  /** Forgets the grid; counters stay. */
  reset(): void {
    this.last = undefined;
    this.waiting = [];
    this.rivals = false;
    this.periodNs = SECOND_NS;
    this.generation += 1;
  }

  private accept(edge: GridEdge): EdgeVerdict {
    this.last = edge;
    this.accepted += 1;
    return { type: 'accepted', edge };
  }

  private startAnew(monoNs: bigint): EdgeVerdict {
    this.reset();
    return this.acquire(monoNs);
  }

  private glitch(monoNs: bigint, elapsed: number): EdgeVerdict {
    this.glitches += 1;
    this.remember(monoNs);
    const silent = elapsed > SILENCE_NS;
    if (!silent || trainOf(this.waiting, monoNs).length <= TRAIN) return { type: 'glitch' };
    // The pulse moved for good (the receiver found its fix anew): begin again with the edges of the new train.
    const { waiting } = this;
    this.reset();
    this.waiting = waiting.slice(0, -1);
    return this.acquire(monoNs);
  }

  private remember(monoNs: bigint): void {
    this.waiting.push(monoNs);
    this.waiting = this.waiting.filter((stamp) => Number(monoNs - stamp) < MEMORY_NS).slice(-MEMORY);
  }

  private acquire(monoNs: bigint): EdgeVerdict {
    const newest = this.waiting.at(-1);
    if (newest !== undefined && Number(monoNs - newest) < TOLERANCE_NS) {
      this.duplicates += 1;
      return { type: 'duplicate' };
    }
    this.remember(monoNs);
    const train = trainOf(this.waiting, monoNs);
    if (train.length < TRAIN) return { type: 'waiting' };
    const others = this.waiting.filter((stamp) => !train.includes(stamp));
    const rival = others.some((stamp) => trainOf(others, stamp).length >= RIVAL);
    this.rivals = rival;
    if (rival) return { type: 'waiting' };
    const first = train[0]!;
    const span = Number(monoNs - first);
    const index = Math.round(span / SECOND_NS);
    this.periodNs = span / index;
    this.waiting = [];
    return this.accept({ index, monoNs });
  }
}

/** Those of `stamps` (rising) that stand whole seconds before `anchor`, and the anchor. */
function trainOf(stamps: readonly bigint[], anchor: bigint): bigint[] {
  return stamps.filter((stamp) => {
    const span = Number(anchor - stamp);
    if (span < 0) return false;
    const away = Math.abs(span - Math.round(span / SECOND_NS) * SECOND_NS);
    return away <= TOLERANCE_NS + RATE_TOLERANCE * span;
  });
}
