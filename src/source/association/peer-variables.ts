/**
 * The peer variables of RFC 5905 §9.1 that come from the peer's own header. Pure; what is made of them is peer-state.ts's.
 */
import type { Leap } from '../../ports/clock.js';
import { ntpToUnixNs, shortToSeconds } from '../../units/time.js';
import type { NtpHeader } from '../../wire/header.js';
import { MAX_STRATUM } from '../constants.js';
import { refidOfText } from '../refid.js';

/** What the packets of the peer say, after the checks. */
export interface PeerVariables {
  readonly mode: number;
  readonly leap: Leap;
  /** 0 on the wire is 16 here (RFC 5905 A.5.1.1) */
  readonly stratum: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly refid: Uint8Array;
  readonly referenceTimeNs: bigint;
}

/** `kiss`: shown as its refid. */
export const nothingSaid = (kiss: string): PeerVariables => ({
  mode: 0,
  leap: 3,
  stratum: MAX_STRATUM,
  precisionLog2: 0,
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0,
  refid: refidOfText(kiss),
  referenceTimeNs: 0n,
});

/** `arrivedNs`: served time, which tells the era. */
export function peerVariablesOf(header: NtpHeader, arrivedNs: bigint): PeerVariables {
  const refid = new Uint8Array(4);
  new DataView(refid.buffer).setUint32(0, header.refid);
  return {
    mode: header.mode,
    leap: (header.leap & 3) as Leap,
    stratum: header.stratum === 0 ? MAX_STRATUM : header.stratum,
    precisionLog2: header.precision,
    rootDelaySeconds: shortToSeconds(header.rootDelay),
    rootDispersionSeconds: shortToSeconds(header.rootDispersion),
    refid,
    referenceTimeNs: header.referenceTime === 0n ? 0n : ntpToUnixNs(header.referenceTime, arrivedNs),
  };
}
