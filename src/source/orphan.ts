/**
 * Orphan mode: an island without any clock elects one of its hosts to keep the others together.
 * Every host computes the same metric for every address, so that all elect the same parent without talking about it.
 * Source: ntpd 4.2.8's orphan.html (`tos orphan`, `tos orphanwait`); RFC 5905 has none.
 */
import type { TosConfig } from '../config/types.js';
import { MAX_STRATUM } from './constants.js';
import { refidOfAddress, refidToNumber } from './refid.js';

/** The refid of an orphan parent: the loopback address, which is no one's to follow. */
export const ORPHAN_REFID: Uint8Array = Uint8Array.of(127, 0, 0, 1);

export const orphanEnabled = (tos: TosConfig): boolean => tos.orphan > 0 && tos.orphan < MAX_STRATUM;

/** The least metric of an island is its parent's: the address as a number (or the MD5 of an IPv6 one). */
export const orphanMetric = (address: string): number => refidToNumber(refidOfAddress(address));

/** Is a server at this stratum an orphan parent? */
export const isOrphanParent = (stratum: number, tos: TosConfig): boolean =>
  orphanEnabled(tos) && stratum === tos.orphan;

/**
 * True when the host with `theirAddress` is to be followed rather than be led by us, who are `ownAddress` to it.
 * When both are alike (our own echo) it is not.
 */
export const defersTo = (ownAddress: string, theirAddress: string): boolean =>
  orphanMetric(theirAddress) < orphanMetric(ownAddress);
