/**
 * The flash bits: thirteen tests of packets and peers, in ntpd's numbering, as ntpq prints them.
 * Source: RFC 5905 §8.2, A.5.1.1, A.5.5.3 (the tests); ntpd 4.2.8's decode.html (bits).
 */
import type { TosConfig } from '../../config/types.js';
import type { Leap } from '../../ports/clock.js';
import { MAX_STRATUM, PHI } from '../constants.js';
import { isOrphanParent, orphanEnabled } from '../orphan.js';
import { refidToNumber } from '../refid.js';
import type { Unfit } from '../types.js';

export const FLASH = {
  /** TEST1: the transmit time is that of the last packet */
  duplicate: 0x0001,
  /** TEST2: the origin time is not what we sent */
  bogus: 0x0002,
  /** TEST3: origin or transmit time is zero */
  unsynchronised: 0x0004,
  /** TEST4: access denied */
  denied: 0x0008,
  /** TEST5: not authentic */
  authentication: 0x0010,
  /** TEST6: leap or stratum of the packet says that it is not synchronised */
  packetStratum: 0x0020,
  /** TEST7: delay, dispersion or reference time of the packet cannot be */
  header: 0x0040,
  /** TEST8, TEST9: Autokey */
  autokey: 0x0080,
  crypto: 0x0100,
  /** TEST10: leap or stratum of the peer */
  peerStratum: 0x0200,
  /** TEST11: root distance */
  distance: 0x0400,
  /** TEST12: it follows us, or the same source as we */
  loop: 0x0800,
  /** TEST13: no answer in eight polls, or noselect */
  unreachable: 0x1000,
} as const;

const PEER_TESTS = FLASH.peerStratum | FLASH.distance | FLASH.loop | FLASH.unreachable;

/** Packet bits of `flash` with the peer bits of `peer`. */
export const withPeerTests = (flash: number, peer: number): number => (flash & ~PEER_TESTS) | peer;

export interface PeerFacts {
  readonly leap: Leap;
  readonly stratum: number;
  readonly refid: Uint8Array;
  readonly reach: number;
  readonly noselect: boolean;
  readonly rootDistanceSeconds: number;
  readonly pollSeconds: number;
  /** refids of our own addresses, above all of the one this peer knows us by */
  readonly ownRefids: readonly Uint8Array[];
  /** whom we follow now; undefined: nobody, or this very peer */
  readonly systemRefid: Uint8Array | undefined;
}

/** TEST10 to TEST13. */
export function peerTests(peer: PeerFacts, tos: TosConfig): number {
  let flash = 0;
  const orphan = isOrphanParent(peer.stratum, tos);
  const beyondOrphans = orphanEnabled(tos) && peer.stratum > tos.orphan;
  if (
    peer.leap === 3 ||
    peer.stratum >= MAX_STRATUM ||
    beyondOrphans ||
    (!orphan && (peer.stratum < tos.floor || peer.stratum >= tos.ceiling))
  )
    flash |= FLASH.peerStratum;
  if (peer.rootDistanceSeconds >= tos.maxdist + PHI * peer.pollSeconds) flash |= FLASH.distance;
  if (peer.stratum > 1 && !orphan && isLoop(peer, tos)) flash |= FLASH.loop;
  if (peer.reach === 0 || peer.noselect) flash |= FLASH.unreachable;
  return flash;
}

/**
 * RFC 5905 A.5.5.3: it follows us, or the server that we follow, in which case it has nothing of its own to say. The
 * second is allowed within a cohort (`tos cohort 1`).
 */
function isLoop(peer: PeerFacts, tos: TosConfig): boolean {
  const refid = refidToNumber(peer.refid);
  if (peer.ownRefids.some((own) => refidToNumber(own) === refid)) return true;
  return !tos.cohort && peer.systemRefid !== undefined && refidToNumber(peer.systemRefid) === refid;
}

/** What the peer bits mean for selection, gravest first. */
export function unfitOf(peerFlash: number, noselect: boolean): Unfit | undefined {
  if (noselect) return 'noselect';
  if (peerFlash & FLASH.unreachable) return 'unreachable';
  if (peerFlash & FLASH.peerStratum) return 'stratum';
  if (peerFlash & FLASH.loop) return 'loop';
  if (peerFlash & FLASH.distance) return 'distance';
  return undefined;
}
