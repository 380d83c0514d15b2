/**
 * Unix-domain sockets that node lacks: datagrams received at a path (chrony's SOCK refclock protocol, which gpsd
 * speaks), and a connected SOCK_SEQPACKET. Paths that begin with "@" are in the abstract namespace.
 * Source: unix(7).
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { NoonmarkError } from '../../src/errors.js';
import { AF, abi, MSG, POLL, SOCK } from './abi.js';
import { Arena, type Region } from './arena.js';
import { ERRNO, errno, errnoName, libc, syscallError } from './libc.js';
import { closeSocket, openSocket } from './socket.js';

const LONGEST_DATAGRAM = 65_536;

/** Writes a sockaddr_un; answers its length. Throws ERR_ADDRESS when the path is too long for the kernel (107 bytes). */
export function writeUnixAddress(view: DataView, path: string): number {
  const { sockaddrUn } = abi().struct;
  const name = new TextEncoder().encode(path);
  if (name.length === 0 || name.length >= sockaddrUn.size - sockaddrUn.at.path) {
    throw new NoonmarkError(
      'ERR_ADDRESS',
      `a socket path of ${name.length} bytes is not possible: "${path}"`,
      'use a path of 1 to 107 bytes',
    );
  }
  view.setUint16(sockaddrUn.at.family, AF.unix, true);
  for (const [i, byte] of name.entries()) view.setUint8(sockaddrUn.at.path + i, byte);
  if (!path.startsWith('@')) {
    view.setUint8(sockaddrUn.at.path + name.length, 0);
    return sockaddrUn.at.path + name.length + 1;
  }
  view.setUint8(sockaddrUn.at.path, 0);
  return sockaddrUn.at.path + name.length;
}

const addressOf = (path: string): { readonly bytes: Uint8Array; readonly length: number } => {
  const bytes = new Uint8Array(abi().struct.sockaddrUn.size);
  return { bytes, length: writeUnixAddress(new DataView(bytes.buffer), path) };
};

const isSocket = (path: string): boolean => {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
};

/** Datagrams sent to a path. */
export interface UnixReceiver {
  readonly path: string;
  /** Next datagram waiting, or undefined; never blocks. The array is the receiver's to keep. */
  receive(): Uint8Array | undefined;
  /** Closes it and removes the path. */
  close(): void;
}

/**
 * Binds a datagram socket. A socket left at that path by a former run is replaced, another file never.
 * `mode`: access rights of the path, default 0600. Throws ERR_DEVICE or ERR_PERMISSION.
 */
export function bindUnixDatagram(path: string, mode = 0o600): UnixReceiver {
  const inFolder = !path.startsWith('@');
  const address = addressOf(path);
  const fd = openSocket(AF.unix, SOCK.dgram, `no socket for ${path}`);
  if (inFolder && isSocket(path)) unlinkSync(path);
  if (libc().bind(fd, address.bytes, address.length) < 0) {
    const number = errno();
    closeSocket(fd);
    throw bindError(path, number);
  }
  if (inFolder) chmodSync(path, mode);
  const buffer = new Arena(LONGEST_DATAGRAM).take(LONGEST_DATAGRAM).bytes;
  let open = true;
  return {
    path,
    receive() {
      if (!open) return undefined;
      const length = libc().recv(fd, buffer, buffer.length, MSG.dontwait);
      return length < 0 ? undefined : buffer.slice(0, length);
    },
    close() {
      if (!open) return;
      open = false;
      closeSocket(fd);
      if (inFolder && isSocket(path)) unlinkSync(path);
    },
  };
}

function bindError(path: string, number: number): NoonmarkError {
  const what = `the socket ${path} cannot be made: ${errnoName(number)}`;
  if (number === ERRNO.EACCES || number === ERRNO.EPERM) {
    return new NoonmarkError('ERR_PERMISSION', what, "let noonmarkd's user write to that folder");
  }
  const remedy =
    number === ERRNO.EADDRINUSE
      ? 'another program has it, or a file that is no socket stands there'
      : 'does the folder exist?';
  return new NoonmarkError('ERR_DEVICE', what, remedy);
}

/** A connection that keeps the bounds of packets. */
export interface SeqpacketConnection {
  /** Answers false when the other end is gone or its queue is full. */
  send(bytes: Uint8Array): boolean;
  /** Next packet; waits at most `milliseconds` (0: not at all). undefined: none, or the other end is gone. */
  receive(milliseconds?: number): Uint8Array | undefined;
  /** The other end was found gone by receive(), or close() was called. */
  readonly closed: boolean;
  close(): void;
}

/** Connects to a SOCK_SEQPACKET listener; throws ERR_DEVICE. */
export function connectSeqpacket(path: string): SeqpacketConnection {
  const address = addressOf(path);
  const fd = openSocket(AF.unix, SOCK.seqpacket, `no socket for ${path}`);
  if (libc().connect(fd, address.bytes, address.length) < 0) {
    const number = errno();
    closeSocket(fd);
    throw syscallError(
      `nobody answers at ${path}`,
      'connect',
      number,
      'is the program that listens there running?',
      'ERR_DEVICE',
    );
  }
  return connection(fd);
}

/** A connection over a descriptor that is connected already. */
export function connection(fd: number): SeqpacketConnection {
  const { pollfd } = abi().struct;
  const arena = new Arena(LONGEST_DATAGRAM + pollfd.size + 16);
  const buffer = arena.take(LONGEST_DATAGRAM).bytes;
  const waiting: Region = arena.take(pollfd.size);
  waiting.view.setInt32(pollfd.at.fd, fd, true);
  waiting.view.setInt16(pollfd.at.events, POLL.in, true);
  let open = true;
  let gone = false;
  return {
    send: (bytes) =>
      open && libc().send(fd, bytes, bytes.length, MSG.dontwait | MSG.nosignal) === bytes.length,
    receive(milliseconds = 0) {
      if (!open) return undefined;
      if (milliseconds > 0) libc().poll(waiting.bytes, 1, Math.ceil(milliseconds));
      const length = libc().recv(fd, buffer, buffer.length, MSG.dontwait);
      if (length > 0) return buffer.slice(0, length);
      gone ||= length === 0 || errno() === ERRNO.ECONNRESET;
      return undefined;
    },
    get closed() {
      return gone || !open;
    },
    close() {
      if (open) closeSocket(fd);
      open = false;
    },
  };
}
