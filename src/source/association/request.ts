/**
 * The packets that associations send. Bytes only; authentication is appended by the authenticator.
 */
import type { Random } from '../../ports/random.js';
import { type NtpTimestamp, secondsToShort, unixNsToNtp } from '../../units/time.js';
import { encodeHeader, HEADER_LENGTH, LEAP, MODE } from '../../wire/header.js';
import { MAX_STRATUM, PHI } from '../constants.js';
import { refidToNumber } from '../refid.js';
import type { SystemVariables } from '../system.js';

/** Header and the longest MAC of a key; packets of Autokey are made by autokey-client.ts. */
export const REQUEST_ROOM = HEADER_LENGTH + 68;

/** What data minimisation puts for our precision: 32, which says nothing. */
const NO_PRECISION = 32;

/**
 * A client's request, HEADER_LENGTH bytes at the start of `bytes`: it tells nothing of us but version and poll interval.
 * The transmit time is a random number that the server gives back as the origin time: we remember when it was sent, and
 * nobody can guess it (draft-ietf-ntp-data-minimization-04 §4).
 */
export function writeClientRequest(
  bytes: Uint8Array,
  version: number,
  pollExponent: number,
  cookie: NtpTimestamp,
): number {
  return encodeHeader(
    {
      leap: LEAP.none,
      version,
      mode: MODE.client,
      stratum: 0,
      poll: pollExponent,
      precision: NO_PRECISION,
      rootDelay: 0,
      rootDispersion: 0,
      refid: 0,
      referenceTime: 0n,
      originTime: 0n,
      receiveTime: 0n,
      transmitTime: cookie,
    },
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
}

/** A random transmit time for a client's request. */
export function newOrigin(random: Random): NtpTimestamp {
  const bytes = random.bytes(8);
  const origin = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  // Zero would say "unknown" (2^-64: only a broken generator gets here).
  return origin === 0n ? 1n : origin;
}

/** The times of a symmetric packet. */
export interface SymmetricTimes {
  /** transmit time of the peer's last packet; 0n: none */
  readonly origin: NtpTimestamp;
  /** when it came; 0n: none */
  readonly receive: NtpTimestamp;
  readonly transmit: NtpTimestamp;
}

/** A symmetric or broadcast packet, or a server's answer: the system variables as a server tells them (RFC 5905 A.5.7.3). */
export function writeSymmetric(
  bytes: Uint8Array,
  mode: 1 | 2 | 4 | 5,
  version: number,
  pollExponent: number,
  system: SystemVariables,
  nowMonoNs: bigint,
  times: SymmetricTimes,
): number {
  const age = Math.max(0, Number(nowMonoNs - system.monoNs) / 1e9);
  return encodeHeader(
    {
      leap: system.leap,
      version,
      mode,
      stratum: system.stratum >= MAX_STRATUM ? 0 : system.stratum,
      poll: pollExponent,
      precision: system.precisionLog2,
      rootDelay: secondsToShort(system.rootDelaySeconds),
      rootDispersion: secondsToShort(system.rootDispersionSeconds + age * PHI),
      refid: refidToNumber(system.refid),
      referenceTime: system.referenceTimeNs === 0n ? 0n : unixNsToNtp(system.referenceTimeNs),
      originTime: times.origin,
      receiveTime: times.receive,
      transmitTime: times.transmit,
    },
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
}
