/**
 * A small stand-in for clknetsim with one node that is looked at, so that the adapter is tried where there is none: its
 * messages over a SOCK_SEQPACKET, on the virtual world's clock. A second node asks the first for the time, as a client
 * 0.1 ms away. Strict where clknetsim is: one request at a time, right lengths, nothing after the end but what is left.
 * Source: shared/reference/discipline-baselines.md §10.2; it answers what src/… needs and nothing more.
 */

import { AF, abi, SOCK } from '../../drivers/linux/abi.js';
import { packTimex, unpackTimex } from '../../drivers/linux/clock.js';
import { libc, loadKoffi } from '../../drivers/linux/libc.js';
import { closeSocket, openSocket } from '../../drivers/linux/socket.js';
import { connection, type SeqpacketConnection, writeUnixAddress } from '../../drivers/linux/unix.js';
import { createNoise, type PulseNoise } from '../../src/sim/noise.js';
import { createOscillator } from '../../src/sim/oscillator.js';
import type { SimClock } from '../../src/sim/sim-clock.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { clientRequest } from './ntp-client.js';

const REQUEST_SIZES: Readonly<Record<number, number>> = { 1: 4, 2: 4, 4: 216, 6: 16, 8: 0, 9: 0, 11: 0 };
const SEND = 7;
const START_DATE = 1_767_225_600;
const NODE = 1;
const CLIENT_PORT = 40_123;
const PATH_SECONDS = 1e-4;

export interface SimulatorReport {
  /** clock minus truth at each second, s */
  readonly errors: readonly number[];
  /** what the node answered to the client, with the true time of its coming, Unix ns */
  readonly answers: readonly { readonly bytes: Uint8Array; readonly trueNs: bigint }[];
  /** the node's last request before its end of the connection was closed */
  readonly lastRequest: number;
}

export interface SimulatorOptions {
  readonly path: string;
  readonly seconds: number;
  /** true seconds at which the client asks */
  readonly asks: readonly number[];
}

/** Listens at `path`; the promise is kept when the one node that came has gone. */
export function startSimulator(options: SimulatorOptions): Promise<SimulatorReport> {
  const library = loadKoffi().load(null);
  const listen = library.func('int listen(int, int)');
  const accept = library.func('int accept(int, void *, void *)');
  const listener = openSocket(AF.unix, SOCK.seqpacket, 'the simulator');
  const address = new Uint8Array(abi().struct.sockaddrUn.size);
  const length = writeUnixAddress(new DataView(address.buffer), options.path);
  if (libc().bind(listener, address, length) !== 0 || listen(listener, 1) !== 0)
    throw new Error(`nothing can listen at ${options.path}`);
  return new Promise((resolve, reject) => {
    const look = () => {
      const fd: unknown = accept(listener, null, null);
      if (typeof fd !== 'number' || fd < 0) {
        setTimeout(look, 20);
        return;
      }
      closeSocket(listener);
      new Simulator(connection(fd), options).run().then(resolve, reject);
    };
    look();
  });
}

class Simulator {
  readonly #world = new VirtualWorld({ startUnixSecond: START_DATE });
  readonly #clock: SimClock;
  readonly #noise: PulseNoise = createNoise('N1u', 1);
  readonly #errors: number[] = [];
  readonly #answers: { bytes: Uint8Array; trueNs: bigint }[] = [];
  readonly #timex = new DataView(new ArrayBuffer(abi().struct.timex.size));
  #sample: readonly [local: number, offset: number] | undefined;
  #packet: Uint8Array | undefined;
  #lastRequest = 0;

