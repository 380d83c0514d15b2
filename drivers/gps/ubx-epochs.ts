/**
 * From UBX messages to time reports, pulse errors, leap notices, satellites and health.
 * Owns the cycle of messages with one iTOW; emits reports (one an epoch is the selector's business).
 */
import type { GpsFix, GpsHealth, GpsLeapNotice, GpsPulseError, GpsSatellite } from '../../src/ports/gps.js';
import type { Decoded } from '../../src/units/decoded.js';
import { NS_PER_SECOND } from '../../src/units/time.js';
import { daysFromCivil, gpsScaleNs, NS_PER_DAY, unixNsOf } from './calendar.js';
import type { TimeReport, TimeSource } from './epoch-selector.js';
import { GpsTime } from './gps-time.js';
import type { Stamps } from './nmea-epochs.js';
import { decodeHnrPvt, type HnrPvt } from './ubx/hnr-pvt.js';
import { UBX } from './ubx/ids.js';
import { antennaOf, decodeMonHw, jammingOf } from './ubx/mon-hw.js';
import { decodeMonRf } from './ubx/mon-rf.js';
import { decodeNavPosLlh } from './ubx/nav-posllh.js';
import * as pvt from './ubx/nav-pvt.js';
import { decodeNavSat, satellitesOfNavSat } from './ubx/nav-sat.js';
import * as sol from './ubx/nav-sol.js';
import { decodeNavStatus, spoofingCode, spoofingOf } from './ubx/nav-status.js';
import { decodeNavSvInfo, satellitesOfSvInfo } from './ubx/nav-svinfo.js';
import * as gps from './ubx/nav-timegps.js';
import * as ls from './ubx/nav-timels.js';
import * as utc from './ubx/nav-timeutc.js';
import { decodeSecSig } from './ubx/sec-sig.js';
import { decodeTimTp, pulseSecond, quantisationErrorPs } from './ubx/tim-tp.js';

export interface UbxSink {
  offer(report: TimeReport): void;
  pulseError(error: GpsPulseError): void;
  leap(notice: GpsLeapNotice): void;
  satellites(satellites: readonly GpsSatellite[]): void;
  health(change: Partial<GpsHealth>): void;
  /** Week rollover repaired; for a valid time only. */
  repair(timeNs: bigint): bigint;
  claim(firstByteNs: bigint): bigint;
}

/** What else the present cycle (or, before it has spoken, the last one) said. */
interface Solution {
  fix: GpsFix;
  satellitesUsed: number;
  lat: number | undefined;
  lon: number | undefined;
  alt: number | undefined;
}

const FIX: readonly GpsFix[] = ['none', '2d', '2d', '3d', '3d', 'time'];
const fixOf = (type: number, ok: boolean): GpsFix => (ok ? (FIX[type] ?? 'none') : 'none');

