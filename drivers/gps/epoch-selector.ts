/**
 * One epoch event for each instant, out of all the messages that tell the same time.
 * Owns the choice of the message that epochs are taken from, and duplicates; knows no protocol.
 *
 * A receiver tells each instant several times (RMC, ZDA, GGA, … and UBX beside them). An epoch is emitted at the best
 * ranked message that the cycles before had; lesser ones are held in case the best one is lost, and are emitted when
 * the next instant begins. So an epoch always comes from the same message while all is well, its delay is steady,
 * and a lost message costs nothing. The first cycle of all is held, since it is not known yet what else will come.
 * A held message that a better one contradicts is dropped (Ashtech AC12: ZDA two seconds ahead of RMC).
 */
import type { GpsEpoch } from '../../src/ports/gps.js';

/** Best first: UTC with its own account of certainty, then GPS time, then sentences with a date, then without. */
const RANKS = [
  'NAV-PVT',
  'HNR-PVT',
  'NAV-TIMEUTC',
  'NAV-TIMEGPS',
  'NAV-SOL',
  'RMC',
  'ZDA',
  'GGA',
  'GLL',
] as const;

export type TimeSource = (typeof RANKS)[number];
export type TimeReport = GpsEpoch & { readonly from: TimeSource };

/** Reports within 5 ms of each other are the same instant; receivers go up to 25 epochs a second. */
const GRAIN_NS = 10_000_000n;
/** Cycles without the expected message before a lesser one takes its place. */
const PATIENCE = 2;
const REMEMBERED = 16;

/** Orders instants; 23:59:60 comes before 00:00:00, whose Unix time it shares. */
const keyOf = (report: TimeReport): number =>
  Number((report.timeNs + GRAIN_NS / 2n) / GRAIN_NS) * 2 + (report.leapSecondNow ? 0 : 1);

interface Group {
  readonly key: number;
  bestRank: number;
  pending: TimeReport | undefined;
}

export class EpochSelector {
  readonly #emit: (epoch: GpsEpoch) => void;
  #group: Group | undefined;
  #expected = 0;
  #missed = PATIENCE - 1;
  /** instants emitted, oldest first */
  readonly #recent: number[] = [];
  readonly #lastOfRank = new Map<number, number>();

  constructor(emit: (epoch: GpsEpoch) => void) {
    this.#emit = emit;
  }

  offer(report: TimeReport): void {
    const key = keyOf(report);
    const rank = RANKS.indexOf(report.from);
    const last = this.#lastOfRank.get(rank);
    if (last === key) return;
    if (last !== undefined && key < last) {
      // The receiver has set its time back: instants that were emitted may now come again, and rightly so.
      this.finish();
      this.#recent.length = 0;
      this.#lastOfRank.clear();
    }
    this.#lastOfRank.set(rank, key);
    if (this.#recent.includes(key)) {
      if (this.#group?.key === key) this.#group.bestRank = Math.min(this.#group.bestRank, rank);
      return;
    }
    if (this.#group !== undefined && this.#group.key !== key) {
      if (key > this.#group.key) this.finish();
      else if (this.#group.pending !== undefined && rank < this.#group.bestRank) this.#group = undefined;
      else return;
    }
    this.#group ??= { key, bestRank: rank, pending: undefined };
    const group = this.#group;
    group.bestRank = Math.min(group.bestRank, rank);
    if (rank <= this.#expected) {
      group.pending = undefined;
      this.#send(key, report);
    } else if (group.pending === undefined || rank < RANKS.indexOf(group.pending.from)) {
      group.pending = report;
    }
  }

  /** The instant is over: what is held is emitted, and what it had is expected of the next. */
  finish(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    if (group.pending !== undefined) this.#send(group.key, group.pending);
    if (group.bestRank > this.#expected) {
      this.#missed += 1;
      if (this.#missed < PATIENCE) return;
    }
    this.#expected = group.bestRank;
    this.#missed = 0;
  }

  #send(key: number, report: TimeReport): void {
    this.#recent.push(key);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    this.#emit(report);
  }
}
