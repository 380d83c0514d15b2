/**
 * struct shmTime of NTP's shared memory protocol (driver 28), declared once.
 *
 * | field                | type     | 64-bit time_t | 32-bit time_t |
 * | mode                 | int      | 0             | 0             |
 * | count                | int      | 4             | 4             |
 * | clockTimeStampSec    | time_t   | 8             | 8             |
 * | clockTimeStampUSec   | int      | 16            | 12            |
 * | receiveTimeStampSec  | time_t   | 24            | 16            |
 * | receiveTimeStampUSec | int      | 32            | 20            |
 * | leap                 | int      | 36            | 24            |
 * | precision            | int      | 40            | 28            |
 * | nsamples             | int      | 44            | 32            |
 * | valid                | int      | 48            | 36            |
 * | clockTimeStampNSec   | unsigned | 52            | 40            |
 * | receiveTimeStampNSec | unsigned | 56            | 44            |
 *
 * Mode 0: valid values are used and `valid` cleared. Mode 1: only if `count` is the same before and after reading.
 * Nanoseconds are used where they agree with the microseconds (old writers leave them 0).
 * Source: ntpd's and ntpsec's documentation of driver 28.
 */
import type { SharedSegment } from '../../ports/shared-segment.js';
import { accept, type Decoded, reject } from '../../units/decoded.js';

const LAYOUT = {
  64: {
    clockSec: 8,
    clockUsec: 16,
    receiveSec: 24,
    receiveUsec: 32,
    leap: 36,
    precision: 40,
    valid: 48,
    clockNsec: 52,
    receiveNsec: 56,
  },
  32: {
    clockSec: 8,
    clockUsec: 12,
    receiveSec: 16,
    receiveUsec: 20,
    leap: 24,
    precision: 28,
    valid: 36,
    clockNsec: 40,
    receiveNsec: 44,
  },
} as const;
const MODE = 0;
const COUNT = 4;
const SECOND = 1_000_000_000n;

export interface ShmSample {
  /** true time according to the writer, Unix ns */
  readonly clockNs: bigint;
  /** kernel time (CLOCK_REALTIME) at that moment */
  readonly receiveNs: bigint;
  readonly leap: number;
  /** log2 s */
  readonly precision: number;
}

/** Takes the sample waiting and clears `valid`. Undefined: none is waiting; a failure: torn or senseless values. */
export function takeShmSample(segment: SharedSegment): Decoded<ShmSample> | undefined {
  const at = LAYOUT[segment.timeBits];
  if (segment.readInt32(at.valid) === 0) return undefined;
  const mode = segment.readInt32(MODE);
  const before = segment.readInt32(COUNT);
  const seconds = (offset: number) =>
    segment.timeBits === 64 ? segment.readInt64(offset) : BigInt(segment.readInt32(offset));
  const clock = stamp(seconds(at.clockSec), segment.readInt32(at.clockUsec), segment.readInt32(at.clockNsec));
  const receive = stamp(
    seconds(at.receiveSec),
    segment.readInt32(at.receiveUsec),
    segment.readInt32(at.receiveNsec),
  );
  const leap = segment.readInt32(at.leap);
  const precision = segment.readInt32(at.precision);
  const torn = mode === 1 && segment.readInt32(COUNT) !== before;
  segment.writeInt32(at.valid, 0);
  if (torn) return reject('bad-checksum');
  if (mode !== 0 && mode !== 1) return reject('bad-mode');
  if (clock === undefined || receive === undefined || leap < 0 || leap > 3) return reject('bad-field');
  return accept({ clockNs: clock, receiveNs: receive, leap, precision });
}

function stamp(seconds: bigint, micros: number, nanos: number): bigint | undefined {
  if (micros < 0 || micros > 999_999 || seconds < 0n || seconds > 1n << 40n) return undefined;
  const fine = nanos >= 0 && nanos < 1e9 && Math.floor(nanos / 1000) === micros;
  return seconds * SECOND + BigInt(fine ? nanos : micros * 1000);
}
