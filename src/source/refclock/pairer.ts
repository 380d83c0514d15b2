/**
 * Which second an edge belongs to, decided from the serial messages. Owns the learned delay and the decision; knows
 * neither devices nor the served clock: edges come as indices of a grid of seconds (edge-filter.ts), messages as a label
 * (the second they describe) and the monotonic time of their burst's first byte.
 *
 * What is known. Edge n happens at second n + K for one unknown whole number K. A message labelled T that begins at grid
 * position g (in seconds of the grid, interpolated between edges) came d = g - T + K after its second. So each message
 * gives u = g - T = d - K: all of them cluster, and finding K is choosing among the delays ..., u, u + 1, u + 2, ...
 *
 * Assumption: a receiver's delay is nearly constant and lies in the range of its family (receiver-family.ts). Nothing in
 * the two signals can tell d from d + 1, so without that range, or outside help, there is no decision.
 *
 * Evidence, each a vote for one K:
 *   fixed      the user's delay (fudge time2): decisive within FIXED_EXACT of one candidate, a vote within FIXED_NEAR
 *   reference  other sources give the second of an edge with less than REFERENCE_LIMIT of doubt, VOTES_NEEDED times alike
 *   saved      the delay learned before with the same receiver, within SAVED_NEAR of one candidate
 *   range      exactly one candidate delay is possible within the family's range, the guard counted in
 *   announced  the receiver named the next pulse (UBX-TIM-TP), VOTES_NEEDED times alike, and the delay that follows lies
 *              in the range. It breaks a tie and contradicts nobody: should its burst come a second late, so would it.
 *              The same holds for what the served clock remembers of having been set (by these pulses, perhaps)
 * Any other two that name different seconds mean refusal, with both named; only an exact fixed delay may leave the range, and
 * a saved one outside of it is void (the receiver was set up differently then). No vote, fewer than EPOCHS_NEEDED agreeing
 * messages, or scatter mean refusal. What other sources said holds as long as the grid does.
 *
 * Guard: the learned delay is a median of N messages; it may be wrong by t(N) standard errors, at least GUARD_LEAST; few
 * messages count as wrong by twice what the earliest of them is ahead of the median. A
 * delay so near a bound of the range that its neighbour is possible too (0.99 s: or is it -0.01 s?) is ambiguous.
 *
 * Once decided, K stays by counting edges; messages only confirm it. Messages that suddenly say another whole second
 * suspend the numbering at once, and start the decision anew when they insist.
 */
import { NS_PER_SECOND } from '../../units/time.js';
import type { GridEdge } from './edge-filter.js';
import type { Reference } from './environment.js';
import { EPOCHS_NEEDED, type Numbering, type Refusal, refuse, waiting } from './numbering.js';
import {
  type Cluster,
  contradicts,
  type Evidence,
  fixedVote,
  MANY,
  milliseconds,
  onRangeAlone,
  rangeVote,
  savedVote,
  type Vote,
} from './numbering-votes.js';
import { type DelayRange, UNKNOWN_RECEIVER } from './receiver-family.js';
import { bulkDeviation, deviationOf, median } from './statistics.js';

/** Of a receiver that tells several epochs a second, one in this time counts: the others say the same again, ns. */
const SPACING_NS = 0.7e9;
/** Messages remembered. */
const WINDOW = 64;
const WINDOW_NS = 120 * 1e9;
/** Messages agree when they are this near to their median, s. */
const AGREE_LEAST = 0.1;
/** Beyond this scatter (standard deviation, s) the delay is not "nearly constant". */
const SCATTER_LIMIT = 0.12;
/** A reference decides while offset from a whole second plus doubt stay below this, s. */
export const REFERENCE_LIMIT = 0.4;
const VOTES_NEEDED = 3;
/** A contradiction of one source alone counts only until the numbering has stood for this many messages. */
const SETTLED = 300;
/** Until then a decision by range alone is taken back if more messages make it ambiguous. */
const PROBATION = 64;
/** Messages that show how well the learned delay holds. */
const DOUBT_FROM = 9;
/** A message this far from the learned delay says another second, s. */
const ELSEWHERE = 0.35;
const INSISTING = 3;
/** Messages in a row at neither this second nor another after which the delay is learned anew. */
const ESTRANGED = 12;
/**
 * An announcement nearer than this to an edge may belong to either side of it, s: more behind an edge, where one that is
 * late because its whole burst is (0.99 s and then some) looks like an early one of the next second.
 */
