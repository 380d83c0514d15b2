/**
 * The numbers of the protocol that several files of this room share.
 * Source: RFC 5905 §7.2, §10 and appendix A.1.1; where ntpd 4.2.8 differs, its value, and why.
 */

/** Frequency tolerance, s/s: how fast the error of an unattended reading grows. */
export const PHI = 15e-6;
/** Dispersion of what is not known, s. */
export const MAX_DISPERSION = 16;
/** Stratum of the unsynchronised. */
export const MAX_STRATUM = 16;
/** Stages of the clock filter. */
export const FILTER_STAGES = 8;
/** A new offset this many jitters away from the last is taken for a spike. */
export const SPIKE_GATE = 3;
/** Samples older than this no longer tell about the path as it is now, s (the Allan intercept, 2^11). */
export const ALLAN_INTERCEPT = 2048;
/** Polls without an answer after which the interval grows. */
export const UNREACH_LIMIT = 12;
/** Packets in a burst, and seconds between them. */
export const BURST_PACKETS = 8;
export const BURST_SPACING = 2;
/** Poll exponents a packet may carry; the least we send at (ntpd NTP_MINPOLL 3) and the greatest. */
export const MIN_POLL = 3;
export const MAX_POLL = 17;
