/**
 * PacketBatch over recvmmsg and sendmmsg. All memory is one arena, laid out once; every view is made once for its
 * slot; receive, reply and flush allocate nothing. Knows nothing of what the datagrams say.
 *
 * Replies: each slot has a ready-made outgoing message header; reply() copies it to the next place of the vector that
 * flush() hands to sendmmsg, so that one call sends all replies however many slots were left unanswered.
 */
import type { PacketBatch, SocketHandle } from '../../src/ports/packet-batch.js';
import { AF, abi, IP, IPV6, MSG, SOL } from './abi.js';
import { isLinkLocal6, isMulticast, writeSockaddr } from './addresses.js';
import { Arena, type Region, writeWord } from './arena.js';
import { ControlReader, controlRoom, writePktinfo } from './control-message.js';
import { ERRNO, errno, libc } from './libc.js';
import { setIntOption } from './socket.js';

const SLOT_LENGTH = 2200;
const NAME_ROOM = 32;
const ADDRESS_ROOM = 16;
/** A pending ICMP error is reported once, instead of packets that wait; then it is gone. */
const MOST_ERRORS_A_CALL = 4;

interface Slot {
  readonly input: DataView;
  readonly output: DataView;
  readonly name: Region;
  readonly control: Region;
  readonly source4: Uint8Array;
  readonly source6: Uint8Array;
  readonly destination4: Uint8Array;
  readonly destination6: Uint8Array;
  readonly local: Uint8Array;
  readonly outControl: Region;
  readonly outVector: Region;
}

const part = (region: Region, offset: number, length: number): Uint8Array =>
  new Uint8Array(region.bytes.buffer, region.bytes.byteOffset + offset, length);

/** Once more for each multicast: associations of different hops share a socket, and none of them is in a hurry. */
const setHops = (socket: SocketHandle, six: boolean, hops: number): boolean =>
  setIntOption(socket, six ? SOL.ipv6 : SOL.ip, six ? IPV6.multicastHops : IP.multicastTtl, hops) === 0;

export class LinuxPacketBatch implements PacketBatch {
  readonly capacity: number;
  readonly slotLength = SLOT_LENGTH;
  readonly #abi = abi();
  readonly #headerSize = abi().struct.mmsghdr.size;
  readonly #slots: Slot[] = [];
  readonly #reader = new ControlReader();
  readonly #controlRoom = controlRoom();
  /** incoming headers; outgoing ones ready-made for each slot and for sendTo; the vector given to sendmmsg */
  readonly #in: Region;
  readonly #ready: Region;
  readonly #out: Region;
  /** views on #out from each place on, for a sendmmsg that goes on behind a refused message */
  readonly #outFrom: readonly Uint8Array[];
  readonly #words: Int32Array;
  readonly #lengths: Uint32Array;
  readonly #families: Uint8Array;
  readonly #seconds: Float64Array;
  readonly #nanoseconds: Uint32Array;
  readonly #interfaces: Uint32Array;
  /** 4, 16, or 0 when the kernel did not say which address was asked */
  readonly #addressLengths: Uint8Array;
  #socket: SocketHandle = -1;
  /** headers of #in that the kernel wrote to and that must be made good before the next receive */
  #used: number;
  #marked = 0;

