/**
 * Eventfds: how another thread wakes one that sits in poll(). The descriptor is the process's, so its number is all
 * that the threads share.
 */
import { EFD } from './abi.js';
import { Arena } from './arena.js';
import { errno, libc, syscallError } from './libc.js';

let word: Uint8Array | undefined;

function scratchWord(): Uint8Array {
  word ??= new Arena(8).take(8).bytes;
  return word;
}

/** A new eventfd, non-blocking, closed on exec. */
export function openEventfd(): number {
  const fd = libc().eventfd(0, EFD.nonblock | EFD.cloexec);
  if (fd < 0) throw syscallError('no eventfd can be made', 'eventfd', errno(), 'see `ulimit -n`');
  return fd;
}

/** Makes it readable; any number of signals before it is drained are one. From any thread. */
export function signalEventfd(fd: number): void {
  const bytes = scratchWord();
  bytes.fill(0);
  bytes[0] = 1;
  libc().write(fd, bytes, 8);
}

/** Takes the signals; answers whether there were any. */
export const drainEventfd = (fd: number): boolean => libc().read(fd, scratchWord(), 8) === 8;

export const closeEventfd = (fd: number): void => {
  libc().close(fd);
};
