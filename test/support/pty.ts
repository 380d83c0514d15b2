/**
 * A pseudo-terminal for tests: the slave is a serial port to whoever opens it, the test holds the master.
 * Through /dev/ptmx and two ioctls (tty_ioctl(4), pty(7)); no native module.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;

const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, void *argument)');

export interface Pty {
  /** /dev/pts/N */
  readonly path: string;
  /** To the reader of the slave. */
  write(bytes: Uint8Array): void;
  /** What was written to the slave since the last call. */
  read(): Uint8Array;
  /** Hangs up: the reader of the slave loses its line. */
  close(): void;
}

export function openPty(): Pty {
  const fd = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const number = Buffer.alloc(4);
  if (ioctl(fd, TIOCSPTLCK, number) !== 0 || ioctl(fd, TIOCGPTN, number) !== 0) {
    closeSync(fd);
    throw new Error('this system gives no pseudo-terminal');
  }
  return {
    path: `/dev/pts/${number.readInt32LE()}`,
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    },
    read() {
      const buffer = Buffer.alloc(4096);
      try {
        return buffer.subarray(0, readSync(fd, buffer));
      } catch {
        return buffer.subarray(0, 0);
      }
    },
    close: () => closeSync(fd),
  };
}
