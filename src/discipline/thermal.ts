/**
 * Frequency against temperature, learned while locked: f = b + c1·u + c2·u², u the temperature from a reference in tens of
 * degrees, b a random walk, c1 and c2 constants of the crystal. Owns what was learned and the integral of the temperature,
 * from which a coast's phase follows; whether it is worth using is for the rehearsals to say. Knows no sensor.
 * A thermometer that leaps, or in a coast bends as it never did while locked, is not listened to any more.
 * A bank of Kalman filters of b, c1, c2 over the wander of b and the error of the thermometer. The one speaks that would
 * have foreseen the last hours best: over one lesson a coarse thermometer's steps look like wander, over an hour they don't.
 */

import { Bends, DOUBT_SECONDS } from './bends.js';

/** What survives a restart. */
export interface ThermalState {
  /** degrees Celsius at which linear and quadratic terms are zero */
  readonly referenceCelsius: number;
  /** fractional per degree, and per degree² */
  readonly perDegree: number;
  readonly perDegree2: number;
  /** the temperatures seen while it was learned */
  readonly fromCelsius: number;
  readonly toCelsius: number;
}

/** Tens of degrees: keeps the three unknowns of one size. */
const UNIT = 10;
/** What a crystal may have: 1 ppm per degree and 0.1 ppm per degree², as standard deviations, per unit. */
const LINEAR = 1e-6 * UNIT;
const QUADRATIC = 1e-7 * UNIT * UNIT;
/** Of what was learned by a run before: a share of itself that it may be wrong by, and the least. */
const KNOWN_SHARE = 0.1;
/** Readings outside of this are a sensor's fault, degrees. */
const POSSIBLE = { least: -60, most: 150 };
/** So is one that leaps by so many times the largest change that was seen while locked, within these bounds, degrees. */
const LEAP = 4;
const LEAST_LEAP = 1;
const MOST_LEAP = 5;
/** What was learned is used that far outside of where it was learned, degrees; beyond it stands still. */
const MARGIN = 1;
/** A lesson: mean frequency and mean temperature over this time, s; one that took much longer teaches nothing. */
const LESSON_SECONDS = 256;
const LONGEST_LESSON = 1024;
const WANDERS = [3e-11, 1e-10, 3e-10, 1e-9, 3e-9, 1e-8];
const ERRORS = [0, 3e-9, 1e-8, 3e-8, 1e-7];
/** How far ahead filters are judged, s, and how many judgements are remembered. */
const JUDGED_SECONDS = 4096;
const JUDGEMENTS = 32;

interface Filter {
  readonly wander: number;
  readonly error: number;
  b: number;
  c1: number;
  c2: number;
  /** covariance, upper triangle: bb, b1, b2, 11, 12, 22 */
  p: [number, number, number, number, number, number];
  /** b, c1, c2 when the coast began by which it is judged */
  before: readonly [number, number, number];
  /** squared errors of such coasts */
  errors: number;
}

export class ThermalModel {
  #reference: number | undefined;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;
  #reading: number | undefined;
  #readingAt = 0;
  /** largest change between two readings: in this lesson, and in those before, degrees */
  #change = 0;
  #usualChange = 0;
  #broken = false;
  #brokenAt = 0;
  #doubtfulSince = 0;
  /** monotonic s: when there was a source last */
  #lockedAt = Number.NEGATIVE_INFINITY;
  readonly #bends = new Bends();
  /** integrals of u and u² since the first reading */
  #integral1 = 0;
  #integral2 = 0;
  #lesson:
    | { readonly at: number; readonly phase: number; readonly u1: number; readonly u2: number }
    | undefined;
  #coast:
    | { readonly at: number; readonly phase: number; readonly u1: number; readonly u2: number }
    | undefined;
  private filters: Filter[] = [];
  private best: Filter | undefined;

  constructor(private readonly saved?: ThermalState) {}

