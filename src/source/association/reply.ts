/**
 * Is a packet the answer to what was sent, and does it say something usable? Pure: bytes and expectation in, verdict out.
 * Owns the packet tests (TEST1 to TEST7); the peer's fitness is flash.ts, the arithmetic exchange.ts.
 * Sources: RFC 5905 §8.2, A.5.1 (order of the tests), §7.4 (kisses are stratum 0); RFC 8633 §5.7 (a kiss, too, must carry
 * our origin time, and be authentic where that is required).
 */
import { type NtpTimestamp, ntpDifferenceSeconds, shortToSeconds } from '../../units/time.js';
import { decodeHeader, type NtpHeader } from '../../wire/header.js';
import { refidText } from '../../wire/kiss.js';
import { MAX_DISPERSION, MAX_STRATUM } from '../constants.js';
import type { Authenticator } from './authenticator.js';
import { FLASH } from './flash.js';

export interface Expectation {
  /** modes that may answer: 4; for a symmetric association 1 and 2 */
  readonly modes: readonly number[];
  /** what our request had as its transmit time; 0n: nothing is outstanding */
  readonly origin: NtpTimestamp;
  /** transmit time of the last packet taken; 0n: none */
  readonly lastTransmit: NtpTimestamp;
  readonly authenticator: Authenticator;
}

export type ReplyVerdict =
  /** not ours, not authentic or not readable: nothing in it counts. `header` when it was readable and authentic. */
  | { readonly type: 'discard'; readonly flash: number; readonly header?: NtpHeader }
  /** the server could not authenticate our request */
  | { readonly type: 'nak'; readonly flash: number }
  | { readonly type: 'kiss'; readonly code: string; readonly header: NtpHeader }
  /** ours and authentic; flash 0: its times may be used */
  | { readonly type: 'reply'; readonly flash: number; readonly header: NtpHeader };

/** A server's receive stamp may come from another clock (its network card's) than its transmit stamp. */
const STAMP_SLACK = 0.001;

/** What is seen without any key: a header of a mode that may answer, and whether its times answer ours (flash 0). */
export function openReply(
  bytes: Uint8Array,
  expected: Omit<Expectation, 'authenticator'>,
): { readonly flash: number; readonly header?: NtpHeader } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded = decodeHeader(view, bytes.length);
  if (!decoded.ok || !expected.modes.includes(decoded.value.mode)) return { flash: FLASH.header };
  return { flash: timeTests(decoded.value, expected), header: decoded.value };
}

export function checkReply(bytes: Uint8Array, expected: Expectation): ReplyVerdict {
  const { authenticator } = expected;
  // The origin first: forging it needs a look at our request, computing a MAC only a packet (RFC 5905 A.5.1).
  const { flash: time, header } = openReply(bytes, expected);
  if (header === undefined) return { type: 'discard', flash: time };
  if (time !== 0) {
    const authentic = !authenticator.required || authenticator.open(bytes) === 'ok';
    return authentic
      ? { type: 'discard', flash: time, header }
      : { type: 'discard', flash: time | FLASH.authentication };
  }
  const auth = authenticator.open(bytes);
  if (auth === 'nak') return { type: 'nak', flash: FLASH.authentication };
  // Without a key of ours a MAC answers nothing that was asked.
  if (auth !== (authenticator.required ? 'ok' : 'none'))
    return { type: 'discard', flash: FLASH.authentication };
  return judgeContent(header);
}

/** What an authentic answer says: a kiss, or times that may be used or not. */
export function judgeContent(header: NtpHeader): Extract<ReplyVerdict, { type: 'kiss' | 'reply' }> {
  if (header.stratum === 0 && header.leap === 3)
    return { type: 'kiss', code: refidText(header.refid), header };
  return { type: 'reply', flash: contentTests(header), header };
}

function timeTests(header: NtpHeader, expected: Omit<Expectation, 'authenticator'>): number {
  if (header.transmitTime === 0n) return FLASH.unsynchronised;
  if (header.transmitTime === expected.lastTransmit) return FLASH.duplicate;
  if (header.originTime === 0n) return FLASH.unsynchronised;
  if (expected.origin === 0n || header.originTime !== expected.origin) return FLASH.bogus;
  // Authentic servers say when they received it; without that there is nothing to reckon with.
  return header.receiveTime === 0n && header.stratum !== 0 ? FLASH.unsynchronised : 0;
}

/** TEST6 and TEST7 of a packet that is ours and authentic. */
export function contentTests(header: NtpHeader): number {
  let flash = 0;
  if (header.leap === 3 || header.stratum === 0 || header.stratum >= MAX_STRATUM)
    flash |= FLASH.packetStratum;
  const distance = shortToSeconds(header.rootDelay) / 2 + shortToSeconds(header.rootDispersion);
  const reference = header.referenceTime;
  if (
    distance >= MAX_DISPERSION ||
    // Some servers do not say when they were set (zero); none was set after it answered.
    (reference !== 0n && ntpDifferenceSeconds(reference, header.transmitTime) > 0) ||
    ntpDifferenceSeconds(header.receiveTime, header.transmitTime) > STAMP_SLACK
  )
    flash |= FLASH.header;
  return flash;
}
