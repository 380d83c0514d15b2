/**
 * Rehearsed holdovers: while there is a source, coasts are begun in thought every few minutes to every few hours, and
 * judged when they are over: how far would the clock be off now, had the source been lost then? Tells how much worse a
 * holdover is than the model of random wander says (temperature, ageing), and whether a thermometer would have helped.
 * Owns that record; knows neither clock nor sensor: phase, frequency and what the thermometer predicts are handed in.
 */

/** A coast that begins now. */
export interface CoastStart {
  /** s, of the oscillator without corrections, continuous */
  readonly phase: number;
  readonly frequency: number;
  /** of the frequency */
  readonly frequencyVariance: number;
  /** variance of the phase error `seconds` ahead by the model of wander alone, s² */
  varianceAt(seconds: number): number;
  /** phase that the thermometer's model, as it is now, gains until monotonic second `until`, s; undefined: there is none */
  readonly thermalGain: ((until: number) => number) | undefined;
}

interface Level {
  readonly seconds: number;
  start: { readonly at: number; readonly coast: CoastStart } | undefined;
  count: number;
  squares: number;
  expected: number;
  /** over those coasts that had a thermometer */
  thermalCount: number;
  thermalSquares: number;
  squaresBeside: number;
}

/** Lengths: 256 s to 18 h, each twice the one before. */
const SHORTEST = 256;
const LEVELS = 9;
/** Coasts remembered at each length; with a thermometer fewer, because its first ones were a learner's. */
const MEMORY = 64;
const THERMAL_MEMORY = 16;
/** Normal quantile at which coasts worse than expected are no chance (99.9 %). */
const SIGNIFICANT = 3.09;
/** The thermometer is trusted when it removes half of the squared error at every length from this one on, s. */
const JUDGED_FROM = 2048;
const JUDGED_COASTS = 4;
const WORTH = 0.5;

export class Rehearsals {
  private readonly levels: Level[] = Array.from({ length: LEVELS }, (_, k) => ({
    seconds: SHORTEST * 2 ** k,
    start: undefined,
    count: 0,
    squares: 0,
    expected: 0,
    thermalCount: 0,
    thermalSquares: 0,
    squaresBeside: 0,
  }));

  /** The present, at monotonic second `at`: coasts that are over are judged, new ones begin. To be called while locked. */
  take(at: number, present: () => CoastStart): void {
    let now: CoastStart | undefined;
    for (const level of this.levels) {
      const { start } = level;
      if (start !== undefined && at - start.at < level.seconds) continue;
      now ??= present();
      // One that ends long after it should have says nothing about its length.
      if (start !== undefined && at - start.at < 1.25 * level.seconds) judge(level, start, at, now);
      level.start = { at, coast: now };
    }
  }

  /** The phase is another one from now on: coasts that are under way are void, what was learned stays. */
  interrupt(): void {
    for (const level of this.levels) level.start = undefined;
  }

  /** Would the thermometer have made coasts better, reliably? */
  thermometer(): 'untried' | 'helps' | 'useless' {
    let judged = 0;
    for (const { seconds, thermalCount, thermalSquares, squaresBeside } of this.levels) {
      if (seconds < JUDGED_FROM || thermalCount < 1.5) continue;
      if (!(thermalSquares < WORTH * squaresBeside)) return 'useless';
      judged = Math.max(judged, thermalCount);
    }
    return judged >= JUDGED_COASTS - 0.5 ? 'helps' : 'untried';
  }

  /**
   * Variance of the phase error after `seconds` of coasting beyond what wander explains, s². From one length to another
   * as for a wander (error ∝ t^1.5); beyond the longest coast that was judged as for a steady drift (∝ t²).
   */
  excess(seconds: number, withThermometer: boolean): number {
    let most = 0;
    const longest = this.levels.reduce((l, { count, seconds: s }) => (count >= 0.9 ? s : l), 0);
    for (const level of this.levels) {
      const count = withThermometer ? level.thermalCount : level.count;
      if (count < 0.9) continue;
      const squares = withThermometer ? level.thermalSquares : level.squares;
      const expected = (level.expected / Math.max(level.count, 1)) * count;
      if (squares <= expected * chiSquareOverMean(count)) continue;
      const ratio = seconds / level.seconds;
      most = Math.max(
        most,
        ((squares - expected) / count) * ratio ** (ratio > 1 && level.seconds === longest ? 4 : 3),
      );
    }
    return most;
  }
}

function judge(level: Level, start: NonNullable<Level['start']>, at: number, now: CoastStart): void {
  const { coast } = start;
  const keep = 1 - 1 / MEMORY;
  const gained = now.phase - coast.phase;
  const error = gained - coast.frequency * (at - start.at);
  // The wander as it is known by now: at the start it may have been a guess.
  const expected = now.varianceAt(level.seconds) + coast.frequencyVariance * level.seconds ** 2;
  level.count = level.count * keep + 1;
  level.squares = level.squares * keep + error * error;
  level.expected = level.expected * keep + expected;
  const predicted = coast.thermalGain?.(at);
  if (predicted === undefined) return;
  const remains = gained - predicted;
  const keepThermal = 1 - 1 / THERMAL_MEMORY;
  level.thermalCount = level.thermalCount * keepThermal + 1;
  level.thermalSquares = level.thermalSquares * keepThermal + remains * remains;
  level.squaresBeside = level.squaresBeside * keepThermal + error * error;
}

/** The quantile of chi square over its degrees of freedom (Wilson, Hilferty 1931). */
function chiSquareOverMean(count: number): number {
  const spread = 2 / (9 * count);
  return (1 - spread + SIGNIFICANT * Math.sqrt(spread)) ** 3;
}
