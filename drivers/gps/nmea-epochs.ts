/**
 * From NMEA sentences to time reports: which date belongs to which time of day, and whether the receiver vouches for it.
 * Owns the cycle of sentences with one time of day; emits reports (one an epoch is the selector's business).
 *
 * RMC has time, date and validity. ZDA has no validity: GGA, GLL or GSA of its cycle must give it. GGA and GLL have no
 * date: it is taken from the last valid dated sentence, while that is certain not to be another day's.
 */
import type { GpsFix, GpsSatellite } from '../../src/ports/gps.js';
import { unixNsOf } from './calendar.js';
import type { TimeReport, TimeSource } from './epoch-selector.js';
import { NS_PER_DAY_NUMBER } from './nmea/fields.js';
import { type Gga, ggaIsValid } from './nmea/gga.js';
import { type Gll, gllIsValid } from './nmea/gll.js';
import type { Gsa } from './nmea/gsa.js';
import type { Gsv } from './nmea/gsv.js';
import { type Rmc, rmcIsValid } from './nmea/rmc.js';
import type { Zda } from './nmea/zda.js';

/** A date is carried over midnight no longer than this, by the receiver's time of day … */
const MIDNIGHT_CARRY_NS = 600_000_000_000;
/** … and at all only if the served clock did not see much more time pass than the receiver's, or ran back. */
const CARRY_SLACK_NS = 60_000_000_000n;
const MAX_SATELLITES = 256;
/** Cycles after which a GSA or GGA that is not repeated is forgotten. */
const FORGET_CYCLES = 10;

export interface Stamps {
  readonly firstByteNs: bigint;
  readonly lastByteNs: bigint;
}

interface Cycle {
  readonly ofDayNs: number;
  readonly firstByteNs: bigint;
  /** GGA's or GLL's word */
  valid?: boolean;
  /** a ZDA that waits for somebody's word on validity */
  zda?: { readonly day: number; readonly arrivalNs: bigint };
}

/** What is known of the position, from this cycle or one shortly before. */
interface Position {
  age: number;
  fix: 1 | 2 | 3 | undefined;
  used: Set<string>;
  count: number | undefined;
  lat: number | undefined;
  lon: number | undefined;
  alt: number | undefined;
}

const nowhere = (): Position => ({
  age: 0,
  fix: undefined,
  used: new Set(),
  count: undefined,
  lat: undefined,
  lon: undefined,
  alt: undefined,
});

export class NmeaEpochs {
  readonly #offer: (report: TimeReport) => void;
  readonly #satellites: (satellites: readonly GpsSatellite[]) => void;
  readonly #claim: (firstByteNs: bigint) => bigint;
  #cycle: Cycle | undefined;
  #dated: { day: number; ofDayNs: number; arrivalNs: bigint } | undefined;
  #now = nowhere();
  #before = nowhere();
  readonly #view = new Map<string, GpsSatellite>();
  #viewIsNew = false;

  constructor(
    offer: (report: TimeReport) => void,
    satellites: (satellites: readonly GpsSatellite[]) => void,
    claim: (firstByteNs: bigint) => bigint,
  ) {
    this.#offer = offer;
    this.#satellites = satellites;
    this.#claim = claim;
  }

  rmc(rmc: Rmc, stamps: Stamps): void {
    if (rmc.ofDayNs === undefined) return;
    const cycle = this.#begin(rmc.ofDayNs, stamps);
    const valid = rmcIsValid(rmc);
    if (valid) this.#place(rmc);
    cycle.valid = valid;
    if (rmc.day === undefined) return;
    this.#report('RMC', cycle, rmc.day, valid, stamps.lastByteNs);
  }

  zda(zda: Zda, stamps: Stamps): void {
    if (zda.ofDayNs === undefined || zda.day === undefined) return;
    const cycle = this.#begin(zda.ofDayNs, stamps);
    if (cycle.valid === undefined) cycle.zda = { day: zda.day, arrivalNs: stamps.lastByteNs };
    else this.#report('ZDA', cycle, zda.day, cycle.valid, stamps.lastByteNs);
  }

  gga(gga: Gga, stamps: Stamps): void {
    if (gga.ofDayNs === undefined) return;
    const cycle = this.#begin(gga.ofDayNs, stamps);
    const valid = ggaIsValid(gga);
    if (valid) {
      this.#place(gga);
      this.#now.alt = gga.altM;
    }
    // One GGA for each system (SiRF: GPGGA, then GLGGA): the larger count, GSA's sum is larger still.
    this.#now.count = Math.max(this.#now.count ?? 0, gga.satellitesUsed ?? 0);
    this.#timeOfDay('GGA', cycle, valid, stamps);
  }

  gll(gll: Gll, stamps: Stamps): void {
    if (gll.ofDayNs === undefined) return;
    const cycle = this.#begin(gll.ofDayNs, stamps);
    const valid = gllIsValid(gll);
    if (valid) this.#place(gll);
    this.#timeOfDay('GLL', cycle, valid, stamps);
  }

