/**
 * What a simulated receiver knows at a true second: fix, satellites, and the UTC it believes in: a pure function of
 * the second. Owns acquisition, outages, unknown leap seconds and the 10-bit week; knows no bytes.
 */
import type { GpsFix, GpsSatellite } from '../ports/gps.js';
import { type CivilTime, civil, GPS_EPOCH_UNIX, gpsWeek, WEEK_SECONDS } from './calendar.js';
import { type Window, within } from './pulse.js';
import type { UtcScale } from './utc-scale.js';

export interface ReceiverOptions {
  /** true seconds after which the receiver shows a time, still void; default 1 */
  readonly timeAfter?: number;
  /** true seconds after which it has a fix and gives pulses; default 3 */
  readonly fixAfter?: number;
  /** true seconds after which it has heard GPS - UTC from the satellites; default: with the fix */
  readonly utcAfter?: number;
  /** GPS - UTC that its firmware assumes until then; default: the right one */
  readonly assumedLeapSeconds?: number;
  /** no satellites: no fix, no pulse; the time runs on, void */
  readonly outages?: readonly Window[];
  /**
   * The firmware takes the 10-bit week to lie in pivotWeek .. pivotWeek+1023; undefined: it knows better.
   * A date 1024 weeks ago, or a rollover during the run, comes from this.
   */
  readonly pivotWeek?: number;
  readonly latDegrees?: number;
  readonly lonDegrees?: number;
  readonly altM?: number;
  /** satellites used in the mean; default 9 */
  readonly satellites?: number;
  /** seconds before a placed leap from which it is announced; default half a year */
  readonly leapNotice?: number;
}

export interface ReceiverState {
  readonly fix: GpsFix;
  readonly valid: boolean;
  /** undefined: no time yet */
  readonly utc: CivilTime | undefined;
  readonly utcKnown: boolean;
  readonly leapSeconds: number;
  /** as the receiver numbers it, 10-bit pivot applied */
  readonly week: number;
  readonly towSeconds: number;
  readonly nextLeap: { readonly change: 1 | -1; readonly inSeconds: number } | undefined;
  readonly satellites: readonly GpsSatellite[];
  readonly satellitesUsed: number;
  readonly latDegrees: number;
  readonly lonDegrees: number;
  readonly altM: number;
}

const HALF_YEAR = 182 * 86400;

export class ReceiverModel {
  readonly #utc: UtcScale;
  readonly #options: ReceiverOptions;

  constructor(utc: UtcScale, options: ReceiverOptions) {
    this.#utc = utc;
    this.#options = options;
  }

  /** Does it have a fix, and so a pulse, at true second k? */
  fixed(k: number): boolean {
    return k >= (this.#options.fixAfter ?? 3) && !within(this.#options.outages ?? [], k);
  }

  /** `k`: whole true second. */
  at(k: number): ReceiverState {
    const o = this.#options;
    const fixed = this.fixed(k);
    const shown = k >= Math.min(o.timeAfter ?? 1, o.fixAfter ?? 3);
    const rightLeap = this.#utc.gpsMinusUtc(k);
    const utcKnown = k >= (o.utcAfter ?? o.fixAfter ?? 3);
    const leapSeconds = utcKnown ? rightLeap : (o.assumedLeapSeconds ?? rightLeap);
    const label = this.#utc.label(k);
    const gpsSeconds = label.unixSecond - GPS_EPOCH_UNIX + rightLeap;
    const { week, towSeconds } = gpsWeek(gpsSeconds);
    const believed = this.#believedWeek(week);
    const unix = label.unixSecond + rightLeap - leapSeconds + (believed - week) * WEEK_SECONDS;
    const fields = civil(unix);
    const utc = label.leapSecond && utcKnown ? { ...fields, second: 60 } : fields;
    const satellites = sky(k, fixed ? (o.satellites ?? 9) : 0);
    return {
      fix: fixed ? '3d' : 'none',
      valid: fixed,
      utc: shown ? utc : undefined,
      utcKnown,
      leapSeconds,
      week: believed,
      towSeconds,
      nextLeap: this.#notice(k),
      satellites,
      satellitesUsed: satellites.filter((satellite) => satellite.used).length,
      latDegrees: o.latDegrees ?? 51.4779,
      lonDegrees: o.lonDegrees ?? -0.0015,
      altM: o.altM ?? 47.4,
    };
  }

  #believedWeek(week: number): number {
    const pivot = this.#options.pivotWeek;
    if (pivot === undefined) return week;
    const cycle = (week - pivot) % 1024;
    return pivot + (cycle < 0 ? cycle + 1024 : cycle);
  }

  #notice(k: number): ReceiverState['nextLeap'] {
    const leap = this.#utc.nextLeap(k);
    if (leap === undefined) return undefined;
    const label = this.#utc.label(k);
    const inSeconds = leap.atUnixSecond - label.unixSecond - (label.leapSecond ? 1 : 0);
    return inSeconds <= (this.#options.leapNotice ?? HALF_YEAR)
      ? { change: leap.change, inSeconds }
      : undefined;
  }
}

/** A sky that turns slowly: about `used` satellites in use, a few more in view with weak signals. */
function sky(k: number, used: number): readonly GpsSatellite[] {
  const swing = used === 0 ? 0 : Math.round(1.4 * Math.sin(k / 97) + 0.6 * Math.sin(k / 23));
  const inUse = Math.max(0, used === 0 ? 0 : Math.max(4, used + swing));
  const inView = used === 0 ? 2 : inUse + 3;
  return Array.from({ length: inView }, (_, i): GpsSatellite => {
    const turn = (k / 43_082 + i / inView) * 2 * Math.PI;
    const isUsed = i < inUse;
    return {
      system: 'gps',
      id: 1 + ((i * 5 + 2) % 32),
      elevationDegrees: Math.round(isUsed ? 45 + 35 * Math.sin(turn * 2 + i) : 7),
      azimuthDegrees: Math.round((((turn * 180) / Math.PI) % 360) + i * 11) % 360,
      snrDb: isUsed ? Math.round(40 + 5 * Math.sin(k / 60 + i)) : 18,
      used: isUsed,
    };
  });
}
