/**
 * Comparing stamps: NTP seconds in 32 bits, which begin anew on 2036-02-07, so earlier and later mean within 68 years.
 * 0 is no time: of a timestamp it says unsigned, of a filestamp unknown.
 * Source: RFC 5906 §8 and appendix A.
 */

/** a - b in seconds, -2^31 .. 2^31-1. */
export const stampDifference = (a: number, b: number): number => (a - b) | 0;

/** Was stamp a before stamp b? */
export const isBefore = (a: number, b: number): boolean => stampDifference(a, b) < 0;

/** The seconds since 1900 (not cut to 32 bits) that a stamp means, seen from `near`, seconds since 1900 as well. */
export const secondsNear = (stamp: number, near: number): number => near + ((stamp - near) | 0);