const ANNOUNCE_GUARD = { before: 0.03, behind: 0.1 };
/** Delays that a reference may prove, s. */
const PROVABLE = { least: -1.1, most: 2 };

interface Heard {
  readonly labelNs: bigint;
  readonly monoNs: bigint;
  /** grid position minus label, s; undefined before there was a grid */
  u: number | undefined;
}

/** Counts equal whole numbers in a row. */
class Streak {
  value: number | undefined;
  count = 0;
  add(value: number): void {
    this.count = value === this.value ? this.count + 1 : 1;
    this.value = value;
  }
  clear(): void {
    this.value = undefined;
    this.count = 0;
  }
}

export class Pairer {
  range: DelayRange = UNKNOWN_RECEIVER;
  private heard: Heard[] = [];
  private anchor: GridEdge | undefined;
  private periodNs = 1e9;
  /** second that labels are counted from, so that they fit a float */
  private base: bigint | undefined;
  private readonly announced = new Streak();
  private readonly referred = new Streak();
  private referenceSources = 0;
  private referenceText = '';
  private byMemory = false;
  private locked: { k: number; delay: number; evidence: readonly Evidence[]; confirmed: number } | undefined;
  private readonly elsewhere = new Streak();
  private estranged = 0;
  private refusal: Refusal = waiting(0);
  /** learned in this run or saved from an earlier one */
  private savedDelay: number | undefined;

  /** the user's own value for the delay of the first byte; undefined: learned */
  fixedDelay: number | undefined;

  constructor(savedDelay?: number | undefined) {
    this.savedDelay = savedDelay;
  }

  get numbering(): Numbering {
    const { locked, base } = this;
    if (locked === undefined || base === undefined) return this.refusal;
    if (this.elsewhere.count > 0)
      return {
        numbered: false,
        cause: 'changed',
        why: `the receiver's messages have just jumped by ${this.elsewhere.value ?? 0} s`,
        delayFraction: locked.delay - Math.floor(locked.delay),
      };
    return {
      numbered: true,
      zeroSecond: base + BigInt(locked.k),
      delaySeconds: locked.delay,
      evidence: locked.evidence,
    };
  }

  /** The learned delay, also while the numbering is suspended; undefined: not learned in this run. */
  get learnedDelay(): number | undefined {
    return this.locked?.delay;
  }

  /** How far the newest messages stand from the learned delay, s: it follows them slowly. */
  get delayDoubt(): number {
    const { locked } = this;
    const newest = this.heard.slice(-DOUBT_FROM).flatMap(({ u }) => (u === undefined ? [] : [u]));
    return locked === undefined || newest.length === 0
      ? 0
      : Math.abs(median(newest) + locked.k - locked.delay);
  }

  /** The saved delay belongs to another receiver. */
  forgetSaved(): void {
    this.savedDelay = undefined;
  }

  /** Do other sources number the edges as this pairer does? undefined: they say nothing. */
  get agreesWithReference(): boolean | undefined {
    if (this.locked === undefined || this.referred.count < VOTES_NEEDED) return undefined;
    return this.referred.value === this.locked.k;
  }

  /** A new grid: indices begin anew. What was heard in the last half minute is placed on it. */
  regrid(edge: GridEdge, periodNs: number): void {
    this.restart(true);
    this.announced.clear();
    this.referred.clear();
    this.anchor = edge;
    this.periodNs = periodNs;
    this.heard = this.heard.filter((heard) => Math.abs(Number(edge.monoNs - heard.monoNs)) < 30e9);
    for (const heard of this.heard) heard.u = this.place(heard);
    this.decide();
  }

  /** The newest accepted edge. */
  edge(edge: GridEdge, periodNs: number): void {
    this.anchor = edge;
    this.periodNs = periodNs;
  }