  /** A reading at monotonic second `at`, degrees Celsius. */
  feel(celsius: number, at: number): void {
    if (!(celsius > POSSIBLE.least && celsius < POSSIBLE.most)) return;
    const change = this.#reading === undefined ? 0 : Math.abs(celsius - this.#reading);
    const most = Math.max(LEAST_LEAP, Math.min(MOST_LEAP, LEAP * this.#usualChange));
    if (!this.#broken) this.#change = Math.max(this.#change, change);
    if (!this.#broken && change > most && this.best !== undefined) this.#break(at, at);
    this.#integrate(at);
    if (!this.#broken && this.#bends.isStrange(at, UNIT * this.#integral1, this.#lockedAt))
      this.#break(at, at - DOUBT_SECONDS);
    if (!this.#broken) this.#reading = celsius;
    this.#reference ??= this.saved?.referenceCelsius ?? Math.round(celsius);
  }

  #break(at: number, since: number): void {
    this.#broken = true;
    this.#brokenAt = at;
    this.#doubtfulSince = since;
    this.#bends.interrupt();
  }

  /** It leapt or bent, and is not listened to until recover(). */
  get broken(): boolean {
    return this.#broken;
  }

  /** While it is broken: from when on its readings may have been wrong, monotonic s. */
  get doubtfulSince(): number {
    return this.#doubtfulSince;
  }

  /** The last reading that was believed; undefined: none. */
  get celsius(): number | undefined {
    return this.#reading;
  }

  /**
   * The phase of the oscillator without corrections at monotonic second `at`, and its deviation, s; while locked.
   */
  learn(at: number, phase: number, deviation: number): void {
    this.#lockedAt = at;
    if (this.#broken) {
      // While there is a source a jump costs a lesson, no more: a fan that starts, a machine that is loaded. Not at once:
      // the source may be going too.
      if (at - this.#brokenAt < LESSON_SECONDS) return;
      this.recover();
      this.interrupt();
    }
    if (this.#reading === undefined) return;
    this.#least = Math.min(this.#least, this.#reading);
    this.#most = Math.max(this.#most, this.#reading);
    const before = this.#lesson;
    if (before !== undefined && at - before.at < LESSON_SECONDS) return;
    this.#usualChange = Math.max(this.#usualChange, this.#change);
    this.#change = 0;
    this.#integrate(at);
    this.#lesson = { at, phase, u1: this.#integral1, u2: this.#integral2 };
    if (before === undefined || at - before.at > LONGEST_LESSON) return;
    const dt = at - before.at;
    const frequency = (phase - before.phase) / dt;
    if (this.filters.length === 0) this.#begin(frequency);
    const u1 = (this.#integral1 - before.u1) / dt;
    const u2 = (this.#integral2 - before.u2) / dt;
    this.#judge(at, phase);
    for (const filter of this.filters) teach(filter, u1, u2, frequency, (Math.SQRT2 * deviation) / dt, dt);
  }

  /** At the end of an hour or so: which filter would have foreseen it best? */
  #judge(at: number, phase: number): void {
    const coast = this.#coast;
    if (coast !== undefined && at - coast.at < JUDGED_SECONDS) return;
    const now = { at, phase, u1: this.#integral1, u2: this.#integral2 };
    for (const filter of this.filters) {
      if (coast !== undefined) {
        const [b, c1, c2] = filter.before;
        const foreseen = b * (at - coast.at) + c1 * (now.u1 - coast.u1) + c2 * (now.u2 - coast.u2);
        filter.errors = filter.errors * (1 - 1 / JUDGEMENTS) + (phase - coast.phase - foreseen) ** 2;
        if (this.best === undefined || filter.errors < this.best.errors) this.best = filter;
      }
      filter.before = [filter.b, filter.c1, filter.c2];
    }
    this.#coast = now;
  }

  /** The phase is another one from now on. */
  interrupt(): void {
    this.#lesson = undefined;
    this.#coast = undefined;
  }

  /** Frequency at the temperature felt last; undefined: nothing was learned. */
  frequency(): number | undefined {
    if (this.best === undefined || this.#reading === undefined) return undefined;
    const u = this.#unitOf(this.#reading);
    return this.best.b + this.best.c1 * u + this.best.c2 * u * u;
  }

  /** A function that tells what the model as it is now makes of the temperatures from now on: phase gained, s. */
  gain(at: number): ((until: number) => number) | undefined {
    const best = this.best;
    if (best === undefined) return undefined;
    const { b, c1, c2 } = best;
    this.#integrate(at);
    const [from1, from2] = [this.#integral1, this.#integral2];
    return (until) => {
      this.#integrate(until);
      return b * (until - at) + c1 * (this.#integral1 - from1) + c2 * (this.#integral2 - from2);
    };
  }

  /** A holdover is over: a sensor that broke in it may begin anew. */
  recover(): void {
    if (!this.#broken) return;
    this.#reading = undefined;
    this.#bends.interrupt();
    this.#broken = false;
  }

  state(): ThermalState | undefined {
    if (this.best === undefined || this.#reference === undefined) return this.saved;
    return {
      referenceCelsius: this.#reference,
      perDegree: this.best.c1 / UNIT,
      perDegree2: this.best.c2 / (UNIT * UNIT),
      fromCelsius: Math.min(this.#least, this.saved?.fromCelsius ?? this.#least),
      toCelsius: Math.max(this.#most, this.saved?.toCelsius ?? this.#most),
    };
  }

  #integrate(at: number): void {
    if (this.#reading !== undefined) {
      const dt = at - this.#readingAt;
      const u = this.#unitOf(this.#reading);
      this.#integral1 += u * dt;
      this.#integral2 += u * u * dt;
    }
    this.#readingAt = at;
  }

  /** Within what was learned, and a little beyond. */
  #unitOf(celsius: number): number {
    const least = Math.min(this.#least, this.saved?.fromCelsius ?? this.#least) - MARGIN;
    const most = Math.max(this.#most, this.saved?.toCelsius ?? this.#most) + MARGIN;
    const inside = least < most ? Math.min(most, Math.max(least, celsius)) : celsius;
    return (inside - (this.#reference ?? inside)) / UNIT;
  }

  #begin(frequency: number): void {
    const { saved } = this;
    const c1 = (saved?.perDegree ?? 0) * UNIT;
    const c2 = (saved?.perDegree2 ?? 0) * UNIT * UNIT;
    const known = (value: number, otherwise: number) =>
      saved === undefined ? otherwise : Math.max(KNOWN_SHARE * Math.abs(value), 0.01 * otherwise);
    this.filters = WANDERS.flatMap((wander) =>
      ERRORS.map((error) => ({
        wander,
        error,
        b: frequency,
        c1,
        c2,
        p: [1e-10, 0, 0, known(c1, LINEAR) ** 2, 0, known(c2, QUADRATIC) ** 2] as Filter['p'],
        before: [frequency, c1, c2] as const,
        errors: 0,
      })),
    );
  }
}

/** One step of a filter: `frequency` was measured with `deviation`, `dt` seconds after the step before. */
function teach(
  filter: Filter,
  u: number,
  u2: number,
  frequency: number,
  deviation: number,
  dt: number,
): void {
  const { p } = filter;
  const bb = p[0] + filter.wander * filter.wander * dt;
  const [, b1, b2, v11, v12, v22] = p;
  const h0 = bb + u * b1 + u2 * b2;
  const h1 = b1 + u * v11 + u2 * v12;
  const h2 = b2 + u * v12 + u2 * v22;
  const s = h0 + u * h1 + u2 * h2 + deviation * deviation + filter.error * filter.error;
  const innovation = frequency - (filter.b + filter.c1 * u + filter.c2 * u2);
  const [k0, k1, k2] = [h0 / s, h1 / s, h2 / s];
  filter.b += k0 * innovation;
  filter.c1 += k1 * innovation;
  filter.c2 += k2 * innovation;
  filter.p = [bb - k0 * h0, b1 - k0 * h1, b2 - k0 * h2, v11 - k1 * h1, v12 - k1 * h2, v22 - k2 * h2];
}
