/**
 * Network over Linux sockets: a connected UDP socket for each association, on a random port (RFC 9109), with kernel
 * receive stamps. One arena serves them all, since a packet is copied out as it is received.
 * Knows no NTP.
 */
import type { NoonmarkError } from '../../src/errors.js';
import type { ClientSocket, Network, ReceivedPacket } from '../../src/ports/network.js';
import { AF, abi, CLOCK, MSG, SOCK } from './abi.js';
import { formatIp, parseIp, writeSockaddr } from './addresses.js';
import { Arena, writeWord } from './arena.js';
import { TimespecReader } from './clock.js';
import { ControlReader, controlRoom } from './control-message.js';
import { ERRNO, errno, libc, syscallError } from './libc.js';
import { HostResolver } from './resolver.js';
import { enableReceiveStamps } from './server-socket.js';
import { boundAddress, closeSocket, openSocket, socketScratch } from './socket.js';

const LONGEST_PACKET = 2200;
/** Pending ICMP errors stand before the packets that wait; each is reported once. */
const MOST_ERRORS_A_CALL = 4;

export interface LinuxNetworkOptions {
  readonly hostsFile?: string;
  readonly resolveTimeoutSeconds?: number;
  readonly nameServers?: readonly string[];
}

/** The memory and the clock that all client sockets of a network share. */
class Receiver {
  readonly #header;
  readonly #control;
  readonly #data: Uint8Array;
  readonly #reader = new ControlReader();
  readonly #controlRoom = controlRoom();
  readonly #ignored = new Uint8Array(16);
  readonly clock = new TimespecReader(CLOCK.realtime);

  constructor() {
    const { msghdr, iovec } = abi().struct;
    const arena = new Arena(LONGEST_PACKET + this.#controlRoom + msghdr.size + iovec.size + 64);
    this.#header = arena.take(msghdr.size, 16);
    this.#control = arena.take(this.#controlRoom, 16);
    const vector = arena.take(iovec.size, 16);
    const data = arena.take(LONGEST_PACKET, 16);
    this.#data = data.bytes;
    writeWord(vector.view, iovec.at.base, data.address);
    writeWord(vector.view, iovec.at.length, LONGEST_PACKET);
    writeWord(this.#header.view, msghdr.at.iov, vector.address);
    writeWord(this.#header.view, msghdr.at.iovLength, 1);
    writeWord(this.#header.view, msghdr.at.control, this.#control.address);
  }

  receive(fd: number): ReceivedPacket | undefined {
    const { msghdr } = abi().struct;
    for (let turn = 0; turn < MOST_ERRORS_A_CALL; turn += 1) {
      writeWord(this.#header.view, msghdr.at.controlLength, this.#controlRoom);
      const length = libc().recvmsg(fd, this.#header.bytes, MSG.dontwait | MSG.trunc);
      if (length < 0) {
        if (errno() === ERRNO.EAGAIN) return undefined;
        continue;
      }
      // Longer than any NTP packet: not for us, and the next one may be.
      if (length > LONGEST_PACKET) continue;
      return { bytes: this.#data.slice(0, length), kernelNs: this.#stamp() };
    }
    return undefined;
  }

  /** The kernel's stamp; in the first milliseconds after stamping was switched on it may be missing: then now. */
  #stamp(): bigint {
    const length = this.#header.view.getUint32(abi().struct.msghdr.at.controlLength, true);
    this.#reader.read(this.#control.view, length, this.#ignored, this.#ignored);
    if (this.#reader.seconds === 0) return this.clock.readNs();
    return BigInt(this.#reader.seconds) * 1_000_000_000n + BigInt(this.#reader.nanoseconds);
  }
}

class LinuxClientSocket implements ClientSocket {
  readonly localAddress: string;
  readonly localPort: number;
  readonly #receiver: Receiver;
  #fd: number;

  constructor(fd: number, receiver: Receiver) {
    const bound = boundAddress(fd);
    this.localAddress = formatIp(bound.address.bytes);
    this.localPort = bound.port;
    this.#fd = fd;
    this.#receiver = receiver;
  }

  send(bytes: Uint8Array): bigint | undefined {
    if (this.#fd < 0) return undefined;
    for (let turn = 0; turn < MOST_ERRORS_A_CALL; turn += 1) {
      const before = this.#receiver.clock.readNs();
      if (libc().send(this.#fd, bytes, bytes.length, MSG.dontwait | MSG.nosignal) >= 0) return before;
      // The ICMP answer to an earlier packet is reported here; this one was not tried yet.
      if (errno() !== ERRNO.ECONNREFUSED) return undefined;
    }
    return undefined;
  }

  receive(): ReceivedPacket | undefined {
    return this.#fd < 0 ? undefined : this.#receiver.receive(this.#fd);
  }

  close(): void {
    if (this.#fd >= 0) closeSocket(this.#fd);
    this.#fd = -1;
  }
}

export class LinuxNetwork implements Network {
  readonly #resolver: HostResolver;
  #receiver: Receiver | undefined;
  /** Never used: while a socket that wants stamps exists, the kernel stamps from the first packet of the next one. */
  #keeper = -1;

  constructor(options: LinuxNetworkOptions = {}) {
    this.#resolver = new HostResolver({
      hostsFile: options.hostsFile ?? '/etc/hosts',
      timeoutSeconds: options.resolveTimeoutSeconds ?? 8,
      routable: hasRoute,
      ...(options.nameServers === undefined ? {} : { servers: options.nameServers }),
    });
  }

  connect(address: string, port: number): ClientSocket {
    this.#receiver ??= new Receiver();
    if (this.#keeper < 0) {
      this.#keeper = openSocket(AF.inet, SOCK.dgram, 'no socket can be opened');
      enableReceiveStamps(this.#keeper);
    }
    const fd = openConnected(address, port);
    try {
      enableReceiveStamps(fd);
      return new LinuxClientSocket(fd, this.#receiver);
    } catch (error) {
      closeSocket(fd);
      throw error;
    }
  }

  resolve(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    return this.#resolver.resolve(host, family);
  }

  /** Lets go of what the network itself holds; sockets that were handed out are their holders' to close. */
  close(): void {
    if (this.#keeper >= 0) closeSocket(this.#keeper);
    this.#keeper = -1;
  }
}

function openConnected(address: string, port: number): number {
  const ip = parseIp(address);
  const fd = openSocket(ip.family === 6 ? AF.inet6 : AF.inet, SOCK.dgram, `no socket for ${address}`);
  const { address: scratch } = socketScratch();
  const length = writeSockaddr(scratch.view, ip.bytes, port, ip.scopeId);
  if (libc().connect(fd, scratch.bytes, length) >= 0) return fd;
  const number = errno();
  closeSocket(fd);
  throw noRoute(address, port, number);
}

function noRoute(address: string, port: number, number: number): NoonmarkError {
  const remedy =
    number === ERRNO.EINVAL
      ? 'a link-local address needs its interface: fe80::1%eth0'
      : 'see `ip route get` for that address; it is tried again later';
  return syscallError(`${address} port ${port} cannot be reached`, 'connect', number, remedy, 'ERR_ADDRESS');
}

/** Is there a route and a source address? A UDP connect asks the kernel that without sending anything. */
export const hasRoute = (address: string): boolean => localAddressFor(address) !== undefined;

/** The address from which the kernel would send to that one; undefined: there is no route. Sends nothing. */
export function localAddressFor(address: string): string | undefined {
  try {
    const fd = openConnected(address, 123);
    try {
      return formatIp(boundAddress(fd).address.bytes);
    } finally {
      closeSocket(fd);
    }
  } catch {
    return undefined;
  }
}
