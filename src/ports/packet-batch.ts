/**
 * Batches of datagrams on the served port, as the responder's thread sees them. Implemented by drivers/linux over
 * recvmmsg/sendmmsg in memory that one arena owns; and by a scripted twin for tests.
 * Nothing here allocates per packet: every view is made once for its slot.
 */

/** An open, bound, non-blocking UDP socket: a file descriptor. */
export type SocketHandle = number;

export interface PacketBatch {
  /** slots, e.g. 32 */
  readonly capacity: number;
  /** bytes a slot can hold, in and out: 2200 */
  readonly slotLength: number;
  /** Takes what waits on the socket, at most `capacity`; 0: nothing. Never blocks, never throws on network errors. */
  receive(socket: SocketHandle): number;
  /** The slot's bytes, always slotLength long; only the first length(i) are of this packet. */
  input(slot: number): DataView;
  /** Length on the wire; greater than slotLength: truncated. */
  length(slot: number): number;
  /** Kernel receive stamp on CLOCK_REALTIME; 0 seconds: the kernel gave none. */
  stampSeconds(slot: number): number;
  stampNanoseconds(slot: number): number;
  /** 4 or 6 */
  family(slot: number): 4 | 6;
  /** Sender's address in network order, 4 or 16 bytes: a view over the slot. IPv4-mapped IPv6 does not occur (V6ONLY). */
  source(slot: number): Uint8Array;
  sourcePort(slot: number): number;
  /** The address that was asked (IP_PKTINFO), so that the reply leaves from it. */
  destination(slot: number): Uint8Array;
  interfaceIndex(slot: number): number;
  /** Where the reply to the packet in this slot is written. */
  output(slot: number): DataView;
  /** Marks the reply in output(slot), `length` bytes, to go to source(slot) from destination(slot). */
  reply(slot: number, length: number): void;
  /** Sends all marked replies on the socket they came in on; answers how many the kernel refused. */
  flush(): number;
  /**
   * Sends one datagram that is no reply to a slot (from the rings). `hops`: of a multicast, 0: the system's. Answers
   * false when the kernel refused.
   */
  sendTo(
    socket: SocketHandle,
    bytes: Uint8Array,
    length: number,
    address: Uint8Array,
    port: number,
    localAddress: Uint8Array | undefined,
    interfaceIndex: number,
    hops: number,
  ): boolean;
}

/** Waits in one poll() over all sockets and an eventfd. */
export interface Poller {
  /** Replaces the set of sockets. */
  setSockets(sockets: readonly SocketHandle[]): void;
  /** Blocks until a socket is readable, the eventfd was written, or the time is over; drains eventfd and error queues. */
  wait(milliseconds: number): void;
  /** After wait(): is there something on this socket? */
  readable(socket: SocketHandle): boolean;
}

/** The kernel clock in two numbers, without allocation: read() first, then the fields. */
export interface StampClock {
  /** Reads CLOCK_REALTIME. */
  read(): void;
  seconds: number;
  nanoseconds: number;
}
