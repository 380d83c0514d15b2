/**
 * Four timestamps to offset, delay and dispersion, while the clock may be moved between them. Pure.
 * Source: RFC 5905 §8 and A.5.1.1; differences are taken in 64 bits, so that eras do not matter.
 */
import {
  type NtpTimestamp,
  nsDifferenceSeconds,
  ntpDifferenceSeconds,
  unixNsToNtp,
} from '../../units/time.js';
import { PHI } from '../constants.js';

/** A moment as our clocks have it. */
export interface Moment {
  /** served time, Unix ns */
  readonly servedNs: bigint;
  readonly monoNs: bigint;
  /** Phase.movedSeconds() */
  readonly movedSeconds: number;
}

export interface FourTimes {
  /** T1, ours */
  readonly sent: Moment;
  /** T2 and T3, the server's */
  readonly receive: NtpTimestamp;
  readonly transmit: NtpTimestamp;
  /** T4, ours */
  readonly arrived: Moment;
  /** log2 s, the server's and ours */
  readonly serverPrecision: number;
  readonly ownPrecision: number;
}

export interface Measured {
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  readonly dispersionSeconds: number;
}

/** A server may count the time it held the packet by a clock a little faster than ours. */
const NEGATIVE_DELAY = 0.001;

/** Undefined: the times contradict each other (a round trip below zero). Offset as it reads at `arrived`. */
export function measure(times: FourTimes): Measured | undefined {
  const { sent, arrived, receive, transmit } = times;
  const moved = arrived.movedSeconds - sent.movedSeconds;
  // T1 as the clock would have shown it had it been moved before.
  const there = ntpDifferenceSeconds(receive, unixNsToNtp(sent.servedNs)) - moved;
  const back = ntpDifferenceSeconds(transmit, unixNsToNtp(arrived.servedNs));
  const elapsed = nsDifferenceSeconds(arrived.servedNs, sent.servedNs) - moved;
  const delay = elapsed - ntpDifferenceSeconds(transmit, receive);
  if (!(delay > -NEGATIVE_DELAY)) return undefined;
  const ownPrecision = 2 ** times.ownPrecision;
  return {
    offsetSeconds: (there + back) / 2,
    delaySeconds: Math.max(delay, ownPrecision),
    dispersionSeconds: 2 ** times.serverPrecision + ownPrecision + PHI * Math.max(0, elapsed),
  };
}

/** What the clock may be found moved by between two looks and still be taken as moving evenly: a slew, not a step. */
const EVEN_MOVEMENT = 0.001;

/**
 * The moment of an arrival that the kernel stamped some time between two looks. Undefined: the clock was stepped
 * meanwhile, and nobody can say whether before or after the arrival; or the stamp is not between request and now.
 */
export function momentOfArrival(arrivalServedNs: bigint, last: Moment, now: Moment): Moment | undefined {
  const moved = now.movedSeconds - last.movedSeconds;
  if (!(Math.abs(moved) <= EVEN_MOVEMENT)) return undefined;
  const sinceArrival = now.servedNs - arrivalServedNs;
  const monoNs = now.monoNs - sinceArrival;
  const span = Number(now.monoNs - last.monoNs);
  const share = span <= 0 ? 1 : Math.min(1, Math.max(0, Number(monoNs - last.monoNs) / span));
  return { servedNs: arrivalServedNs, monoNs, movedSeconds: last.movedSeconds + share * moved };
}

/**
 * Does the served clock agree with the monotonic one about how long the exchange took? If not, somebody stepped the
 * clock without our knowing.
 */
export function isUndisturbed(sent: Moment, arrived: Moment, nowMonoNs: bigint): boolean {
  const served =
    nsDifferenceSeconds(arrived.servedNs, sent.servedNs) - (arrived.movedSeconds - sent.movedSeconds);
  const longest = Number(nowMonoNs - sent.monoNs) / 1e9;
  return served > -NEGATIVE_DELAY && served < longest * 1.01 + NEGATIVE_DELAY;
}
