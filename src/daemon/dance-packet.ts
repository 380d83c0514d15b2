/**
 * The packet around a field of a dance: a client's request taken apart, and the server's answer put together as far as main
 * can. The responder adds transmit time and MAC when it leaves.
 * Source: RFC 5905 A.5.3 (fast_xmit); autokey-reference.md §5.
 */
import { isSessionKeyId } from '../autokey/session-key.js';
import { MAX_STRATUM, PHI } from '../source/constants.js';
import { refidToNumber } from '../source/refid.js';
import type { SystemVariables } from '../source/system.js';
import { secondsToShort, unixNsToNtp } from '../units/time.js';
import {
  AT,
  encodeHeader,
  HEADER_LENGTH,
  LEAP,
  MODE,
  modeOf,
  pollOf,
  STRATUM_UNSYNCHRONISED,
  versionOf,
} from '../wire/header.js';
import { newTail, scanTail } from '../wire/mac-trailer.js';

export interface DancePacket {
  readonly keyId: number;
  /** the first field; further ones are passed over, as the reference has it */
  readonly field: Uint8Array;
  readonly originTime: bigint;
}

/** Undefined: no client's packet with a field and a session key. The responder has checked its MAC. */
export function openDancePacket(bytes: Uint8Array): DancePacket | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = newTail();
  if (scanTail(view, bytes.length, tail) !== undefined || modeOf(view) !== MODE.client) return undefined;
  if (tail.fieldCount === 0 || !isSessionKeyId(tail.keyId)) return undefined;
  const length = view.getUint16(HEADER_LENGTH + 2);
  return {
    keyId: tail.keyId,
    field: bytes.slice(HEADER_LENGTH, HEADER_LENGTH + length),
    originTime: view.getBigUint64(AT.originTime),
  };
}

/** Header and field of the answer. `receivedNs`, `nowNs`: served time, Unix ns; `monoNs`: monotonic. */
export function buildDanceAnswer(
  request: Uint8Array,
  field: Uint8Array,
  system: SystemVariables,
  { receivedNs, monoNs }: { readonly receivedNs: bigint; readonly monoNs: bigint },
): Uint8Array {
  const asked = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const bytes = new Uint8Array(HEADER_LENGTH + field.length);
  const isUnset = system.leap === LEAP.unsynchronised || system.stratum >= MAX_STRATUM;
  const age = Math.max(0, Number(monoNs - system.monoNs) / 1e9);
  encodeHeader(
    {
      leap: isUnset ? LEAP.unsynchronised : system.leap,
      version: versionOf(asked),
      mode: MODE.server,
      // 0 would be a kiss of death.
      stratum: isUnset ? STRATUM_UNSYNCHRONISED : system.stratum,
      poll: pollOf(asked),
      precision: system.precisionLog2,
      rootDelay: secondsToShort(system.rootDelaySeconds),
      rootDispersion: secondsToShort(system.rootDispersionSeconds + age * PHI),
      refid: refidToNumber(system.refid),
      referenceTime: system.referenceTimeNs === 0n ? 0n : unixNsToNtp(system.referenceTimeNs),
      originTime: asked.getBigUint64(AT.transmitTime),
      receiveTime: unixNsToNtp(receivedNs),
      transmitTime: 0n,
    },
    new DataView(bytes.buffer),
  );
  bytes.set(field, HEADER_LENGTH);
  return bytes;
}
