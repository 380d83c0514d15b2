/**
 * The GPS decoder: bytes in, events out (src/ports/gps.ts). Puts together scanner, sentences, messages and selector;
 * holds no clock and no I/O, and never throws on any input.
 */
import type {
  GpsCounters,
  GpsDecoder,
  GpsEpoch,
  GpsEvent,
  GpsHealth,
  GpsSatellite,
} from '../../src/ports/gps.js';
import type { Log } from '../../src/ports/log.js';
import type { Decoded } from '../../src/units/decoded.js';
import { Bursts } from './bursts.js';
import { isoTime } from './calendar.js';
import { EpochSelector, type TimeReport } from './epoch-selector.js';
import { antennaOfTxt, Identity } from './identity.js';
import { decodeGga } from './nmea/gga.js';
import { decodeGll } from './nmea/gll.js';
import { decodeGsa } from './nmea/gsa.js';
import { decodeGsv } from './nmea/gsv.js';
import { decodeRmc } from './nmea/rmc.js';
import { parseSentence } from './nmea/sentence.js';
import { decodeTxt } from './nmea/txt.js';
import { decodeZda } from './nmea/zda.js';
import { NmeaEpochs, type Stamps } from './nmea-epochs.js';
import { rolloverWeeks, weeksToNs } from './rollover.js';
import { FrameScanner, type FrameSink } from './scanner.js';
import { UBX } from './ubx/ids.js';
import { decodeMonVer } from './ubx/mon-ver.js';
import { decodeSecUniqId } from './ubx/sec-uniqid.js';
import { UbxEpochs } from './ubx-epochs.js';

export interface GpsDecoderOptions {
  /** Unix ns: no valid time is earlier than this by more than a year (rollover.ts). 0: never repair. */
  readonly floorNs: bigint;
  /** what times are taken from; the other protocol's frames are still framed and counted */
  readonly protocol: 'auto' | 'nmea' | 'ubx';
  readonly log?: Log | undefined;
}

/** The decoder, and an end for streams that have one. */
export interface GpsStreamDecoder extends GpsDecoder {
  /** The stream is over: what was held back for a better message is told now. */
  end(): readonly GpsEvent[];
}

const TIMED = new Set(['RMC', 'ZDA', 'GGA', 'GLL']);
const MAX_TIMECODE = 120;
/** The position of a cycle stands for the next one. */
const SAME_POSITION_NS = 1_500_000_000n;

export function createGpsDecoder(options: GpsDecoderOptions): GpsStreamDecoder {
  return new Decoder(options);
}

class Decoder implements GpsStreamDecoder, FrameSink {
  readonly counters = { sentences: 0, frames: 0, badChecksums: 0, discardedBytes: 0 } satisfies GpsCounters;
  timecode = '';
  readonly #options: GpsDecoderOptions;
  #events: GpsEvent[] = [];
  readonly #scanner = new FrameScanner(this);
  readonly #bursts = new Bursts();
  readonly #selector = new EpochSelector((epoch) => this.#epoch(epoch));
  readonly #nmea: NmeaEpochs;
  readonly #ubx: UbxEpochs;
  readonly #identity = new Identity();
  #health: GpsHealth = { antenna: 'unknown', jamming: 'unknown', spoofing: 'unknown' };
  #rolloverWeeks = 0;
  #lastSentence: TimeReport | undefined;

