/**
 * A captured receiver as a source of bursts: which frames it sent for which second, and, for NMEA, what it would have
 * sent for any other second. The frames of a capture keep their order, length and content; when a recording is shorter
 * than a test, its bursts come again in turn with time, date and checksum rewritten, nothing else (restamp()).
 * Bursts of a u-blox are never rewritten: beyond its recording it is silent.
 */
import { FrameScanner } from '../../drivers/gps/scanner.js';

/** One second's messages, as recorded. */
export interface Burst {
  /** Unix second, as the receiver said it */
  readonly second: number;
  readonly frames: readonly Uint8Array[];
}

export interface Recording {
  readonly bursts: readonly Burst[];
  /** Unix second of the first burst */
  readonly first: number;
  /** Whole recorded seconds from `first` on without a gap. */
  readonly seconds: number;
  /** What the receiver sends for `second`: as recorded, or a recorded burst restamped; nothing of a u-blox beyond its end. */
  bytes(second: number): Uint8Array;
}

const UBX_NAV = 0x01;
const UBX_TIM = 0x0d;
const TIM_TP = 0x01;
const NAV_TIMEGPS = 0x20;
const NAV_TIMEUTC = 0x21;
const NAV_PVT = 0x07;
const GPS_EPOCH = Date.UTC(1980, 0, 6) / 1000;
const WEEK = 604_800;
/** Where NMEA sentences carry the time of day. */
const TIME_FIELD: Readonly<Record<string, number>> = {
  RMC: 1,
  GGA: 1,
  ZDA: 1,
  GNS: 1,
  GST: 1,
  GRS: 1,
  GLL: 5,
};

const fieldsOf = (frame: Uint8Array): string[] =>
  Buffer.from(frame).toString('latin1').split('*')[0]?.split(',') ?? [];
const isUbx = (frame: Uint8Array): boolean => frame[0] === 0xb5;
const typeOf = (fields: readonly string[]): string => (fields[0] ?? '').slice(3);

/** Frames, grouped by what begins a new second: the time of day (NMEA), the time of week (UBX), or a TIM-TP before it. */
export function readRecording(capture: Uint8Array): Recording {
  const bursts: { second: number; frames: Uint8Array[] }[] = [];
  let frames: Uint8Array[] = [];
  let mark: string | undefined;
  let leading: Uint8Array[] = [];
  const close = () => {
    const second = secondOf(frames);
    if (second !== undefined) bursts.push({ second, frames });
    frames = leading;
    leading = [];
  };
  const add = (frame: Uint8Array, at: string | undefined) => {
    if (at !== undefined && at !== mark) {
      if (mark !== undefined) close();
      else frames = [...leading];
      leading = [];
      mark = at;
    }
    frames.push(...leading, frame);
    leading = [];
  };
  const scanner = new FrameScanner({
    sentence(bytes, checked) {
      const fields = fieldsOf(bytes);
      const field = TIME_FIELD[typeOf(fields)];
      const line = Buffer.concat([bytes, Buffer.from('\r\n')]);
      if (checked) add(line, field === undefined ? undefined : fields[field]);
    },
    ubx(bytes) {
      const frame = bytes.slice();
      const view = new DataView(frame.buffer);
      const [classId, id] = [frame[2], frame[3]];
      // The announcement of the next pulse is the first message behind a pulse.
      if (classId === UBX_TIM && id === TIM_TP) leading.push(frame);
      else add(frame, classId === UBX_NAV && frame.length > 12 ? `${view.getUint32(6, true)}` : undefined);
    },
    discarded() {},
    badChecksum() {},
  });
  scanner.push(capture, 0n);
  scanner.end();
  close();
  return recordingOf(bursts);
}

function recordingOf(bursts: readonly Burst[]): Recording {
  const first = bursts[0]?.second;
  if (first === undefined) throw new Error('this capture tells no time');
  let seconds = 0;
  while (bursts[seconds]?.second === first + seconds) seconds += 1;
  const whole = bursts.slice(0, seconds);
  // A capture begins and ends anywhere: its first and last bursts may be cut.
  const pattern = whole.length > 2 ? whole.slice(1, -1) : whole;
  return {
    bursts,
    first,
    seconds,
    bytes(second) {
      const recorded = whole[second - first];
      if (recorded !== undefined) return Buffer.concat(recorded.frames);
      const turn = (((second - first) % pattern.length) + pattern.length) % pattern.length;
      const burst = pattern[turn];
      if (burst === undefined || burst.frames.some(isUbx)) return new Uint8Array(0);
      return Buffer.concat(burst.frames.map((frame) => restamp(frame, second)));
    },
  };
}

/** The Unix second that a burst's dated message tells. */
function secondOf(frames: readonly Uint8Array[]): number | undefined {
  for (const frame of frames) {
    if (!isUbx(frame)) {
      const fields = fieldsOf(frame);
      if (typeOf(fields) !== 'RMC') continue;
      const [, hours, minutes, seconds] = /^(\d\d)(\d\d)(\d\d)/.exec(fields[1] ?? '') ?? [];
      const [, day, month, year] = /^(\d\d)(\d\d)(\d\d)$/.exec(fields[9] ?? '') ?? [];
      const date = Date.UTC(2000 + Number(year), Number(month) - 1, Number(day));
      const second = date / 1000 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
      if (Number.isFinite(second)) return second;
    } else if (frame[2] === UBX_NAV && (frame[3] === NAV_TIMEUTC || frame[3] === NAV_PVT)) {
      const at = 6 + (frame[3] === NAV_TIMEUTC ? 12 : 4);
      const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
      const [month, day, hours, minutes, seconds] = [2, 3, 4, 5, 6].map((n) => view.getUint8(at + n));
      const date = Date.UTC(view.getUint16(at, true), (month ?? 0) - 1, day);
      return date / 1000 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
    } else if (frame[2] === UBX_NAV && frame[3] === NAV_TIMEGPS) {
      const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
      const ofWeek = Math.round(view.getUint32(6, true) / 1000);
      return GPS_EPOCH + view.getInt16(14, true) * WEEK + ofWeek - view.getInt8(16);
    }
  }
  return undefined;
}

/** The same NMEA sentence for another second: time, date and checksum are rewritten, the length stays. */
export function restamp(frame: Uint8Array, second: number): Uint8Array {
  const fields = fieldsOf(frame);
  const type = typeOf(fields);
  const field = TIME_FIELD[type];
  if (field === undefined) return frame;
  const [date, time] = new Date(second * 1000).toISOString().split(/[TZ]/);
  const [year = '', month = '', day = ''] = (date ?? '').split('-');
  const fraction = (fields[field] ?? '').slice(6);
  fields[field] = `${(time ?? '').slice(0, 8).replaceAll(':', '')}${fraction}`;
  if (type === 'RMC') fields[9] = `${day}${month}${year.slice(2)}`;
  if (type === 'ZDA') fields.splice(2, 3, day, month, year);
  const body = fields.join(',').slice(1);
  const sum = [...Buffer.from(body, 'latin1')].reduce((xor, byte) => xor ^ byte, 0);
  return Buffer.from(`$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`, 'latin1');
}
