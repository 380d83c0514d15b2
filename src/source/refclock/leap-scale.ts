/**
 * A scale of seconds without leaps, for counting edges and comparing labels across a leap second: Unix seconds plus one
 * for each second inserted since start (minus one for each deleted). Owns that sum; knows no clock.
 */
import type { ArmedLeap } from './environment.js';

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const MINUTE = 60n * SECOND;
const KEPT = 8;
/** Around a leap the served clock may be on either side of it: such seconds are not measured. */
const DOUBTFUL_SECONDS = 2n;

export class LeapScale {
  private readonly leaps: ArmedLeap[] = [];

  /** Takes note of an announcement while its leap is still to come (`labelNs`: the receiver's time now). */
  arm(leap: ArmedLeap | undefined, labelNs: bigint): void {
    if (leap === undefined || leap.atNs <= labelNs) return;
    const known = this.leaps.findIndex((other) => other.atNs === leap.atNs);
    if (known < 0) this.leaps.push(leap);
    else this.leaps[known] = leap;
    if (this.leaps.length > KEPT) this.leaps.shift();
  }

  /** The announcement was taken back; in its last minute that only means that there is no later one. */
  disarm(labelNs: bigint): void {
    for (let i = this.leaps.length - 1; i >= 0; i -= 1)
      if (this.leaps[i]!.atNs > labelNs + MINUTE) this.leaps.splice(i, 1);
  }

  /**
   * Continuous ns of a receiver's time. `leapSecondNow`: it says 23:59:60, and `timeNs` is that of 00:00:00; if nobody
   * announced that leap, the receiver has just done so.
   */
  continuous(timeNs: bigint, leapSecondNow: boolean): bigint {
    const second = (timeNs / SECOND) * SECOND;
    if (leapSecondNow && second % DAY === 0n && !this.leaps.some((leap) => leap.atNs === second))
      this.arm({ atNs: second, change: 1 }, second - 1n);
    let total = timeNs;
    for (const { atNs, change } of this.leaps)
      if (timeNs >= atNs && !(leapSecondNow && atNs === second)) total += BigInt(change) * SECOND;
    return total;
  }

  /** Unix second of a continuous one; `doubtful` next to a leap. The inserted second itself answers the one after it. */
  unix(second: bigint): { readonly second: bigint; readonly doubtful: boolean } {
    let unix = second;
    let doubtful = false;
    for (const { atNs, change } of [...this.leaps].sort((a, b) => (a.atNs < b.atNs ? -1 : 1))) {
      const at = atNs / SECOND;
      if (unix >= at - DOUBTFUL_SECONDS && unix <= at + DOUBTFUL_SECONDS + 1n) doubtful = true;
      if (change === 1 && unix > at) unix -= 1n;
      else if (change === -1 && unix >= at - 1n) unix += 1n;
    }
    return { second: unix, doubtful };
  }
}
