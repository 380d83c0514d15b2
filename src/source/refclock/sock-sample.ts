/**
 * A datagram of chrony's SOCK protocol, declared once: struct sock_sample of chrony's refclock_sock.c, little-endian here
 * as on every board we know.
 *
 * | field  | 64-bit time | 32-bit time | unit                                              |
 * | tv     | 0, 8 + 8    | 0, 4 + 4    | system time of the measurement, s and µs          |
 * | offset | 16, double  | 8, double   | true time minus system time, s                    |
 * | pulse  | 24, int     | 16, int     | not 0: only the fraction of the second counts     |
 * | leap   | 28, int     | 20, int     | 0 none, 1 insert, 2 delete                        |
 * | pad    | 32          | 24          |                                                   |
 * | magic  | 36, int     | 28, int     | 0x534f434b                                        |
 */
import { accept, type Decoded, reject } from '../../units/decoded.js';

const MAGIC = 0x534f434b;
const LENGTH_64 = 40;
const LENGTH_32 = 32;

export interface SockSample {
  /** kernel time (CLOCK_REALTIME) of the measurement, Unix ns */
  readonly kernelNs: bigint;
  /** true time minus kernel time */
  readonly offsetSeconds: number;
  readonly pulse: boolean;
  readonly leap: 0 | 1 | 2;
}

export function decodeSockSample(bytes: Uint8Array): Decoded<SockSample> {
  if (bytes.length !== LENGTH_64 && bytes.length !== LENGTH_32)
    return reject(bytes.length < LENGTH_32 ? 'too-short' : 'bad-length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const wide = bytes.length === LENGTH_64;
  if (view.getUint32(bytes.length - 4, true) !== MAGIC) return reject('unknown-type');
  const seconds = wide ? view.getBigInt64(0, true) : BigInt(view.getUint32(0, true));
  const micros = wide ? view.getBigInt64(8, true) : BigInt(view.getInt32(4, true));
  const at = wide ? 16 : 8;
  const offsetSeconds = view.getFloat64(at, true);
  const pulse = view.getInt32(at + 8, true) !== 0;
  const leap = view.getInt32(at + 12, true);
  if (seconds < 0n || seconds > 1n << 40n || micros < 0n || micros >= 1_000_000n) return reject('bad-field');
  if (!Number.isFinite(offsetSeconds) || Math.abs(offsetSeconds) > 1e10) return reject('bad-field');
  if (leap !== 0 && leap !== 1 && leap !== 2) return reject('bad-field');
  return accept({ kernelNs: seconds * 1_000_000_000n + micros * 1000n, offsetSeconds, pulse, leap });
}

/** The 64-bit form, for tests and tools. */
export function encodeSockSample({ kernelNs, offsetSeconds, pulse, leap }: SockSample): Uint8Array {
  const view = new DataView(new ArrayBuffer(LENGTH_64));
  view.setBigInt64(0, kernelNs / 1_000_000_000n, true);
  view.setBigInt64(8, (kernelNs % 1_000_000_000n) / 1000n, true);
  view.setFloat64(16, offsetSeconds, true);
  view.setInt32(24, pulse ? 1 : 0, true);
  view.setInt32(28, leap, true);
  view.setUint32(36, MAGIC, true);
  return new Uint8Array(view.buffer);
}
