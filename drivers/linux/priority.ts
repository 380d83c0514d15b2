/**
 * How urgent the calling thread alone is: Linux keeps a nice value and a scheduling policy for each thread, and 0 in place of
 * a process means the caller (setpriority(2), sched_setscheduler(2)). What is refused changes nothing: the thread goes on as
 * it is.
 */
import { availableParallelism } from 'node:os';
import { errno, errnoName, libc } from './libc.js';

const PRIO_PROCESS = 0;
const SCHED_RR = 2;
/** Threads that it starts are as urgent as any. */
const SCHED_RESET_ON_FORK = 0x4000_0000;

/** nice: 0..19, 19 the most patient. Undefined: done; else why not, for a log line. Never throws. */
export function lowerThreadPriority(nice: number): string | undefined {
  try {
    return libc().setpriority(PRIO_PROCESS, 0, nice) === 0 ? undefined : `setpriority: ${errnoName(errno())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The calling thread, when it wakes, goes before all that is not real-time. priority: 1..99. Takes root, CAP_SYS_NICE or
 * RLIMIT_RTPRIO. Undefined: done; else why not. A machine of one processor is left alone: there a flood of packets would
 * keep everything else from running. Never throws.
 */
export function makeThreadRealtime(priority: number): string | undefined {
  if (availableParallelism() < 2) return 'there is one processor only';
  try {
    const parameter = new Uint8Array(Int32Array.of(priority).buffer);
    return libc().schedSetscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, parameter) === 0
      ? undefined
      : `sched_setscheduler: ${errnoName(errno())}`;
  } catch (error) {
    return (error as Error).message;
  }
}
