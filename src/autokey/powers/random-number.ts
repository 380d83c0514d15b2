/**
 * Random numbers of a range, without bias: whole bytes, surplus bits cut, rejected when outside.
 * A modulo would favour small values, and a few biased bits of many nonces reveal a Schnorr key (IFF's k).
 */
import { NoonmarkError } from '../../errors.js';
import type { Random } from '../../ports/random.js';
import { bitLength, toFixedBytes, toInteger } from './integers.js';

/** Each draw fits with a chance of more than 1/2: a generator that misses this often is broken. */
const MAX_DRAWS = 256;

const broken = (): NoonmarkError =>
  new NoonmarkError(
    'ERR_KEYS',
    `the random generator gave ${MAX_DRAWS} unusable numbers in a row`,
    'report this: randomness of this machine cannot be trusted',
  );

/**
 * Writes a uniform number of [low, high] to `out`, big-endian and full length, comparing bytes so that the secret never
 * becomes a bigint. `out` is as long as `high` needs or longer; `accept` may refuse a draw (coprimality).
 */
export function drawBytes(
  random: Random,
  low: bigint,
  high: bigint,
  out: Uint8Array,
  accept: (drawn: Uint8Array) => boolean = () => true,
): void {
  const bits = bitLength(high);
  const length = Math.ceil(bits / 8);
  const lowest = toFixedBytes(low, length);
  const highest = toFixedBytes(high, length);
  const mask = 0xff >> (8 * length - bits);
  const drawn = out.subarray(out.length - length);
  out.fill(0);
  for (let i = 0; i < MAX_DRAWS; i += 1) {
    const bytes = random.bytes(length);
    drawn.set(bytes);
    bytes.fill(0);
    drawn[0] = (drawn[0] ?? 0) & mask;
    if (Buffer.compare(drawn, lowest) >= 0 && Buffer.compare(drawn, highest) <= 0 && accept(out)) return;
  }
  out.fill(0);
  throw broken();
}

/** A uniform number of [low, high]; for values that are not secret for long (challenges, tests, key generation). */
export function drawInteger(
  random: Random,
  low: bigint,
  high: bigint,
  accept: (drawn: bigint) => boolean = () => true,
): bigint {
  const bytes = new Uint8Array(Math.ceil(bitLength(high) / 8));
  drawBytes(random, low, high, bytes, (drawn) => accept(toInteger(drawn)));
  const value = toInteger(bytes);
  bytes.fill(0);
  return value;
}