  /** A message the receiver marks valid: the instant it describes (continuous scale) and its burst's first byte. */
  message(labelNs: bigint, monoNs: bigint): void {
    const before = this.heard.at(-1);
    if (before !== undefined && Math.abs(Number(monoNs - before.monoNs)) < SPACING_NS) return;
    this.base ??= labelNs / NS_PER_SECOND;
    const heard: Heard = { labelNs, monoNs, u: undefined };
    heard.u = this.place(heard);
    this.heard.push(heard);
    const tooOld = (old: Heard) => Number(monoNs - old.monoNs) > WINDOW_NS;
    while (this.heard.length > WINDOW || tooOld(this.heard[0]!)) this.heard.shift();
    if (heard.u === undefined) this.refusal = waiting(0);
    else if (this.locked === undefined) this.decide();
    else this.confirm(heard.u);
  }

  /** UBX-TIM-TP: the pulse after `monoNs` is that of `second` (continuous scale). */
  announce(second: bigint, monoNs: bigint): void {
    const at = this.position(monoNs);
    if (at === undefined || this.base === undefined) return;
    const past = at - Math.floor(at);
    if (past < ANNOUNCE_GUARD.behind || past > 1 - ANNOUNCE_GUARD.before) this.announced.clear();
    else this.announced.add(Number(second - this.base) - (Math.floor(at) + 1));
  }

  /** Other sources put `edge` at `secondNs` (Unix ns, continuous scale) with the reference's doubt either way. */
  refer(edge: GridEdge, secondNs: bigint, reference: Omit<Reference, 'offsetSeconds'>): void {
    const { uncertaintySeconds: doubtSeconds, sources, from, servedClock } = reference;
    const byMemory = servedClock === true;
    // Once others have spoken, the clock's memory adds nothing.
    if (this.base === undefined || (byMemory && !this.byMemory && this.referred.count > 0)) return;
    const seconds = Number(secondNs - this.base * NS_PER_SECOND) / 1e9;
    const whole = Math.round(seconds);
    if (Math.abs(seconds - whole) + doubtSeconds > REFERENCE_LIMIT) return;
    if (byMemory !== this.byMemory) this.referred.clear();
    this.byMemory = byMemory;
    this.referred.add(whole - edge.index);
    this.referenceSources = sources;
    this.referenceText = from;
  }

  private position(monoNs: bigint): number | undefined {
    const { anchor } = this;
    return anchor === undefined ? undefined : anchor.index + Number(monoNs - anchor.monoNs) / this.periodNs;
  }

  private place(heard: Heard): number | undefined {
    const at = this.position(heard.monoNs);
    if (at === undefined || this.base === undefined) return undefined;
    return at - Number(heard.labelNs - this.base * NS_PER_SECOND) / 1e9;
  }

  private confirm(u: number): void {
    const locked = this.locked!;
    const away = u + locked.k - locked.delay;
    const jump = Math.round(away);
    if (Math.abs(away) < ELSEWHERE) {
      locked.delay += Math.min(AGREE_LEAST, Math.max(-AGREE_LEAST, away)) / 32;
      locked.confirmed += 1;
      this.estranged = 0;
      if (this.elsewhere.count > 0) {
        this.elsewhere.clear();
        this.dropElsewhere();
      }
      this.review();
    } else if (jump !== 0 && Math.abs(away - jump) < ELSEWHERE) {
      this.elsewhere.add(-jump); // labels ahead make u smaller
      if (this.elsewhere.count < INSISTING) return;
      this.restart(true);
      this.heard = this.heard.slice(-INSISTING);
      this.decide();
    } else {
      this.estranged += 1; // late, as when the machine was busy; or set up differently
      if (this.estranged < ESTRANGED) return;
      this.restart(false);
      this.heard = this.heard.slice(-ESTRANGED);
      this.decide();
    }
  }

  private dropElsewhere(): void {
    const { k, delay } = this.locked!;
    this.heard = this.heard.filter(
      (heard) => heard.u !== undefined && Math.abs(heard.u + k - delay) < ELSEWHERE,
    );
  }

  /** `keep`: the decision was right as far as known, its delay is evidence for the next one. */
  private restart(keep: boolean): void {
    const { locked } = this;
    if (keep && locked !== undefined && (locked.confirmed >= PROBATION || !onRangeAlone(locked.evidence)))
      this.savedDelay = locked.delay;
    this.locked = undefined;
    this.elsewhere.clear();
    this.estranged = 0;
  }