  gsa(gsa: Gsa): void {
    const now = this.#now;
    now.fix = now.fix === undefined || gsa.fix > now.fix ? gsa.fix : now.fix;
    for (const { system, id } of gsa.used)
      if (now.used.size < MAX_SATELLITES) now.used.add(`${system} ${id}`);
  }

  gsv(gsv: Gsv): void {
    for (const satellite of gsv.satellites) {
      const key = `${satellite.system} ${satellite.id}`;
      const known = this.#view.get(key);
      if (known === undefined && this.#view.size >= MAX_SATELLITES) continue;
      // One list for each signal since NMEA 4.1: the strongest is shown.
      if (known === undefined || (satellite.snrDb ?? 0) >= (known.snrDb ?? 0)) this.#view.set(key, satellite);
    }
    if (gsv.part === gsv.parts) this.#viewIsNew = true;
  }

  /** Nothing more will come of this cycle. */
  finish(): void {
    const cycle = this.#cycle;
    this.#cycle = undefined;
    if (cycle?.zda !== undefined) {
      const fix = this.#known().fix;
      this.#report('ZDA', cycle, cycle.zda.day, fix !== undefined && fix > 1, cycle.zda.arrivalNs);
    }
    if (this.#viewIsNew) {
      const used = this.#known().used;
      this.#satellites([...this.#view].map(([key, s]) => ({ ...s, used: used.has(key) })));
      this.#view.clear();
      this.#viewIsNew = false;
    }
    this.#before = this.#known();
    this.#before.age += 1;
    if (this.#before.age > FORGET_CYCLES) this.#before = nowhere();
    this.#now = nowhere();
  }

  #begin(ofDayNs: number, stamps: Stamps): Cycle {
    if (this.#cycle?.ofDayNs === ofDayNs) return this.#cycle;
    if (this.#cycle !== undefined) this.finish();
    this.#cycle = { ofDayNs, firstByteNs: this.#claim(stamps.firstByteNs) };
    return this.#cycle;
  }

  #timeOfDay(from: TimeSource, cycle: Cycle, valid: boolean, stamps: Stamps): void {
    cycle.valid = valid;
    if (cycle.zda !== undefined) {
      const { day, arrivalNs } = cycle.zda;
      delete cycle.zda;
      this.#report('ZDA', cycle, day, valid, arrivalNs);
      return;
    }
    const day = this.#carriedDay(cycle.ofDayNs, stamps.lastByteNs);
    if (day !== undefined) this.#report(from, cycle, day, valid, stamps.lastByteNs);
  }

  #carriedDay(ofDayNs: number, arrivalNs: bigint): number | undefined {
    if (this.#dated === undefined) return undefined;
    const { day, ofDayNs: from, arrivalNs: since } = this.#dated;
    const midnight = ofDayNs < from;
    const elapsed = midnight ? ofDayNs + NS_PER_DAY_NUMBER - from : ofDayNs - from;
    const seen = arrivalNs - since;
    if (seen < 0n || seen > BigInt(elapsed) + CARRY_SLACK_NS) return undefined;
    if (midnight && elapsed > MIDNIGHT_CARRY_NS) return undefined;
    return midnight ? day + 1 : day;
  }

  #report(from: TimeSource, cycle: Cycle, day: number, valid: boolean, arrivalNs: bigint): void {
    if (valid && (from === 'RMC' || from === 'ZDA')) this.#dated = { day, ofDayNs: cycle.ofDayNs, arrivalNs };
    const known = this.#known();
    this.#offer({
      timeNs: unixNsOf(day, cycle.ofDayNs),
      valid,
      leapSecondNow: cycle.ofDayNs >= NS_PER_DAY_NUMBER,
      fix: valid ? fixOf(known) : 'none',
      satellitesUsed: Math.max(known.count ?? 0, known.used.size),
      from,
      utcKnown: undefined,
      latDegrees: valid ? known.lat : undefined,
      lonDegrees: valid ? known.lon : undefined,
      altM: valid ? known.alt : undefined,
      firstByteNs: cycle.firstByteNs,
      arrivalNs,
    });
  }

  #place(position: { latDegrees: number | undefined; lonDegrees: number | undefined }): void {
    this.#now.lat = position.latDegrees ?? this.#now.lat;
    this.#now.lon = position.lonDegrees ?? this.#now.lon;
  }

  /** This cycle's word where it has given one, else the last one's. */
  #known(): Position {
    const now = this.#now;
    const before = this.#before;
    return {
      age: now.fix === undefined && now.count === undefined ? before.age : 0,
      fix: now.fix ?? before.fix,
      used: now.used.size > 0 || now.fix !== undefined ? now.used : before.used,
      count: now.count ?? before.count,
      lat: now.lat ?? before.lat,
      lon: now.lon ?? before.lon,
      alt: now.alt ?? before.alt,
    };
  }
}

/** Of a valid report. A GSA that still says "none" is of the cycle before the fix. */
function fixOf(known: Position): GpsFix {
  if (known.fix === 3) return '3d';
  if (known.fix === undefined && known.alt !== undefined) return '3d';
  return '2d';
}