export class UbxEpochs {
  readonly #sink: UbxSink;
  readonly #time = new GpsTime();
  #iTowMs: number | undefined;
  #firstByteNs = 0n;
  /** instant of the present cycle, once it is known */
  #nowNs: bigint | undefined;
  /** satellites are counted by a solution message, so the lists need not be */
  #counted = false;
  /** a valid time has been seen */
  #trusted = false;
  #solved = false;
  readonly #solution: Solution = {
    fix: 'none',
    satellitesUsed: 0,
    lat: undefined,
    lon: undefined,
    alt: undefined,
  };

  constructor(sink: UbxSink) {
    this.#sink = sink;
  }

  /** A message that tells of fix and position has come. */
  get solved(): boolean {
    return this.#solved;
  }

  /** One message; answers whether its payload could be read. `id`: class << 8 | id. Unknown messages are nobody's fault. */
  message(id: number, payload: DataView, stamps: Stamps): boolean {
    const read = <T>(decoded: Decoded<T>, use: (value: T) => void): boolean => {
      if (decoded.ok) use(decoded.value);
      return decoded.ok;
    };
    switch (id) {
      case UBX.NAV_PVT:
        return read(pvt.decodeNavPvt(payload), (value) => {
          this.#count(value.satellitesUsed);
          this.#pvt('NAV-PVT', value, value.accuracyNs, stamps);
        });
      case UBX.HNR_PVT:
        return read(decodeHnrPvt(payload), (value) => this.#pvt('HNR-PVT', value, undefined, stamps));
      case UBX.NAV_TIMEUTC:
        return read(utc.decodeNavTimeUtc(payload), (value) => this.#timeUtc(value, stamps));
      case UBX.NAV_TIMEGPS:
        return read(gps.decodeNavTimeGps(payload), (value) => this.#timeGps(value, stamps));
      case UBX.NAV_SOL:
        return read(sol.decodeNavSol(payload), (value) => this.#sol(value, stamps));
      case UBX.NAV_TIMELS:
        return read(ls.decodeNavTimeLs(payload), (value) => {
          this.#begin(value.iTowMs, stamps);
          this.#timeLs(value);
        });
      case UBX.NAV_STATUS:
        return read(decodeNavStatus(payload), (value) => {
          this.#begin(value.iTowMs, stamps);
          this.#solved = true;
          this.#solution.fix = fixOf(value.fixType, (value.flags & 1) !== 0);
          this.#sink.health({ spoofing: spoofingOf(value) });
        });
      case UBX.NAV_POSLLH:
        return read(decodeNavPosLlh(payload), (value) => {
          this.#begin(value.iTowMs, stamps);
          this.#place(value.latE7 / 1e7, value.lonE7 / 1e7, value.heightMslMm / 1000);
        });
      case UBX.NAV_SAT:
        return read(decodeNavSat(payload), (value) => {
          this.#begin(value.iTowMs, stamps);
          this.#view(satellitesOfNavSat(value));
        });
      case UBX.NAV_SVINFO:
        return read(decodeNavSvInfo(payload), (value) => {
          this.#begin(value.iTowMs, stamps);
          this.#view(satellitesOfSvInfo(value));
        });
      case UBX.TIM_TP:
        return read(decodeTimTp(payload), (value) => {
          // Before the first valid time its week may be anything.
          const raw = this.#trusted ? pulseSecond(value, this.#time.leapSeconds) : undefined;
          const second =
            raw === undefined ? undefined : this.#sink.repair(raw * NS_PER_SECOND) / NS_PER_SECOND;
          this.#sink.pulseError({ second, quantisationErrorPs: quantisationErrorPs(value) });
        });
      case UBX.MON_HW:
        return read(decodeMonHw(payload), (value) =>
          this.#sink.health({
            antenna: antennaOf(value.antennaStatus),
            jamming: jammingOf((value.flags >> 2) & 3),
          }),
        );
      case UBX.MON_RF:
        return read(decodeMonRf(payload), (value) => {
          if (value.blocks.length === 0) return;
          // The worst of the paths; a path that does not know does not hide one that does.
          this.#sink.health({
            antenna: antennaOf(Math.max(...value.blocks.map((block) => block.antennaStatus))),
            jamming: jammingOf(Math.max(...value.blocks.map((block) => block.flags & 3))),
          });
        });
      case UBX.SEC_SIG:
        return read(decodeSecSig(payload), (value) =>
          this.#sink.health({
            jamming: jammingOf((value.jamming >> 1) & 3),
            spoofing: spoofingCode((value.spoofing >> 1) & 7),
          }),
        );
      default:
        return true;
    }
  }

  #pvt(from: TimeSource, value: pvt.NavPvt | HnrPvt, accuracyNs: number | undefined, stamps: Stamps): void {
    this.#begin(value.iTowMs, stamps);
    this.#solved = true;
    this.#solution.fix = fixOf(value.fixType, (value.flags & pvt.PVT_FIX_OK) !== 0);
    if (this.#solution.fix !== 'none')
      this.#place(value.latE7 / 1e7, value.lonE7 / 1e7, value.heightMslMm / 1000);
    const needed = pvt.PVT_VALID_DATE | pvt.PVT_VALID_TIME;
    const known = (value.valid & pvt.PVT_FULLY_RESOLVED) !== 0;
    this.#civil(from, value, (value.valid & needed) === needed, known, accuracyNs, stamps);
  }

  #timeUtc(value: utc.NavTimeUtc, stamps: Stamps): void {
    this.#begin(value.iTowMs, stamps);
    const needed = utc.TIMEUTC_VALID_TOW | utc.TIMEUTC_VALID_WEEK;
    const known = (value.valid & utc.TIMEUTC_VALID_UTC) !== 0;
    this.#civil('NAV-TIMEUTC', value, (value.valid & needed) === needed, known, value.accuracyNs, stamps);
  }

  #timeGps(value: gps.NavTimeGps, stamps: Stamps): void {
    this.#begin(value.iTowMs, stamps);
    if ((value.valid & gps.TIMEGPS_VALID_LEAP) !== 0) this.#time.leapSeconds = value.leapSeconds;
    const needed = gps.TIMEGPS_VALID_TOW | gps.TIMEGPS_VALID_WEEK;
    this.#gpsTime('NAV-TIMEGPS', value, (value.valid & needed) === needed, value.accuracyNs, stamps);
  }

  #sol(value: sol.NavSol, stamps: Stamps): void {
    this.#begin(value.iTowMs, stamps);
    this.#solved = true;
    this.#solution.fix = fixOf(value.fixType, (value.flags & sol.SOL_FIX_OK) !== 0);
    this.#count(value.satellitesUsed);
    const place = sol.ecefToDegrees(value.xCm / 100, value.yCm / 100, value.zCm / 100);
    if (place !== undefined && this.#solution.fix !== 'none')
      this.#place(place.lat, place.lon, this.#solution.alt);
    const needed = sol.SOL_WEEK_SET | sol.SOL_TOW_SET;
    this.#gpsTime('NAV-SOL', value, (value.flags & needed) === needed, undefined, stamps);
  }

  /** UTC in calendar form. */
  #civil(
    from: TimeSource,
    value: {
      year: number;
      month: number;
      day: number;
      hour: number;
      minute: number;
      second: number;
      nanoNs: number;
    },
    valid: boolean,
    utcKnown: boolean,
    accuracyNs: number | undefined,
    stamps: Stamps,
  ): void {
    const day = daysFromCivil(value.year, value.month, value.day);
    if (day === undefined || value.hour > 23 || value.minute > 59 || value.second > 60) return;
    if (Math.abs(value.nanoNs) > 1e9) return;
    const ofDayNs = (value.hour * 3600 + value.minute * 60 + value.second) * 1e9 + value.nanoNs;
    this.#report(from, unixNsOf(day, ofDayNs), value.second === 60, valid, utcKnown, accuracyNs, stamps);
  }

  /** Week and time of week. */
  #gpsTime(
    from: TimeSource,
    value: { week: number; iTowMs: number; fractionNs: number },
    valid: boolean,
    accuracyNs: number | undefined,
    stamps: Stamps,
  ): void {
    if (Math.abs(value.fractionNs) > 1e6) return;
    const raw = gpsScaleNs(value.week, value.iTowMs, value.fractionNs);
    const { timeNs, leapSecondNow } = this.#time.toUtc(valid ? this.#sink.repair(raw) : raw);
    const known = this.#time.leapSeconds !== undefined;
    this.#report(from, timeNs, leapSecondNow, valid, known, accuracyNs, stamps);
  }

  #report(
    from: TimeSource,
    timeNs: bigint,
    leapSecondNow: boolean,
    valid: boolean,
    utcKnown: boolean,
    accuracyNs: number | undefined,
    stamps: Stamps,
  ): void {
    if (valid) {
      this.#trusted = true;
      this.#nowNs = this.#sink.repair(timeNs);
    }
    const { fix, satellitesUsed, lat, lon, alt } = this.#solution;
    const placed = fix !== 'none';
    this.#sink.offer({
      timeNs,
      valid,
      leapSecondNow,
      fix,
      satellitesUsed,
      from,
      utcKnown,
      latDegrees: placed ? lat : undefined,
      lonDegrees: placed ? lon : undefined,
      altM: placed ? alt : undefined,
      leapSeconds: this.#time.leapSeconds,
      accuracyNs,
      firstByteNs: this.#firstByteNs,
      arrivalNs: stamps.lastByteNs,
    });
  }

  #timeLs(value: ls.NavTimeLs): void {
    if ((value.valid & ls.TIMELS_VALID_CURRENT) === 0) return;
    this.#time.leapSeconds = value.currentLeapSeconds;
    const eventKnown = (value.valid & ls.TIMELS_VALID_EVENT) !== 0;
    const change = value.change === 1 || value.change === -1 ? value.change : 0;
    if (!eventKnown || change === 0 || value.secondsToEvent <= 0) {
      if (value.secondsToEvent < -60 || change === 0) this.#time.planned = undefined;
      this.#sink.leap({ change: 0, atNs: undefined, leapSeconds: value.currentLeapSeconds });
      return;
    }
    const atNs = this.#eventMidnight(value);
    if (atNs !== undefined) this.#time.planned = { change, atNs, before: value.currentLeapSeconds };
    this.#sink.leap({ change, atNs, leapSeconds: value.currentLeapSeconds });
  }

  /** Leap seconds fall at the end of a UTC day: the midnight nearest to the instant that is told, or that ends the day told. */
  #eventMidnight(value: ls.NavTimeLs): bigint | undefined {
    if (this.#nowNs !== undefined) {
      const about = this.#nowNs + BigInt(value.secondsToEvent) * NS_PER_SECOND;
      return ((about + NS_PER_DAY / 2n) / NS_PER_DAY) * NS_PER_DAY;
    }
    if (value.eventWeek === 0 || value.eventDay < 1 || value.eventDay > 7) return undefined;
    return this.#sink.repair(gpsScaleNs(value.eventWeek, value.eventDay * 86_400_000, 0));
  }

  #view(satellites: readonly GpsSatellite[]): void {
    if (!this.#counted)
      this.#solution.satellitesUsed = satellites.filter((satellite) => satellite.used).length;
    this.#sink.satellites(satellites);
  }

  #count(satellitesUsed: number): void {
    this.#solution.satellitesUsed = satellitesUsed;
    this.#counted = true;
  }

  #place(lat: number, lon: number, alt: number | undefined): void {
    this.#solution.lat = lat;
    this.#solution.lon = lon;
    this.#solution.alt = alt;
  }

  #begin(iTowMs: number, stamps: Stamps): void {
    if (this.#iTowMs === iTowMs) return;
    this.#iTowMs = iTowMs;
    this.#nowNs = undefined;
    this.#firstByteNs = this.#sink.claim(stamps.firstByteNs);
  }
}
