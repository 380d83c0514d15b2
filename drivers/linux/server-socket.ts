/**
 * UDP server sockets: bound, non-blocking, with kernel receive stamps (SO_TIMESTAMPING alone, never together with
 * SO_TIMESTAMPNS) and the address that was asked (IP_PKTINFO, IPV6_RECVPKTINFO); multicast membership.
 * Knows no packet. Sources: ip(7), ipv6(7), Documentation/networking/timestamping.rst, RFC 3542.
 */
import { NoonmarkError } from '../../src/errors.js';
import type { SocketHandle } from '../../src/ports/packet-batch.js';
import { AF, abi, IP, IPV6, SO, SOCK, SOF_TIMESTAMPING, SOL } from './abi.js';
import { formatIp, type IpAddress, parseIp, writeSockaddr } from './addresses.js';
import { ERRNO, errno, errnoName, libc, syscallError } from './libc.js';
import {
  closeSocket,
  openSocket,
  requireIntOption,
  setIntOption,
  setStructOption,
  socketScratch,
} from './socket.js';

export interface ServerSocketOptions {
  readonly family: 4 | 6;
  /** address to bind to, with a zone if link-local; left out: the wildcard of the family (IPv6: V6ONLY) */
  readonly address?: string;
  /** 0: any free port */
  readonly port: number;
  /**
   * SO_REUSEADDR while binding, so that the wildcard and single addresses can be bound beside each other. It is taken
   * away again after the bind (as ntpd does): a second daemon is then refused instead of stealing packets.
   */
  readonly shareAddress?: boolean;
  /** allow sending to broadcast addresses */
  readonly broadcast?: boolean;
  /** Differentiated Services code point, 0 .. 63; NTP's custom is 46 (EF) */
  readonly dscp?: number;
  /** SO_RCVBUF in bytes; the kernel doubles it and holds it below net.core.rmem_max */
  readonly receiveBuffer?: number;
  /** SO_BINDTODEVICE */
  readonly device?: string;
}

/** What a refused bind means, for a person. Exported for the test: the right is hard to lack as root. */
export function bindError(name: string, port: number, number: number): NoonmarkError {
  const what = `UDP port ${port} on ${name} cannot be bound: ${errnoName(number)}`;
  if (number === ERRNO.EADDRINUSE) {
    return new NoonmarkError(
      'ERR_ADDRESS',
      what,
      `another program has it; \`ss -ulpn sport = :${port}\` shows which (stop and disable chronyd, ntpd or systemd-timesyncd)`,
    );
  }
  if (number === ERRNO.EACCES || number === ERRNO.EPERM) {
    return new NoonmarkError(
      'ERR_PERMISSION',
      what,
      'give noonmarkd CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or configure `port` above 1023',
    );
  }
  return new NoonmarkError('ERR_ADDRESS', what, 'see `ip address` for the addresses this machine has');
}