  /** Looks whether what has come since still bears the decision out. */
  private review(): void {
    const locked = this.locked!;
    const contradiction = this.referenceVote(false).find(
      (vote) => vote.k !== locked.k && (locked.confirmed < SETTLED || this.referenceSources > 1),
    );
    const cluster =
      locked.confirmed < PROBATION && onRangeAlone(locked.evidence) ? this.cluster() : undefined;
    const doubtful = cluster !== undefined && rangeVote(cluster, this.range).vote?.k !== locked.k;
    if (contradiction === undefined && !doubtful) return;
    this.restart(false);
    this.decide();
  }

  private cluster(): Cluster | undefined {
    const values = this.heard.flatMap((heard) => (heard.u === undefined ? [] : [heard.u]));
    const centre = median(values);
    const width = Math.max(AGREE_LEAST, 4 * bulkDeviation(values, centre));
    const agreeing = values.filter((value) => Math.abs(value - centre) <= width);
    const newestAgree = values.slice(-INSISTING).every((value) => Math.abs(value - centre) <= width);
    if (agreeing.length < EPOCHS_NEEDED || agreeing.length < 0.7 * values.length || !newestAgree) {
      this.heard = this.heard.slice(-2 * EPOCHS_NEEDED);
      return undefined;
    }
    const deviation = Math.max(bulkDeviation(agreeing), agreeing.length < MANY ? deviationOf(agreeing) : 0);
    const u = median(agreeing);
    return { u, deviation, early: u - Math.min(...agreeing), size: agreeing.length };
  }

  private decide(): void {
    const placed = this.heard.filter((heard) => heard.u !== undefined).length;
    const cluster = this.cluster();
    if (cluster === undefined) {
      this.refusal =
        placed < EPOCHS_NEEDED
          ? waiting(placed)
          : refuse(
              'scattered',
              'the receiver’s messages come at too irregular times after the pulse',
              undefined,
            );
      return;
    }
    const fraction = cluster.u - Math.floor(cluster.u);
    if (cluster.deviation > SCATTER_LIMIT) {
      const scatter = milliseconds(cluster.deviation);
      this.refusal = refuse('scattered', `the delay of the messages scatters by ${scatter}`, fraction);
      return;
    }
    const range = rangeVote(cluster, this.range);
    const votes = [
      ...fixedVote(cluster.u, this.fixedDelay),
      ...this.referenceVote(false),
      ...(range.vote === undefined ? [] : [range.vote]),
      ...savedVote(cluster.u, this.savedDelay, this.range),
      ...this.announcedVote(cluster.u),
      ...this.referenceVote(true),
    ];
    const first = votes[0];
    if (first === undefined) {
      this.refusal = refuse('ambiguous', range.why, fraction);
      return;
    }
    const other = votes.find((vote) => vote.k !== first.k && contradicts(first, vote));
    if (other !== undefined) {
      const apart = Math.abs(other.k - first.k);
      const why = `${first.text} and ${other.text} number the pulses ${apart} s apart`;
      this.refusal = refuse('contradiction', why, fraction);
      return;
    }
    const delay = cluster.u + first.k;
    if (delay < PROVABLE.least || delay > PROVABLE.most) {
      const why = `${first.text} would mean messages ${delay.toFixed(1)} s after their second`;
      this.refusal = refuse('contradiction', why, fraction);
      return;
    }
    const evidence = votes.filter((vote) => vote.k === first.k).map((vote) => vote.evidence);
    this.locked = { k: first.k, delay, evidence, confirmed: 0 };
    this.elsewhere.clear();
  }

  private referenceVote(byMemory: boolean): Vote[] {
    const { count, value } = this.referred;
    if (value === undefined || count < VOTES_NEEDED || byMemory !== this.byMemory) return [];
    return [{ k: value, evidence: 'reference', text: this.referenceText, tieOnly: byMemory }];
  }

  private announcedVote(u: number): Vote[] {
    const { count, value } = this.announced;
    if (value === undefined || count < VOTES_NEEDED) return [];
    const delay = u + value;
    if (delay < this.range.leastSeconds || delay > this.range.mostSeconds) return [];
    return [{ k: value, evidence: 'announced', text: 'the receiver’s announced pulses', tieOnly: true }];
  }
}
