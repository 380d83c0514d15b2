/**
 * The lines of ntpd's statistics files, character for character, so that its tools (ntpviz, summary scripts, plots) read
 * them. Text only: what is written where and when is writer.ts's.
 * Source: ntpd 4.2.8p15 ntp_util.c and its monopt.html; the format strings of its binary.
 */
import { refidCharacters } from '../../control/format.js';
import { NS_PER_SECOND, type NtpTimestamp } from '../../units/time.js';
import type { Counters } from '../view.js';

/** Modified Julian Day of 1970-01-01. */
const MJD_1970 = 40_587n;
const MS_PER_DAY = 86_400_000n;

/** "60637 18000.500": Modified Julian Day and seconds past midnight UTC, to the nearest ms. */
export function dayAndSecond(nowNs: bigint): string {
  const ms = floorDivide(nowNs + 500_000n, 1_000_000n);
  const day = floorDivide(ms, MS_PER_DAY);
  const within = ms - day * MS_PER_DAY;
  return `${day + MJD_1970} ${within / 1000n}.${(within % 1000n).toString().padStart(3, '0')}`;
}

const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

const fixed = (value: number, digits: number): string => {
  const text = (Number.isFinite(value) ? value : 0).toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
};

/** A line stays a line, and its columns columns. */
const column = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?') || '-';

export interface LoopRecord {
  readonly offsetSeconds: number;
  /** fractional */
  readonly frequency: number;
  readonly jitterSeconds: number;
  /** fractional */
  readonly wander: number;
  readonly pollLog2: number;
}

/** loopstats: offset s, frequency ppm, jitter s, wander ppm, time constant. */
export const loopLine = (nowNs: bigint, loop: LoopRecord): string =>
  `${dayAndSecond(nowNs)} ${fixed(loop.offsetSeconds, 9)} ${fixed(loop.frequency * 1e6, 3)} ` +
  `${fixed(loop.jitterSeconds, 9)} ${fixed(loop.wander * 1e6, 6)} ${Math.trunc(loop.pollLog2)}\n`;

export interface PeerRecord {
  readonly address: string;
  /** RFC 9327 peer status word */
  readonly status: number;
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  readonly dispersionSeconds: number;
  readonly jitterSeconds: number;
}

/** peerstats: address, status word in hex, offset, delay, dispersion, jitter, all s. */
export const peerLine = (nowNs: bigint, peer: PeerRecord): string =>
  `${dayAndSecond(nowNs)} ${column(peer.address)} ${(peer.status & 0xffff).toString(16)} ` +
  `${fixed(peer.offsetSeconds, 9)} ${fixed(peer.delaySeconds, 9)} ` +
  `${fixed(peer.dispersionSeconds, 9)} ${fixed(peer.jitterSeconds, 9)}\n`;

/** clockstats: the clock's address and the last timecode it sent. */
export const clockLine = (nowNs: bigint, address: string, timecode: string): string =>
  `${dayAndSecond(nowNs)} ${column(address)} ${timecode.slice(0, 255).replace(/[^\x20-\x7e]/g, '?')}\n`;

/** cryptostats: the other side's address, 0.0.0.0 for what is about this host, and the reference's words. */
export const cryptoLine = (nowNs: bigint, address: string | undefined, text: string): string =>
  `${dayAndSecond(nowNs)} ${column(address ?? '0.0.0.0')} ${text.slice(0, 255).replace(/[^\x20-\x7e]/g, '?')}\n`;

export interface RawRecord {
  readonly address: string;
  readonly localAddress: string;
  readonly originTime: NtpTimestamp;
  readonly receiveTime: NtpTimestamp;
  readonly transmitTime: NtpTimestamp;
  readonly destinationTime: NtpTimestamp;
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  readonly stratum: number;
  readonly pollLog2: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  /** 4 bytes as on the wire */
  readonly refid: Uint8Array;
}

/** rawstats: both addresses, the four timestamps as seconds since 1900, then the header's fields. */
export const rawLine = (nowNs: bigint, raw: RawRecord): string =>
  `${dayAndSecond(nowNs)} ${column(raw.address)} ${column(raw.localAddress)} ` +
  `${ntpSeconds(raw.originTime)} ${ntpSeconds(raw.receiveTime)} ` +
  `${ntpSeconds(raw.transmitTime)} ${ntpSeconds(raw.destinationTime)} ` +
  `${raw.leap} ${raw.version} ${raw.mode} ${raw.stratum} ${raw.pollLog2} ${raw.precisionLog2} ` +
  `${fixed(raw.rootDelaySeconds, 6)} ${fixed(raw.rootDispersionSeconds, 6)} ${refidOf(raw)}\n`;

/** A name between dots for a stratum below 2, else an address. */
const refidOf = ({ refid, stratum }: RawRecord): string =>
  stratum > 1 ? [...refid.subarray(0, 4)].join('.') : `.${refidCharacters(refid)}.`;

/** Nine decimals, rounded. */
function ntpSeconds(timestamp: NtpTimestamp): string {
  const ns = (BigInt.asUintN(64, timestamp) * NS_PER_SECOND + (1n << 31n)) >> 32n;
  return `${ns / NS_PER_SECOND}.${(ns % NS_PER_SECOND).toString().padStart(9, '0')}`;
}

/** sysstats: seconds that the counts span, then what was counted in them. */
export function sysLine(nowNs: bigint, seconds: number, counts: Counters): string {
  const columns = [
    seconds,
    counts.received,
    counts.processed,
    counts.thisVersion,
    counts.oldVersion,
    counts.restricted,
    counts.badFormat,
    counts.badAuthentication,
    counts.declined,
    counts.rateLimited,
    counts.kodSent,
  ];
  return `${dayAndSecond(nowNs)} ${columns.map((value) => fixed(Math.max(0, Math.floor(value)), 0)).join(' ')}\n`;
}