  constructor(options: GpsDecoderOptions) {
    this.#options = options;
    const offer = (report: TimeReport) => this.#offer(report);
    const satellites = (list: readonly GpsSatellite[]) => {
      this.#events.push({ type: 'satellites', satellites: list });
    };
    const claim = (firstByteNs: bigint) => this.#bursts.claim(firstByteNs);
    this.#nmea = new NmeaEpochs(offer, satellites, claim);
    this.#ubx = new UbxEpochs({
      offer,
      satellites,
      claim,
      pulseError: (pulseError) => this.#events.push({ type: 'pulse-error', pulseError }),
      leap: (leap) => this.#events.push({ type: 'leap', leap }),
      health: (change) => this.#changeHealth(change),
      repair: (timeNs) => this.#repair(timeNs),
    });
  }

  feed(chunk: Uint8Array, arrivalNs: bigint): readonly GpsEvent[] {
    this.#scanner.push(chunk, arrivalNs);
    return this.#take();
  }

  end(): readonly GpsEvent[] {
    this.#scanner.end();
    this.#nmea.finish();
    this.#selector.finish();
    return this.#take();
  }

  sentence(bytes: Uint8Array, checked: boolean, firstByteNs: bigint, lastByteNs: bigint): void {
    this.counters.sentences += 1;
    this.#bursts.bytes(firstByteNs, lastByteNs);
    if (!checked || this.#options.protocol === 'ubx') return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const sentence = parseSentence(text);
    if (sentence === undefined) return;
    const { talker, type, fields } = sentence;
    if (talker === 'P') {
      if (this.#identity.proprietary(sentence)) this.#identified();
      return;
    }
    if (TIMED.has(type)) this.timecode = text.slice(0, MAX_TIMECODE);
    this.#decode(talker, type, fields, { firstByteNs, lastByteNs });
  }

  #decode(talker: string, type: string, fields: readonly string[], stamps: Stamps): void {
    const nmea = this.#nmea;
    if (type === 'RMC') this.#read(decodeRmc(fields), (value) => nmea.rmc(value, stamps));
    else if (type === 'ZDA') this.#read(decodeZda(fields), (value) => nmea.zda(value, stamps));
    else if (type === 'GGA') this.#read(decodeGga(fields), (value) => nmea.gga(value, stamps));
    else if (type === 'GLL') this.#read(decodeGll(fields), (value) => nmea.gll(value, stamps));
    else if (type === 'GSA') this.#read(decodeGsa(talker, fields), (value) => nmea.gsa(value));
    else if (type === 'GSV') this.#read(decodeGsv(talker, fields), (value) => nmea.gsv(value));
    else if (type === 'TXT') this.#read(decodeTxt(fields), (value) => this.#txt(value.text));
  }

  ubx(bytes: Uint8Array, firstByteNs: bigint, lastByteNs: bigint): void {
    this.counters.frames += 1;
    this.#bursts.bytes(firstByteNs, lastByteNs);
    if (this.#options.protocol === 'nmea') return;
    const id = ((bytes[2] as number) << 8) | (bytes[3] as number);
    const payload = new DataView(bytes.buffer, bytes.byteOffset + 6, bytes.length - 8);
    const stamps: Stamps = { firstByteNs, lastByteNs };
    if (this.#identity.spokeUbx()) this.#identified();
    if (id === UBX.MON_VER)
      this.#read(decodeMonVer(payload), (value) => this.#identity.monVer(value) && this.#identified());
    else if (id === UBX.SEC_UNIQID)
      this.#read(
        decodeSecUniqId(payload),
        (value) => this.#identity.uniqueId(value.id) && this.#identified(),
      );
    else this.#ubx.message(id, payload, stamps);
  }

  discarded(bytes: Uint8Array, firstByteNs: bigint, lastByteNs: bigint): void {
    this.counters.discardedBytes += bytes.length;
    // A damaged message began the burst all the same.
    this.#bursts.bytes(firstByteNs, lastByteNs);
  }

  badChecksum(): void {
    this.counters.badChecksums += 1;
  }

  #read<T>(decoded: Decoded<T>, use: (value: T) => void): void {
    if (decoded.ok) use(decoded.value);
  }

  #txt(line: string): void {
    if (this.#identity.txt(line)) this.#identified();
    const antenna = antennaOfTxt(line);
    if (antenna !== undefined) this.#changeHealth({ antenna });
  }

  #offer(told: TimeReport): void {
    const report = told.from.startsWith('NAV') ? this.#withPosition(told) : told;
    if (report.from.startsWith('NAV'))
      this.timecode = `${report.from} ${isoTime(report.timeNs, 9)} ${report.valid ? 'valid' : 'invalid'} ${report.fix}`;
    else this.#lastSentence = report;
    const timeNs = report.valid ? this.#repair(report.timeNs) : report.timeNs;
    this.#selector.offer(timeNs === report.timeNs ? report : { ...report, timeNs });
  }

  /** A receiver may be set to give its time in UBX and its position in NMEA only. */
  #withPosition(report: TimeReport): TimeReport {
    const position = this.#lastSentence;
    if (this.#ubx.solved || position === undefined) return report;
    const apart = report.timeNs - position.timeNs;
    if (apart > SAME_POSITION_NS || apart < -SAME_POSITION_NS) return report;
    const { fix, satellitesUsed, latDegrees, lonDegrees, altM } = position;
    return { ...report, fix, satellitesUsed, latDegrees, lonDegrees, altM };
  }

  #epoch(epoch: GpsEpoch): void {
    this.#events.push({ type: 'epoch', epoch });
  }

  #repair(timeNs: bigint): bigint {
    const weeks = rolloverWeeks(timeNs, this.#options.floorNs);
    if (weeks === 0) return timeNs;
    const repaired = timeNs + weeksToNs(weeks);
    if (weeks !== this.#rolloverWeeks) {
      this.#rolloverWeeks = weeks;
      const text = `the receiver says ${isoTime(timeNs)}, which is before ${isoTime(this.#options.floorNs)}: its week counter has rolled over; ${weeks} weeks are added (${isoTime(repaired)})`;
      this.#events.push({ type: 'rollover', weeks, text });
      this.#options.log?.write('warning', 'gps-week-rollover', text);
    }
    return repaired;
  }

  #changeHealth(change: Partial<GpsHealth>): void {
    const health = { ...this.#health, ...change };
    const same = (Object.keys(health) as (keyof GpsHealth)[]).every(
      (key) => health[key] === this.#health[key],
    );
    if (same) return;
    this.#health = health;
    this.#events.push({ type: 'health', health });
  }

  #identified(): void {
    this.#events.push({ type: 'identity', identity: this.#identity.current });
  }

  #take(): readonly GpsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
