/**
 * clknetsim's messages, one request at a time over a SOCK_SEQPACKET: little-endian, in the layout of the 64-bit ABI.
 * Owns the link and the reading of the clock that came with the last answer: simulated time stands still until the
 * next select(), so nothing has to be asked twice. Knows nothing of noonmark's interfaces.
 * Source: shared/reference/discipline-baselines.md §10.2.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { abi } from '../../../drivers/linux/abi.js';
import { connectSeqpacket, type SeqpacketConnection } from '../../../drivers/linux/unix.js';
import { NoonmarkError } from '../../../src/errors.js';

const REQUEST = {
  register: 1,
  getTime: 2,
  adjtimex: 4,
  select: 6,
  send: 7,
  receive: 8,
  refSample: 9,
  deregister: 11,
} as const;
const UDP = 1;
/** What ended a select(). */
const WOKE = ['timeout', 'packet', 'packet', 'end'] as const;
export type Wake = (typeof WOKE)[number];

export interface SimPacket {
  readonly subnet: number;
  /** the other node, from 0 */
  readonly node: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly bytes: Uint8Array;
}

export class SimLink {
  /** of this node's system clock, seconds since the start of the simulation */
  realSeconds = 0;
  monotonicSeconds = 0;
  #selecting = false;
  #woke: Wake = 'timeout';

  private constructor(private readonly connection: SeqpacketConnection) {}

  /** Connects as soon as the simulator listens, and waits for the node's start. `node` from 0. */
  static async open(path: string, node: number, patienceSeconds: number): Promise<SimLink> {
    const link = new SimLink(await connect(path, patienceSeconds));
    link.#post(REQUEST.register, 4, (body) => body.setUint32(0, node, true));
    while (link.#take(20) === undefined) await turn();
    link.readClock();
    return link;
  }

  /** Asks for the time: needed after a step only. */
  readClock(): void {
    this.#takeTime(this.#ask(REQUEST.getTime, 4), 0);
  }

  /** adjtimex(): `fill` writes the struct timex; answers it as it came back, and the result. */
  adjtimex(fill: (timex: DataView) => void): { readonly timex: DataView; readonly result: number } {
    const { size } = abi().struct.timex;
    const reply = this.#ask(REQUEST.adjtimex, 8 + size, (body) => fill(part(body, 8, size)));
    return { timex: part(reply, 8, size), result: reply.getInt32(0, true) };
  }

  /** The latest sample of the reference clock, seconds since the start: what this clock showed, and what it should have. */
  refSample(): { readonly local: number; readonly reference: number } | undefined {
    const reply = this.#ask(REQUEST.refSample, 0);
    const local = reply.getFloat64(0, true);
    return reply.getInt32(16, true) === 0
      ? undefined
      : { local, reference: local - reply.getFloat64(8, true) };
  }

  send(packet: SimPacket): void {
    const { subnet, node, sourcePort, destinationPort, bytes } = packet;
    this.#finishSelect();
    this.#post(REQUEST.send, 24 + bytes.length, (body) => {
      [UDP, subnet, node, sourcePort, destinationPort, bytes.length].forEach((word, i) => {
        body.setUint32(4 * i, word, true);
      });
      new Uint8Array(body.buffer, body.byteOffset + 24).set(bytes);
    });
  }

  /** The packet that ended a select(); undefined: it was none that a UDP socket gets. */
  receive(): SimPacket | undefined {
    const reply = this.#ask(REQUEST.receive, 0);
    const [type, subnet = 0, node = 0, sourcePort = 0, destinationPort = 0, length = 0] = Array.from(
      { length: 6 },
      (_, i) => reply.getUint32(4 * i, true),
    );
    const bytes = new Uint8Array(reply.buffer, reply.byteOffset + 24, length).slice();
    return type === UDP ? { subnet, node, sourcePort, destinationPort, bytes } : undefined;
  }

  /** Lets time go on, by so many seconds of the monotonic clock or until a packet comes. Signals are heard meanwhile. */
  async select(seconds: number): Promise<Wake> {
    this.#finishSelect();
    this.#post(REQUEST.select, 16, (body) => {
      body.setFloat64(0, Math.min(seconds, 1e8), true);
      body.setInt32(8, 1, true);
    });
    this.#selecting = true;
    while (!this.#lookForWake(20)) await turn();
    return this.#woke;
  }

  /** Leaves the run, which goes on without this node. */
  leave(): void {
    if (this.connection.closed) return;
    this.#finishSelect();
    this.#post(REQUEST.deregister, 0);
    this.connection.close();
  }

  /** Only one request may be on its way: whoever asks while a select() is has time go on to its end first. */
  #finishSelect(): void {
    while (this.#selecting) this.#lookForWake(1000);
  }

  #lookForWake(milliseconds: number): boolean {
    const reply = this.#selecting ? this.#take(milliseconds) : undefined;
    if (reply === undefined) return !this.#selecting;
    this.#selecting = false;
    this.#woke = WOKE[reply.getInt32(0, true)] ?? 'end';
    this.#takeTime(reply, 24);
    return true;
  }

  #takeTime(reply: DataView, at: number): void {
    this.realSeconds = reply.getFloat64(at, true);
    this.monotonicSeconds = reply.getFloat64(at + 8, true);
  }

  #ask(code: number, length: number, fill?: (body: DataView) => void): DataView {
    this.#finishSelect();
    this.#post(code, length, fill);
    for (;;) {
      const reply = this.#take(1000);
      if (reply !== undefined) return reply;
    }
  }

  #post(code: number, length: number, fill: (body: DataView) => void = () => {}): void {
    const bytes = new Uint8Array(8 + length);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, code, true);
    fill(part(view, 8, length));
    if (!this.connection.send(bytes)) throw gone();
  }

  #take(milliseconds: number): DataView | undefined {
    const bytes = this.connection.receive(milliseconds);
    if (bytes !== undefined) return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.connection.closed) throw gone();
    return undefined;
  }
}

const part = (view: DataView, at: number, length: number) =>
  new DataView(view.buffer, view.byteOffset + at, length);

/** The nodes are started before the simulator, as a rule. */
async function connect(path: string, patienceSeconds: number): Promise<SeqpacketConnection> {
  for (let tries = patienceSeconds * 10; ; tries -= 1) {
    try {
      return connectSeqpacket(path);
    } catch (error) {
      if (tries <= 0) throw error;
      await sleep(100);
    }
  }
}

const gone = () =>
  new NoonmarkError(
    'ERR_DEVICE',
    'clknetsim has ended the connection',
    'its own output says why; another node may have failed',
  );