  /** `capacity`: 1 .. 1024 datagrams at a time. */
  constructor(capacity = 32) {
    this.capacity = capacity;
    const slotRoom = 2 * (SLOT_LENGTH + 16) + NAME_ROOM + 2 * this.#controlRoom + 2 * ADDRESS_ROOM + 128;
    const arena = new Arena((capacity + 1) * (slotRoom + 3 * (this.#headerSize + 16)) + 1024);
    this.#in = arena.take(this.#headerSize * capacity, 16);
    this.#ready = arena.take(this.#headerSize * (capacity + 1), 16);
    this.#out = arena.take(this.#headerSize * (capacity + 1), 16);
    this.#words = arena.words();
    this.#outFrom = Array.from({ length: capacity + 1 }, (_, i) =>
      part(this.#out, i * this.#headerSize, (capacity + 1 - i) * this.#headerSize),
    );
    for (let i = 0; i <= capacity; i += 1) this.#slots.push(this.#makeSlot(arena, i));
    this.#lengths = new Uint32Array(capacity);
    this.#families = new Uint8Array(capacity);
    this.#seconds = new Float64Array(capacity);
    this.#nanoseconds = new Uint32Array(capacity);
    this.#interfaces = new Uint32Array(capacity);
    this.#addressLengths = new Uint8Array(capacity);
    this.#used = capacity;
  }

  receive(socket: SocketHandle): number {
    this.#socket = socket;
    this.#marked = 0;
    this.#restoreHeaders();
    let count = -1;
    for (let turn = 0; turn < MOST_ERRORS_A_CALL && count < 0; turn += 1) {
      count = libc().recvmmsg(socket, this.#in.bytes, this.capacity, MSG.dontwait | MSG.trunc, null);
      if (count < 0 && errno() === ERRNO.EAGAIN) return 0;
    }
    if (count <= 0) return 0;
    this.#used = count;
    for (let slot = 0; slot < count; slot += 1) this.#take(slot);
    return count;
  }

  input(slot: number): DataView {
    return this.#slot(slot).input;
  }

  length(slot: number): number {
    return this.#lengths[slot] as number;
  }

  stampSeconds(slot: number): number {
    return this.#seconds[slot] as number;
  }

  stampNanoseconds(slot: number): number {
    return this.#nanoseconds[slot] as number;
  }

  family(slot: number): 4 | 6 {
    return this.#families[slot] === AF.inet6 ? 6 : 4;
  }

  source(slot: number): Uint8Array {
    const one = this.#slot(slot);
    return this.#families[slot] === AF.inet6 ? one.source6 : one.source4;
  }

  sourcePort(slot: number): number {
    // At the same place in sockaddr_in and sockaddr_in6.
    return this.#slot(slot).name.view.getUint16(this.#abi.struct.sockaddrIn.at.port, false);
  }

  destination(slot: number): Uint8Array {
    const one = this.#slot(slot);
    return this.#families[slot] === AF.inet6 ? one.destination6 : one.destination4;
  }

  interfaceIndex(slot: number): number {
    return this.#interfaces[slot] as number;
  }

  output(slot: number): DataView {
    return this.#slot(slot).output;
  }

  reply(slot: number, length: number): void {
    const { msghdr, iovec, sockaddrIn, sockaddrIn6 } = this.#abi.struct;
    const one = this.#slot(slot);
    const six = this.#families[slot] === AF.inet6;
    const header = slot * this.#headerSize;
    const ready = this.#ready.view;
    ready.setUint32(header + msghdr.at.nameLength, six ? sockaddrIn6.size : sockaddrIn.size, true);
    // The interface is forced only where the address alone does not say it: link-local, and multicast (local is ::).
    const scoped = six && (isLinkLocal6(one.local) || one.local[0] === 0);
    const force = scoped ? (this.#interfaces[slot] as number) : 0;
    const known = this.#addressLengths[slot] !== 0;
    const controlLength = known ? writePktinfo(one.outControl.view, one.local, six ? 16 : 4, force) : 0;
    ready.setUint32(header + msghdr.at.controlLength, controlLength, true);
    one.outVector.view.setUint32(iovec.at.length, Math.min(length, SLOT_LENGTH), true);
    this.#mark(slot);
  }

  flush(): number {
    const marked = this.#marked;
    this.#marked = 0;
    return this.#send(this.#socket, marked);
  }

  sendTo(
    socket: SocketHandle,
    bytes: Uint8Array,
    length: number,
    address: Uint8Array,
    port: number,
    localAddress: Uint8Array | undefined,
    interfaceIndex: number,
    hops = 0,
  ): boolean {
    if (length > SLOT_LENGTH || length > bytes.length) return false;
    if (hops > 0 && isMulticast(address) && !setHops(socket, address.length === 16, hops)) return false;
    const { msghdr, iovec } = this.#abi.struct;
    const one = this.#slots[this.capacity] as Slot;
    const header = this.capacity * this.#headerSize;
    const ready = this.#ready.view;
    for (let i = 0; i < length; i += 1) one.output.setUint8(i, bytes[i] as number);
    const scoped = isLinkLocal6(address) || (address.length === 16 && isMulticast(address));
    const nameLength = writeSockaddr(one.name.view, address, port, scoped ? interfaceIndex : 0);
    ready.setUint32(header + msghdr.at.nameLength, nameLength, true);
    let controlLength = 0;
    if (localAddress !== undefined || interfaceIndex !== 0) {
      const size = address.length === 16 ? 16 : 4;
      for (let i = 0; i < size; i += 1) one.local[i] = localAddress?.[i] ?? 0;
      controlLength = writePktinfo(one.outControl.view, one.local, size, interfaceIndex);
    }
    ready.setUint32(header + msghdr.at.controlLength, controlLength, true);
    one.outVector.view.setUint32(iovec.at.length, length, true);
    // Replies that are marked but not flushed stay: this one goes behind them and is sent alone.
    this.#copyHeader(this.capacity, this.#marked);
    return this.#sendFrom(socket, this.#marked, 1) === 1;
  }

  #slot(slot: number): Slot {
    return this.#slots[slot] as Slot;
  }

  #makeSlot(arena: Arena, i: number): Slot {
    const { msghdr, iovec, sockaddrIn, sockaddrIn6 } = this.#abi.struct;
    const name = arena.take(NAME_ROOM, 16);
    const input = arena.take(SLOT_LENGTH, 16);
    const output = arena.take(SLOT_LENGTH, 16);
    const control = arena.take(this.#controlRoom, 16);
    const outControl = arena.take(this.#controlRoom, 16);
    const inVector = arena.take(iovec.size, 16);
    const outVector = arena.take(iovec.size, 16);
    const addresses = arena.take(2 * ADDRESS_ROOM, 16);
    const link = (headers: Region, header: number, vector: Region, data: Region, controlAddress: bigint) => {
      writeWord(headers.view, header + msghdr.at.name, name.address);
      writeWord(headers.view, header + msghdr.at.iov, vector.address);
      writeWord(headers.view, header + msghdr.at.iovLength, 1);
      writeWord(headers.view, header + msghdr.at.control, controlAddress);
      writeWord(vector.view, iovec.at.base, data.address);
      writeWord(vector.view, iovec.at.length, SLOT_LENGTH);
    };
    if (i < this.capacity) link(this.#in, i * this.#headerSize, inVector, input, control.address);
    link(this.#ready, i * this.#headerSize, outVector, output, outControl.address);
    return {
      input: input.view,
      output: output.view,
      name,
      control,
      source4: part(name, sockaddrIn.at.address, 4),
      source6: part(name, sockaddrIn6.at.address, 16),
      destination4: part(addresses, 0, 4),
      destination6: part(addresses, 0, 16),
      local: part(addresses, ADDRESS_ROOM, 16),
      outControl,
      outVector,
    };
  }

  /** The kernel wrote the lengths it used into the headers; the room there is must stand in them again. */
  #restoreHeaders(): void {
    const { msghdr } = this.#abi.struct;
    for (let i = 0; i < this.#used; i += 1) {
      const header = i * this.#headerSize;
      this.#in.view.setUint32(header + msghdr.at.nameLength, NAME_ROOM, true);
      this.#in.view.setUint32(header + msghdr.at.controlLength, this.#controlRoom, true);
      this.#in.view.setInt32(header + msghdr.at.flags, 0, true);
    }
    this.#used = 0;
  }

  #take(slot: number): void {
    const { msghdr, mmsghdr } = this.#abi.struct;
    const one = this.#slot(slot);
    const header = slot * this.#headerSize;
    this.#lengths[slot] = this.#in.view.getUint32(header + mmsghdr.at.length, true);
    this.#families[slot] = one.name.view.getUint16(0, true);
    const controlLength = this.#in.view.getUint32(header + msghdr.at.controlLength, true);
    this.#reader.read(one.control.view, controlLength, one.destination6, one.local);
    this.#seconds[slot] = this.#reader.seconds;
    this.#nanoseconds[slot] = this.#reader.nanoseconds;
    this.#interfaces[slot] = this.#reader.interfaceIndex;
    this.#addressLengths[slot] = this.#reader.addressLength;
  }

  #mark(slot: number): void {
    if (this.#marked >= this.capacity) return;
    this.#copyHeader(slot, this.#marked);
    this.#marked += 1;
  }

  #copyHeader(from: number, to: number): void {
    const words = this.#headerSize / 4;
    const source = (this.#ready.start + from * this.#headerSize) / 4;
    const target = (this.#out.start + to * this.#headerSize) / 4;
    for (let i = 0; i < words; i += 1) this.#words[target + i] = this.#words[source + i] as number;
  }

  #sendFrom(socket: SocketHandle, start: number, count: number): number {
    return libc().sendmmsg(socket, this.#outFrom[start] as Uint8Array, count, MSG.dontwait | MSG.nosignal);
  }

  /** Sends the first `count` of #out; answers how many were refused. */
  #send(socket: SocketHandle, count: number): number {
    let done = 0;
    let refused = 0;
    let retried = false;
    while (done < count) {
      const sent = this.#sendFrom(socket, done, count - done);
      if (sent > 0) {
        done += sent;
        retried = false;
        continue;
      }
      const number = errno();
      // Full: the rest would be refused too, and waiting is not for this thread.
      if (number === ERRNO.EAGAIN || number === ERRNO.ENOBUFS) return refused + count - done;
      // An ICMP error of an earlier datagram, or a signal: this one was not tried.
      if (!retried && (number === ERRNO.ECONNREFUSED || number === ERRNO.EINTR)) {
        retried = true;
        continue;
      }
      refused += 1;
      done += 1;
      retried = false;
    }
    return refused;
  }
}
