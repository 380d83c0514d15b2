/**
 * The one place where koffi is loaded and libc's functions are bound (design rule 3). Every pointer argument is a
 * Uint8Array, passed as its address without a copy (measured: 0.06 us a call; an object costs 20 us).
 * Owns loading, binding and errno; knows nothing of what the calls are for.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { type ErrorCode, NoonmarkError } from '../../src/errors.js';
import { type Abi, abi } from './abi.js';

type Koffi = typeof import('koffi');

/** Results are libc's: -1 (or less than asked) and errno() on failure. */
export interface Libc {
  clockGettime(clock: number, timespec: Uint8Array): number;
  clockAdjtime(clock: number, timex: Uint8Array): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array): number;
  socketpair(family: number, type: number, protocol: number, pair: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number;
  recvmsg(fd: number, header: Uint8Array, flags: number): number;
  recvmmsg(fd: number, vector: Uint8Array, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, vector: Uint8Array, count: number, flags: number): number;
  poll(fds: Uint8Array, count: number, milliseconds: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, bytes: Uint8Array, length: number): number;
  write(fd: number, bytes: Uint8Array, length: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  ifNametoindex(name: string): number;
  shmget(key: number, size: number, flags: number): number;
  /** the address, or 2^64-1 (2^32-1) on failure */
  shmat(id: number, address: null, flags: number): bigint | null;
  shmdt(address: bigint): number;
  shmctl(id: number, command: number, buffer: null): number;
  /** who 0 with PRIO_PROCESS: the calling thread (setpriority(2), C library/kernel differences) */
  setpriority(which: number, who: number, nice: number): number;
  /** pid 0: the calling thread; the parameter is struct sched_param, one int (sched_setscheduler(2)) */
  schedSetscheduler(pid: number, policy: number, parameter: Uint8Array): number;
}

/** name here -> C prototype with the symbol left out; a name in abi.symbols is replaced by the one that exists. */
const PROTOTYPES: Readonly<Record<keyof Libc, readonly [symbol: string, result: string, ...string[]]>> = {
  clockGettime: ['clock_gettime', 'int', 'int', 'void *'],
  clockAdjtime: ['clock_adjtime', 'int', 'int', 'void *'],
  socket: ['socket', 'int', 'int', 'int', 'int'],
  bind: ['bind', 'int', 'int', 'void *', 'uint32_t'],
  connect: ['connect', 'int', 'int', 'void *', 'uint32_t'],
  getsockname: ['getsockname', 'int', 'int', 'void *', 'void *'],
  setsockopt: ['setsockopt', 'int', 'int', 'int', 'int', 'void *', 'uint32_t'],
  getsockopt: ['getsockopt', 'int', 'int', 'int', 'int', 'void *', 'void *'],
  socketpair: ['socketpair', 'int', 'int', 'int', 'int', 'void *'],
  send: ['send', 'intptr_t', 'int', 'void *', 'size_t', 'int'],
  recv: ['recv', 'intptr_t', 'int', 'void *', 'size_t', 'int'],
  sendto: ['sendto', 'intptr_t', 'int', 'void *', 'size_t', 'int', 'void *', 'uint32_t'],
  recvmsg: ['recvmsg', 'intptr_t', 'int', 'void *', 'int'],
  recvmmsg: ['recvmmsg', 'int', 'int', 'void *', 'unsigned int', 'int', 'void *'],
  sendmmsg: ['sendmmsg', 'int', 'int', 'void *', 'unsigned int', 'int'],
  poll: ['poll', 'int', 'void *', 'unsigned long', 'int'],
  eventfd: ['eventfd', 'int', 'unsigned int', 'int'],
  read: ['read', 'intptr_t', 'int', 'void *', 'size_t'],
  write: ['write', 'intptr_t', 'int', 'void *', 'size_t'],
  close: ['close', 'int', 'int'],
  ioctl: ['ioctl', 'int', 'int', 'unsigned long', 'void *'],
  ifNametoindex: ['if_nametoindex', 'unsigned int', 'str'],
  shmget: ['shmget', 'int', 'int', 'size_t', 'int'],
  shmat: ['shmat', 'void *', 'int', 'void *', 'int'],
  shmdt: ['shmdt', 'int', 'void *'],
  shmctl: ['shmctl', 'int', 'int', 'int', 'void *'],
  setpriority: ['setpriority', 'int', 'int', 'uint32_t', 'int'],
  schedSetscheduler: ['sched_setscheduler', 'int', 'int', 'int', 'void *'],
};

/** Loads koffi; throws ERR_UNSUPPORTED when it has no binary for this platform or is not installed. */
export function loadKoffi(load: () => Koffi = () => createRequire(import.meta.url)('koffi') as Koffi): Koffi {
  try {
    return load();
  } catch (cause) {
    throw new NoonmarkError(
      'ERR_UNSUPPORTED',
      `koffi, the way into libc, does not load on ${process.platform} ${process.arch}: ${(cause as Error).message.split('\n')[0]}`,
      'run `npm ci` on this machine (node_modules of another machine lack its binary); 64-bit ARM, 32-bit ARM (v7) and x64 Linux have one',
      { cause },
    );
  }
}

function bindAll(koffi: Koffi, model: Abi): Libc {
  const library = koffi.load(null);
  const bound: Record<string, unknown> = {};
  for (const [name, [symbol, result, ...parameters]] of Object.entries(PROTOTYPES)) {
    const names: readonly string[] =
      symbol in model.symbols ? model.symbols[symbol as keyof Abi['symbols']] : [symbol];
    for (const candidate of names) {
      try {
        bound[name] ??= library.func(candidate, result, parameters);
      } catch {
        // The next name, if there is one; none: the check below says so.
      }
    }
    if (bound[name] === undefined) {
      throw new NoonmarkError(
        'ERR_UNSUPPORTED',
        `the C library lacks ${names.join(' and ')}`,
        'on 32-bit ARM glibc 2.34 or newer is needed (Debian 12, Raspberry Pi OS 12)',
      );
    }
  }
  return bound as Record<keyof Libc, unknown> as Libc;
}

interface Loaded {
  readonly koffi: Koffi;
  readonly libc: Libc;
}
let loaded: Loaded | undefined;

function loadOnce(): Loaded {
  if (loaded === undefined) {
    if (process.platform !== 'linux') {
      throw new NoonmarkError(
        'ERR_UNSUPPORTED',
        `noonmark talks to the Linux kernel, and this is ${process.platform}`,
        'run it on Linux',
      );
    }
    const koffi = loadKoffi();
    loaded = { koffi, libc: bindAll(koffi, abi()) };
  }
  return loaded;
}

/** libc's functions, bound at the first call in each thread. */
export const libc = (): Libc => loadOnce().libc;

/** errno of the last call of this thread; to be read right after it. */
export const errno = (): number => loadOnce().koffi.errno();

/** Address of the first byte of an array; it does not keep the array alive (see arena.ts). */
export const addressOf = (bytes: Uint8Array): bigint => loadOnce().koffi.address(bytes);

/** The memory at an address that libc gave, as an ArrayBuffer; valid until it is given back to libc. */
export const memoryAt = (address: bigint, length: number): ArrayBuffer =>
  loadOnce().koffi.view(address, length);

export const ERRNO = constants.errno;

/** "EPERM" for 1; "errno 4711" for what node does not know. */
export const errnoName = (number: number): string =>
  getSystemErrorMap().get(-number)?.[0] ?? `errno ${number}`;

const errnoText = (number: number): string => getSystemErrorMap().get(-number)?.[1] ?? 'unknown error';

/** An error that names the call, what it was for, and errno; `code` and `remedy` by whoever knows the situation. */
export function syscallError(
  what: string,
  call: string,
  number: number,
  remedy: string,
  code: ErrorCode = 'ERR_SYSCALL',
): NoonmarkError {
  return new NoonmarkError(code, `${what}: ${call}: ${errnoName(number)} (${errnoText(number)})`, remedy);
}
