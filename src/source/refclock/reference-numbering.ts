/**
 * Numbers pulses by what other sources agree on. Owns the decision and how long it lasts; knows no messages.
 *
 * An edge belongs to the whole second nearest to the time the others give it, if it is within REFERENCE_LIMIT of that
 * second, their doubt counted in, and three edges in a row come to the same numbering. Then edges are only counted; the
 * others may fall silent. When they come to another numbering three times in a row, there is none until they insist.
 */
import { NS_PER_SECOND, nearestSecond } from '../../units/time.js';
import type { Reference } from './environment.js';
import { REFERENCE_LIMIT } from './pairer.js';

const NEEDED = 3;
/** Others that change their mind must keep to it for this many edges. */
const NEEDED_AGAIN = 30;

interface PhasedEdge {
  readonly index: number;
  readonly servedNs: bigint;
}

export class ReferenceNumbering {
  /** who numbered them, for people */
  numberedBy = 'nobody';
  /** why there is no number; undefined: there is one */
  why: string | undefined = 'no other source tells which second a pulse belongs to';
  private zero: bigint | undefined;
  private streak: { zero: bigint; count: number } | undefined;
  private contradicted = false;

  /** The grid of edges is a new one. */
  reset(): void {
    this.zero = undefined;
    this.streak = undefined;
    this.contradicted = false;
    this.why = 'no other source tells which second a pulse belongs to';
  }

  /** Unix second of the edge, or undefined: not known. */
  number(edge: PhasedEdge, reference: Reference | undefined): bigint | undefined {
    if (reference !== undefined) this.refer(edge, reference);
    if (this.zero === undefined || this.contradicted) return undefined;
    return this.zero + BigInt(edge.index);
  }

  private refer({ index, servedNs }: PhasedEdge, reference: Reference): void {
    const { offsetSeconds, uncertaintySeconds, from } = reference;
    const whole = Math.trunc(offsetSeconds);
    const trueNs =
      servedNs + BigInt(whole) * NS_PER_SECOND + BigInt(Math.round((offsetSeconds - whole) * 1e9));
    const second = nearestSecond(trueNs);
    const away = Math.abs(Number(trueNs - second * NS_PER_SECOND)) / 1e9;
    if (away + uncertaintySeconds > REFERENCE_LIMIT) {
      if (this.zero === undefined)
        this.why = `${from} put the pulses ${Math.round(away * 1e3)} ms from the second, give or take ${Math.round(uncertaintySeconds * 1e3)} ms: too near half a second`;
      return;
    }
    const zero = second - BigInt(index);
    const count = this.streak?.zero === zero ? this.streak.count + 1 : 1;
    this.streak = { zero, count };
    if (zero === this.zero) {
      this.contradicted = false;
      this.why = undefined;
      return;
    }
    if (this.zero === undefined && count >= NEEDED) this.decide(zero, from);
    else if (this.zero !== undefined && count >= NEEDED_AGAIN) this.decide(zero, from);
    else if (this.zero !== undefined && count >= NEEDED) {
      this.contradicted = true;
      this.why = `${from} number the pulses otherwise than before`;
    }
  }

  private decide(zero: bigint, from: string): void {
    this.zero = zero;
    this.contradicted = false;
    this.numberedBy = from;
    this.why = undefined;
  }
}
