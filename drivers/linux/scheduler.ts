/**
 * The real Scheduler: setTimeout on the monotonic clock. Never early (node's timers may be, by up to a millisecond),
 * and good for delays beyond setTimeout's 24.8 days. Timers keep the process alive until they are cancelled.
 */
import type { Scheduler, Timer } from '../../src/ports/scheduler.js';

/** A day at a time, so that setTimeout's 2^31 ms are never reached. */
const LONGEST_MS = 86_400_000;

export const realScheduler: Scheduler = {
  /** CLOCK_MONOTONIC, as LinuxClock.monotonic() reads it (libuv's hrtime is that clock). */
  monotonic: () => process.hrtime.bigint(),

  after(seconds: number, action: () => void): Timer {
    const delayNs = BigInt(Math.ceil(Math.max(0, seconds) * 1e9));
    const dueNs = process.hrtime.bigint() + delayNs;
    let handle: NodeJS.Timeout;
    const arm = (remainingNs: bigint) => {
      handle = setTimeout(check, Math.min(LONGEST_MS, Math.ceil(Number(remainingNs) / 1e6)));
    };
    const check = () => {
      const remainingNs = dueNs - process.hrtime.bigint();
      if (remainingNs > 0n) arm(remainingNs);
      else action();
    };
    arm(delayNs);
    return { cancel: () => clearTimeout(handle) };
  },
};
