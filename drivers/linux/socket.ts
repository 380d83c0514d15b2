/**
 * What all sockets share: opening, options, bound address, closing, in scratch memory of this thread.
 * Owns no policy; errors are NoonmarkError ERR_SYSCALL unless the caller says otherwise.
 */
import type { SocketHandle } from '../../src/ports/packet-batch.js';
import { abi, SO, SOCK, SOL } from './abi.js';
import { type IpAddress, readSockaddr } from './addresses.js';
import { Arena } from './arena.js';
import { errno, libc, syscallError } from './libc.js';

const SOCKADDR_ROOM = 128;
const OPTION_ROOM = 64;

function makeScratch() {
  const arena = new Arena(SOCKADDR_ROOM + OPTION_ROOM + 16);
  return {
    address: arena.take(SOCKADDR_ROOM, 16),
    option: arena.take(OPTION_ROOM, 16),
    length: arena.take(4, 4),
  };
}
let scratch: ReturnType<typeof makeScratch> | undefined;

/** Scratch memory of this thread for one call: a sockaddr, an option's value, a length. */
export function socketScratch(): ReturnType<typeof makeScratch> {
  scratch ??= makeScratch();
  return scratch;
}

/** A non-blocking socket that is closed on exec. */
export function openSocket(family: number, type: number, what: string): SocketHandle {
  const fd = libc().socket(family, type | SOCK.nonblock | SOCK.cloexec, 0);
  if (fd < 0) throw syscallError(what, 'socket', errno(), 'see `ulimit -n` if there are too many open files');
  return fd;
}

export const closeSocket = (socket: SocketHandle): void => {
  libc().close(socket);
};

/** Sets an option that is an int; answers 0 or errno. */
export function setIntOption(socket: SocketHandle, level: number, name: number, value: number): number {
  const { option } = socketScratch();
  option.view.setInt32(0, value, true);
  return libc().setsockopt(socket, level, name, option.bytes, 4) < 0 ? errno() : 0;
}

/** Sets an option that is a struct, written by `fill` into zeroed memory; answers 0 or errno. */
export function setStructOption(
  socket: SocketHandle,
  level: number,
  name: number,
  length: number,
  fill: (view: DataView) => void,
): number {
  const { option } = socketScratch();
  option.bytes.fill(0);
  fill(option.view);
  return libc().setsockopt(socket, level, name, option.bytes, length) < 0 ? errno() : 0;
}

/** An int option's value; undefined when it cannot be read. */
export function intOption(socket: SocketHandle, level: number, name: number): number | undefined {
  const { option, length } = socketScratch();
  length.view.setUint32(0, 4, true);
  if (libc().getsockopt(socket, level, name, option.bytes, length.bytes) < 0) return undefined;
  return option.view.getInt32(0, true);
}

/** Takes the pending error (SO_ERROR), which clears it; 0: none. */
export const takeSocketError = (socket: SocketHandle): number => intOption(socket, SOL.socket, SO.error) ?? 0;

/** Like setIntOption, but throws. */
export function requireIntOption(
  socket: SocketHandle,
  level: number,
  name: number,
  value: number,
  what: string,
): void {
  const number = setIntOption(socket, level, name, value);
  if (number !== 0) throw syscallError(what, 'setsockopt', number, 'this kernel may lack the option');
}

/** The address a socket is bound to. */
export function boundAddress(socket: SocketHandle): { readonly address: IpAddress; readonly port: number } {
  const { address, length } = socketScratch();
  length.view.setUint32(0, abi().struct.sockaddrIn6.size, true);
  const result = libc().getsockname(socket, address.bytes, length.bytes);
  const found = result < 0 ? undefined : readSockaddr(address.view);
  if (found === undefined) {
    throw syscallError('the address of a socket cannot be read', 'getsockname', errno(), 'report this');
  }
  return found;
}
