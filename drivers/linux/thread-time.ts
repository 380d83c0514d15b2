/**
 * Processor time of the calling thread (CLOCK_THREAD_CPUTIME_ID): what work cost, not how long it had to wait meanwhile.
 */
import { CLOCK } from './abi.js';
import { TimespecReader } from './clock.js';

/** A clock of the thread that calls this and of no other: seconds of processor time since the thread began. */
export function threadTime(): () => number {
  const reader = new TimespecReader(CLOCK.threadTime);
  return () => {
    reader.read();
    return reader.seconds + reader.nanoseconds / 1e9;
  };
}