  constructor(
    private readonly node: SeqpacketConnection,
    private readonly options: SimulatorOptions,
  ) {
    const { clock } = this.#world.addHost({
      oscillator: createOscillator('W9', 1),
      startErrorSeconds: 0.05,
      stamps: 'served',
      maxFrequency: 0.1,
    });
    this.#clock = clock;
    this.#world.onSecond((k) => {
      const error = clock.errorSeconds();
      this.#errors.push(error);
      this.#sample = [this.#real(), error + this.#noise.next()];
      if (options.asks.includes(k))
        this.#world.at(k + PATH_SECONDS, () => {
          this.#packet = clientRequest(unixNsToNtp(this.#world.kernelNs(k)));
        });
    });
    this.#world.runUntil(0);
    packTimex(this.#timex, { status: 0x40, scaledFrequency: 0, tickUs: 10_000, maxErrorUs: 16_000_000 });
  }

  async run(): Promise<SimulatorReport> {
    try {
      while (!this.node.closed) {
        // A node that is never late would otherwise leave the test's own timers and pipes no turn.
        await new Promise((resolve) => setImmediate(resolve));
        const request = this.node.receive(20);
        if (request !== undefined)
          this.#serve(new DataView(request.buffer, request.byteOffset, request.length));
      }
    } finally {
      // A node that was refused would wait for an answer for ever.
      this.node.close();
    }
    return { errors: this.#errors, answers: this.#answers, lastRequest: this.#lastRequest };
  }

  #serve(request: DataView): void {
    const code = request.getInt32(0, true);
    const size = request.byteLength - 8;
    if (code !== SEND && REQUEST_SIZES[code] !== size) throw new Error(`request ${code} of ${size} bytes`);
    if (this.#lastRequest === 11) throw new Error('a request after the node has left');
    this.#lastRequest = code;
    const body = new DataView(request.buffer, request.byteOffset + 8, size);
    switch (code) {
      case 1:
        if (body.getUint32(0, true) !== NODE) throw new Error('the node has another number');
        this.#reply(8, (reply) => reply.setUint32(4, 1, true));
        break;
      case 2:
        this.#reply(40, (reply) => this.#writeTime(reply, 0));
        break;
      case 4:
        this.#adjtimex(new DataView(body.buffer, body.byteOffset + 8, this.#timex.byteLength));
        break;
      case 6:
        this.#select(body.getFloat64(0, true));
        break;
      case SEND: {
        const bytes = new Uint8Array(body.buffer, body.byteOffset + 24, body.getUint32(20, true)).slice();
        const trueNs = this.#world.kernelNs(this.#world.now() + PATH_SECONDS);
        if (body.getUint32(8, true) === 0 && body.getUint32(16, true) === CLIENT_PORT)
          this.#answers.push({ bytes, trueNs });
        break;
      }
      case 8: {
        const packet = this.#packet ?? new Uint8Array();
        this.#packet = undefined;
        this.#reply(24 + packet.length, (reply) => {
          const words = [packet.length === 0 ? 0 : 1, 0, 0, CLIENT_PORT, 123, packet.length];
          for (const [i, word] of words.entries()) reply.setUint32(4 * i, word, true);
          new Uint8Array(reply.buffer, 24).set(packet);
        });
        break;
      }
      case 9:
        this.#reply(24, (reply) => {
          reply.setFloat64(0, this.#sample?.[0] ?? 0, true);
          reply.setFloat64(8, this.#sample?.[1] ?? 0, true);
          reply.setInt32(16, this.#sample === undefined ? 0 : 1, true);
        });
    }
  }

  #select(timeout: number): void {
    const due = this.#clock.monotonicSeconds() + timeout;
    let result = 0;
    for (;;) {
      const now = this.#world.now();
      // Compared in true time, which then goes on: the monotonic reading may stay a last bit before what is due.
      const dueAt = this.#clock.trueTimeOfMonotonic(due);
      if (now >= this.options.seconds) result = 3;
      else if (this.#packet !== undefined) result = 1;
      else if (dueAt > now) {
        const second = Math.floor(now) + 1;
        const asked = this.options.asks.map((k) => k + PATH_SECONDS).find((t) => t > now) ?? second;
        this.#world.runUntil(Math.min(second, asked, dueAt));
        continue;
      }
      break;
    }
    this.#reply(64, (reply) => {
      reply.setInt32(0, result, true);
      this.#writeTime(reply, 24);
    });
  }

  #adjtimex(change: DataView): void {
    const at = abi().struct.timex.at;
    const modes = change.getUint32(at.modes, true);
    const copy = (bit: number, offset: number) => {
      if ((modes & bit) !== 0) this.#timex.setBigInt64(offset, change.getBigInt64(offset, true), true);
    };
    copy(0x2, at.freq);
    copy(0x4, at.maxerror);
    copy(0x8, at.esterror);
    copy(0x4000, at.tick);
    if ((modes & 0x10) !== 0) this.#timex.setInt32(at.status, change.getInt32(at.status, true) & 0xff, true);
    if ((modes & 0x100) !== 0)
      this.#clock.step(
        Number(change.getBigInt64(at.timeSec, true)) + Number(change.getBigInt64(at.timeUsec, true)) * 1e-9,
      );
    const { scaledFrequency, tickUs } = unpackTimex(this.#timex, 0);
    this.#clock.setFrequency((tickUs - 10_000) * 1e-4 + (scaledFrequency / 65536) * 1e-6);
    this.#reply(8 + this.#timex.byteLength, (reply) =>
      new Uint8Array(reply.buffer, 8).set(new Uint8Array(this.#timex.buffer)),
    );
  }

  #real(): number {
    return this.#world.now() + this.#clock.errorSeconds();
  }

  #writeTime(view: DataView, at: number): void {
    const clock = this.#clock;
    const times = [this.#real(), clock.monotonicSeconds(), 0, this.#world.now(), clock.frequencyError()];
    for (const [i, value] of times.entries()) view.setFloat64(at + 8 * i, value, true);
  }

  #reply(length: number, fill: (reply: DataView) => void): void {
    const bytes = new Uint8Array(length);
    fill(new DataView(bytes.buffer));
    this.node.send(bytes);
  }
}