/** Opens and binds one; throws ERR_ADDRESS, ERR_PERMISSION or ERR_UNSUPPORTED (no IPv6 here). */
export function openServerSocket(options: ServerSocketOptions): SocketHandle {
  const six = options.family === 6;
  const address = parseIp(options.address ?? (six ? '::' : '0.0.0.0'));
  if (address.family !== options.family) {
    throw new NoonmarkError(
      'ERR_ADDRESS',
      `${options.address} is not an IPv${options.family} address`,
      'report this',
    );
  }
  const name = formatIp(address.bytes);
  const fd = libc().socket(six ? AF.inet6 : AF.inet, SOCK.dgram | SOCK.nonblock | SOCK.cloexec, 0);
  if (fd < 0) {
    const number = errno();
    const lacking = number === ERRNO.EAFNOSUPPORT;
    throw syscallError(
      `no IPv${options.family} socket can be opened`,
      'socket',
      number,
      lacking ? 'the kernel runs without that protocol' : 'see `ulimit -n`',
      lacking ? 'ERR_UNSUPPORTED' : 'ERR_SYSCALL',
    );
  }
  try {
    prepare(fd, options);
    const { address: scratch } = socketScratch();
    const length = writeSockaddr(scratch.view, address.bytes, options.port, address.scopeId);
    if (libc().bind(fd, scratch.bytes, length) < 0) throw bindError(name, options.port, errno());
    if (options.shareAddress === true) setIntOption(fd, SOL.socket, SO.reuseAddress, 0);
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  return fd;
}

function prepare(fd: SocketHandle, options: ServerSocketOptions): void {
  const what = 'a server socket cannot be prepared';
  if (options.shareAddress === true) requireIntOption(fd, SOL.socket, SO.reuseAddress, 1, what);
  if (options.family === 6) {
    requireIntOption(fd, SOL.ipv6, IPV6.v6only, 1, what);
    requireIntOption(fd, SOL.ipv6, IPV6.recvPktinfo, 1, what);
  } else {
    requireIntOption(fd, SOL.ip, IP.pktinfo, 1, what);
  }
  enableReceiveStamps(fd);
  if (options.broadcast === true) requireIntOption(fd, SOL.socket, SO.broadcast, 1, what);
  if (options.dscp !== undefined) setDscp(fd, options.family, options.dscp);
  // Less buffer than asked for is no reason not to serve.
  if (options.receiveBuffer !== undefined) {
    setIntOption(fd, SOL.socket, SO.receiveBuffer, options.receiveBuffer);
  }
  if (options.device !== undefined) bindToDevice(fd, options.device);
}

function bindToDevice(fd: SocketHandle, device: string): void {
  const name = new TextEncoder().encode(device).subarray(0, 15);
  const number = setStructOption(fd, SOL.socket, SO.bindToDevice, 16, (view) => {
    for (const [i, byte] of name.entries()) view.setUint8(i, byte);
  });
  if (number !== 0) {
    throw syscallError(
      `a socket cannot be tied to the interface ${device}`,
      'setsockopt',
      number,
      'see `ip link` for the interfaces there are',
      'ERR_ADDRESS',
    );
  }
}

/** Kernel stamps of received packets, software stamps only: every interface has them. Throws ERR_UNSUPPORTED. */
export function enableReceiveStamps(fd: SocketHandle): void {
  const flags = SOF_TIMESTAMPING.rxSoftware | SOF_TIMESTAMPING.software;
  const number = setIntOption(fd, SOL.socket, abi().soTimestamping, flags);
  if (number === 0) return;
  throw syscallError(
    'the kernel gives no receive stamps',
    'setsockopt(SO_TIMESTAMPING)',
    number,
    'Linux 5.1 or newer is needed on 32-bit ARM, 2.6.30 elsewhere',
    'ERR_UNSUPPORTED',
  );
}

/** Marks what is sent with a Differentiated Services code point, 0 .. 63; refused values are left alone. */
export function setDscp(fd: SocketHandle, family: 4 | 6, dscp: number): void {
  if (family === 6) setIntOption(fd, SOL.ipv6, IPV6.trafficClass, dscp << 2);
  else setIntOption(fd, SOL.ip, IP.tos, dscp << 2);
}

export interface MulticastSending {
  /** TTL or hop limit, 1 .. 255 */
  readonly ttl?: number;
  /** whether this machine hears its own multicasts; the kernel's default is yes */
  readonly loop?: boolean;
  /** interface by which multicasts leave */
  readonly interfaceIndex?: number;
}

/** How multicasts are sent; throws ERR_SYSCALL. */
export function setMulticastSending(fd: SocketHandle, family: 4 | 6, how: MulticastSending): void {
  const what = 'multicast sending cannot be set up';
  const six = family === 6;
  const level = six ? SOL.ipv6 : SOL.ip;
  if (how.ttl !== undefined) {
    requireIntOption(fd, level, six ? IPV6.multicastHops : IP.multicastTtl, how.ttl, what);
  }
  if (how.loop !== undefined) {
    requireIntOption(fd, level, six ? IPV6.multicastLoop : IP.multicastLoop, how.loop ? 1 : 0, what);
  }
  const index = how.interfaceIndex;
  if (index === undefined) return;
  if (six) {
    requireIntOption(fd, level, IPV6.multicastIf, index, what);
    return;
  }
  const { ipMreqn } = abi().struct;
  const number = setStructOption(fd, level, IP.multicastIf, ipMreqn.size, (view) =>
    view.setInt32(ipMreqn.at.interfaceIndex, index, true),
  );
  if (number !== 0)
    throw syscallError(what, 'setsockopt', number, 'see `ip link` for the interfaces there are');
}

/** TTL or hop limit of unicasts, 1 .. 255 (255 lets a receiver check that it comes from the same link). */
export function setUnicastTtl(fd: SocketHandle, family: 4 | 6, ttl: number): void {
  const six = family === 6;
  requireIntOption(
    fd,
    six ? SOL.ipv6 : SOL.ip,
    six ? IPV6.unicastHops : IP.ttl,
    ttl,
    'the time to live cannot be set',
  );
}

function membership(fd: SocketHandle, group: IpAddress, interfaceIndex: number, join: boolean): number {
  if (group.family === 6) {
    const { ipv6Mreq } = abi().struct;
    const name = join ? IPV6.joinGroup : IPV6.leaveGroup;
    return setStructOption(fd, SOL.ipv6, name, ipv6Mreq.size, (view) => {
      for (const [i, byte] of group.bytes.entries()) view.setUint8(ipv6Mreq.at.group + i, byte);
      view.setUint32(ipv6Mreq.at.interfaceIndex, interfaceIndex, true);
    });
  }
  const { ipMreqn } = abi().struct;
  return setStructOption(fd, SOL.ip, join ? IP.addMembership : IP.dropMembership, ipMreqn.size, (view) => {
    for (const [i, byte] of group.bytes.entries()) view.setUint8(ipMreqn.at.group + i, byte);
    view.setInt32(ipMreqn.at.interfaceIndex, interfaceIndex, true);
  });
}

/** Joins a multicast group on an interface (0: the one the routes say); joining twice is no error. Throws ERR_ADDRESS. */
export function joinGroup(fd: SocketHandle, group: string, interfaceIndex: number): void {
  const number = membership(fd, parseIp(group), interfaceIndex, true);
  if (number === 0 || number === ERRNO.EADDRINUSE) return;
  throw syscallError(
    `the multicast group ${group} cannot be joined`,
    'setsockopt',
    number,
    'the interface must be up and have a route for multicast',
    'ERR_ADDRESS',
  );
}

/** Leaves a group; quiet if it was never joined or the interface is gone. */
export function leaveGroup(fd: SocketHandle, group: string, interfaceIndex: number): void {
  membership(fd, parseIp(group), interfaceIndex, false);
}

export { closeSocket, openSocket };
