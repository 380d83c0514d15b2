/**
 * The nice value of the calling thread alone: Linux keeps one a thread, and setpriority(PRIO_PROCESS, 0) means the caller
 * (setpriority(2)). A thread may always lower itself; a service that lacks even that goes on as it is.
 */
import { errno, errnoName, libc } from './libc.js';

const PRIO_PROCESS = 0;

/** nice: 0..19, 19 the most patient. Undefined: done; else why not, for a log line. Never throws. */
export function lowerThreadPriority(nice: number): string | undefined {
  try {
    return libc().setpriority(PRIO_PROCESS, 0, nice) === 0 ? undefined : `setpriority: ${errnoName(errno())}`;
  } catch (error) {
    return (error as Error).message;
  }
}
