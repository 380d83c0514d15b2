/** A Scheduler whose time a test moves. */
import type { Scheduler, Timer } from '../../../src/ports/scheduler.js';

export interface ManualScheduler extends Scheduler {
  /** Moves time forward, running what falls due, in order. */
  advance(seconds: number): void;
  readonly waiting: () => number;
}

export function manualScheduler(): ManualScheduler {
  let nowNs = 0n;
  let jobs: { dueNs: bigint; action: () => void }[] = [];
  return {
    monotonic: () => nowNs,
    waiting: () => jobs.length,
    after(seconds, action): Timer {
      const job = { dueNs: nowNs + BigInt(Math.ceil(Math.max(0, seconds) * 1e9)), action };
      jobs.push(job);
      return {
        cancel() {
          jobs = jobs.filter((one) => one !== job);
        },
      };
    },
    advance(seconds) {
      const endNs = nowNs + BigInt(Math.round(seconds * 1e9));
      for (;;) {
        const next = jobs.filter((job) => job.dueNs <= endNs).sort((a, b) => Number(a.dueNs - b.dueNs))[0];
        if (next === undefined) break;
        jobs = jobs.filter((job) => job !== next);
        nowNs = next.dueNs > nowNs ? next.dueNs : nowNs;
        next.action();
      }
      nowNs = endNs;
    },
  };
}
