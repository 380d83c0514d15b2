/**
 * Scripted twins of PacketBatch, Poller and StampClock: datagrams wait in queues by socket, replies and transmissions are
 * collected, the clock shows what the test says.
 */
import type { PacketBatch, Poller, SocketHandle, StampClock } from '../../src/ports/packet-batch.js';

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly source?: readonly number[];
  readonly port?: number;
  readonly destination?: readonly number[];
  readonly interfaceIndex?: number;
  /** [seconds, nanoseconds]; left out: the kernel gives no stamp */
  readonly stamp?: readonly [number, number];
}

export interface Sent {
  readonly socket: SocketHandle;
  readonly bytes: Uint8Array;
  readonly address: Uint8Array;
  readonly port: number;
  readonly local: Uint8Array | undefined;
  readonly hops?: number;
}

const SLOT_LENGTH = 2200;

export class ScriptedNetwork implements PacketBatch, Poller, StampClock {
  readonly slotLength = SLOT_LENGTH;
  readonly waiting = new Map<SocketHandle, Datagram[]>();
  readonly sent: Sent[] = [];
  /** wait() times asked for, ms */
  readonly waits: number[] = [];
  /** the next so many sends are refused */
  refuse = 0;
  /** CLOCK_REALTIME shown by read(); each read moves it on by `tickNs` */
  nowSeconds = 0;
  nowNanoseconds = 0;
  tickNs = 0;
  seconds = 0;
  nanoseconds = 0;
  onWait: () => void = () => {};
  #polled: readonly SocketHandle[] = [];
  #ready = new Set<SocketHandle>();
  #socket = -1;
  #batch: Datagram[] = [];
  #marked: { slot: number; length: number }[] = [];
  readonly #inputs: DataView[];
  readonly #outputs: DataView[];

  constructor(readonly capacity = 4) {
    const views = () => Array.from({ length: capacity }, () => new DataView(new ArrayBuffer(SLOT_LENGTH)));
    this.#inputs = views();
    this.#outputs = views();
  }

  arrive(socket: SocketHandle, ...datagrams: Datagram[]): void {
    this.waiting.set(socket, [...(this.waiting.get(socket) ?? []), ...datagrams]);
  }

  read(): void {
    this.seconds = this.nowSeconds;
    this.nanoseconds = this.nowNanoseconds;
    this.nowNanoseconds += this.tickNs;
  }

  receive(socket: SocketHandle): number {
    this.#socket = socket;
    this.#batch = (this.waiting.get(socket) ?? []).splice(0, this.capacity);
    this.#batch.forEach(({ bytes }, slot) => {
      new Uint8Array(this.#inputs[slot]!.buffer).set(bytes.subarray(0, SLOT_LENGTH));
    });
    return this.#batch.length;
  }
  input(slot: number): DataView {
    return this.#inputs[slot]!;
  }
  length(slot: number): number {
    return this.#batch[slot]!.bytes.length;
  }
  stampSeconds(slot: number): number {
    return this.#batch[slot]!.stamp?.[0] ?? 0;
  }
  stampNanoseconds(slot: number): number {
    return this.#batch[slot]!.stamp?.[1] ?? 0;
  }
  family(slot: number): 4 | 6 {
    return this.source(slot).length === 4 ? 4 : 6;
  }
  source(slot: number): Uint8Array {
    return Uint8Array.from(this.#batch[slot]!.source ?? [192, 0, 2, 7]);
  }
  sourcePort(slot: number): number {
    return this.#batch[slot]!.port ?? 40_000;
  }
  destination(slot: number): Uint8Array {
    return Uint8Array.from(this.#batch[slot]!.destination ?? [192, 0, 2, 1]);
  }
  interfaceIndex(slot: number): number {
    return this.#batch[slot]!.interfaceIndex ?? 2;
  }
  output(slot: number): DataView {
    return this.#outputs[slot]!;
  }
  reply(slot: number, length: number): void {
    this.#marked.push({ slot, length });
  }
  flush(): number {
    let refused = 0;
    for (const { slot, length } of this.#marked.splice(0)) {
      const bytes = new Uint8Array(this.#outputs[slot]!.buffer).slice(0, length);
      const [address, port, local] = [this.source(slot), this.sourcePort(slot), this.destination(slot)];
      if (!this.#send({ socket: this.#socket, bytes, address, port, local })) refused += 1;
    }
    return refused;
  }
  sendTo(
    socket: SocketHandle,
    bytes: Uint8Array,
    length: number,
    address: Uint8Array,
    port: number,
    local: Uint8Array | undefined,
    _interfaceIndex = 0,
    hops = 0,
  ): boolean {
    return this.#send({
      socket,
      bytes: bytes.slice(0, length),
      address: address.slice(),
      port,
      local: local?.slice(),
      ...(hops === 0 ? {} : { hops }),
    });
  }
  #send(sent: Sent): boolean {
    if (this.refuse > 0) {
      this.refuse -= 1;
      return false;
    }
    this.sent.push(sent);
    return true;
  }

  setSockets(sockets: readonly SocketHandle[]): void {
    this.#polled = sockets;
    this.#ready.clear();
  }
  wait(milliseconds: number): void {
    this.waits.push(milliseconds);
    this.onWait();
    this.#ready = new Set(this.#polled.filter((socket) => (this.waiting.get(socket)?.length ?? 0) > 0));
  }
  readable(socket: SocketHandle): boolean {
    return this.#ready.has(socket);
  }
}
