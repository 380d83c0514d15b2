/**
 * When each byte of a capture was sent: a capture holds no times of arrival, but its messages tell the times they speak
 * of. Owns that reckoning; sends nothing. Pure.
 *
 * The capture is cut where a new epoch begins; each piece starts that much later than the first as its time says, and
 * runs at the speed of the line. A gap in the capture is waited for, up to a limit; time set back costs one second.
 */
import { timeField } from '../gps/nmea/fields.js';
import { parseSentence } from '../gps/nmea/sentence.js';
import { FrameScanner } from '../gps/scanner.js';

export interface ReplayStep {
  /** seconds after the first byte of the capture */
  readonly atSeconds: number;
  readonly bytes: Uint8Array;
}

export interface ReplayPlanOptions {
  /** bits a second; ten bits a byte */
  readonly baud?: number | undefined;
  /** longest silence between two epochs, s */
  readonly longestGapSeconds?: number | undefined;
  /** bytes a step, as a UART's interrupts deliver them */
  readonly stepBytes?: number | undefined;
}

const TIME_FIELD: Readonly<Record<string, number>> = { RMC: 0, ZDA: 0, GGA: 0, GLL: 4 };
const DAY = 86_400;
const WEEK = 7 * DAY;
const UBX_NAV = 0x01;

interface Mark {
  readonly at: number;
  readonly protocol: 'nmea' | 'ubx';
  /** seconds of the day (NMEA) or week (UBX) */
  readonly seconds: number;
}

export function planReplay(capture: Uint8Array, options: ReplayPlanOptions = {}): readonly ReplayStep[] {
  const { baud = 9600, longestGapSeconds = 5, stepBytes = 16 } = options;
  const steps: ReplayStep[] = [];
  const secondsPerByte = 10 / baud;
  let from = 0;
  let start = 0;
  let free = 0;
  const send = (to: number) => {
    let at = Math.max(start, free);
    for (; from < to; from += stepBytes) {
      const bytes = capture.slice(from, Math.min(to, from + stepBytes));
      // A step is delivered when its last byte is in.
      at += bytes.length * secondsPerByte;
      steps.push({ atSeconds: at, bytes });
    }
    from = to;
    free = at;
  };
  let last: Mark | undefined;
  for (const mark of epochMarks(capture)) {
    if (last !== undefined) {
      const length = mark.protocol === 'ubx' ? WEEK : DAY;
      const ahead = (mark.seconds - last.seconds + length) % length;
      send(mark.at);
      start += ahead > length / 2 ? 1 : Math.min(ahead, longestGapSeconds);
    }
    last = mark;
  }
  send(capture.length);
  return steps;
}

/** Where epochs begin, by the protocol that tells more of them. */
function epochMarks(capture: Uint8Array): readonly Mark[] {
  const marks: Mark[] = [];
  let at = 0;
  const mark = (protocol: Mark['protocol'], seconds: number) => {
    const before = marks.findLast((one) => one.protocol === protocol);
    if (before?.seconds !== seconds) marks.push({ at, protocol, seconds });
  };
  const scanner = new FrameScanner({
    sentence(bytes, checked, position) {
      at = Number(position);
      const sentence = checked ? parseSentence(Buffer.from(bytes).toString('latin1')) : undefined;
      const index = sentence === undefined ? undefined : TIME_FIELD[sentence.type];
      const time = index === undefined ? undefined : timeField(sentence?.fields[index]);
      if (typeof time === 'number') mark('nmea', time / 1e9);
    },
    ubx(bytes, position) {
      at = Number(position);
      if (bytes[2] !== UBX_NAV || bytes.length < 12) return;
      mark('ubx', new DataView(bytes.buffer, bytes.byteOffset + 6, 4).getUint32(0, true) / 1000);
    },
    discarded() {},
    badChecksum() {},
  });
  // One byte at a time, its position for a stamp: the scanner then tells where each frame began.
  for (let i = 0; i < capture.length; i += 1) scanner.push(capture.subarray(i, i + 1), BigInt(i));
  const count = (protocol: Mark['protocol']) => marks.filter((one) => one.protocol === protocol).length;
  const metronome = count('ubx') > count('nmea') ? 'ubx' : 'nmea';
  return marks.filter((one) => one.protocol === metronome);
}
