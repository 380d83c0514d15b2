/**
 * Character devices that are spoken to by ioctl: a small interface, so that PPS and GPIO drivers can be tried on a
 * scripted one, and its implementation over libc.
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { NoonmarkError } from '../../src/errors.js';
import { abi, POLL } from './abi.js';
import { Arena, type Region } from './arena.js';
import { errno, libc } from './libc.js';

export interface DeviceCalls {
  /** Opens for reading and writing (reading alone if that is all that is allowed); throws ERR_DEVICE or ERR_PERMISSION. */
  open(path: string): number;
  /** The result, 0 or more, or -errno. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** Is there something to read? Does not wait. */
  readable(fd: number): boolean;
  /** Bytes read, or -errno. */
  read(fd: number, into: Uint8Array): number;
  close(fd: number): void;
}

/** An error about a device file, with the remedy that fits errno. */
export function deviceError(path: string, code: string | undefined, missing: string): NoonmarkError {
  if (code === 'EACCES' || code === 'EPERM') {
    return new NoonmarkError(
      'ERR_PERMISSION',
      `${path} may not be opened (${code})`,
      "let noonmarkd's user read and write it: see systemd/ for the udev rule and the groups (dialout, gpio, i2c)",
    );
  }
  return new NoonmarkError('ERR_DEVICE', `${path} cannot be opened (${code ?? 'unknown error'})`, missing);
}

class LibcDevices implements DeviceCalls {
  #poll: Region | undefined;

  open(path: string): number {
    try {
      return openSync(path, constants.O_RDWR);
    } catch (first) {
      if ((first as NodeJS.ErrnoException).code !== 'EACCES') throw this.#error(path, first);
    }
    try {
      return openSync(path, constants.O_RDONLY);
    } catch (second) {
      throw this.#error(path, second);
    }
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    const result = libc().ioctl(fd, request, argument);
    return result < 0 ? -errno() : result;
  }

  readable(fd: number): boolean {
    const { pollfd } = abi().struct;
    this.#poll ??= new Arena(pollfd.size).take(pollfd.size);
    this.#poll.view.setInt32(pollfd.at.fd, fd, true);
    this.#poll.view.setInt16(pollfd.at.events, POLL.in, true);
    this.#poll.view.setInt16(pollfd.at.revents, 0, true);
    return libc().poll(this.#poll.bytes, 1, 0) > 0;
  }

  read(fd: number, into: Uint8Array): number {
    const result = libc().read(fd, into, into.length);
    return result < 0 ? -errno() : result;
  }

  close(fd: number): void {
    closeSync(fd);
  }

  #error(path: string, cause: unknown): NoonmarkError {
    return deviceError(path, (cause as NodeJS.ErrnoException).code, 'is it there? see `ls -l /dev`');
  }
}

export const libcDevices = (): DeviceCalls => new LibcDevices();

/** The text of a small file (sysfs, proc), trimmed; undefined when it cannot be read. */
export function readSmallFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
