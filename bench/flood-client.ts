/**
 * The measuring clients: plain and cookie-authenticated requests by turns at a fixed rate, whatever comes back (an open loop,
 * so that a slow server is not asked less). Latency is from right before the send call to the kernel's receive stamp.
 */
import { realtimeStampClock } from '../drivers/linux/clock.js';
import { LinuxPacketBatch } from '../drivers/linux/packet-batch.js';
import { makeThreadRealtime } from '../drivers/linux/priority.js';
import { closeSocket, openServerSocket } from '../drivers/linux/server-socket.js';
import { AT, HEADER_LENGTH } from '../src/wire/header.js';
import { CLIENT, cookiePacket, cookieSealer, plainPacket, SERVER } from './flood-packets.js';

export const KINDS = ['plain', 'cookie'] as const;
export type Kind = (typeof KINDS)[number];

/** Microseconds, sorted; what did not come back is Infinity. */
export type Latencies = Readonly<Record<Kind, Float64Array>>;

/** Before everything else here, the server's own real-time thread included, as another machine's packets would come. */
const REALTIME_PRIORITY = 2;
/** ms; so long is slept when nothing is due */
const NAP_MS = 0.1;
/** A generator that comes late sends no heap of packets, which would measure the heap: it goes on from where it is. */
const MOST_AT_ONCE = 16;
/** s; what has not come by then is lost */
const LAST_WAIT = 0.5;

export class FloodClient {
  readonly #batch = new LinuxPacketBatch();
  readonly #clock = realtimeStampClock();
  readonly #socket = openServerSocket({ family: 4, address: '127.0.0.1', port: 0, receiveBuffer: 1 << 21 });
  readonly #plain = plainPacket();
  readonly #cookie: Uint8Array;
  readonly #seal: (bytes: Uint8Array) => void;
  readonly #nap = new Int32Array(new SharedArrayBuffer(4));

  constructor(
    readonly port: number,
    cookie: number,
  ) {
    makeThreadRealtime(REALTIME_PRIORITY);
    this.#cookie = cookiePacket(cookie);
    this.#seal = cookieSealer(cookie);
  }

  close(): void {
    closeSocket(this.#socket);
  }

  /** So many requests of each kind, so many of each a second. */
  measure(samples: number, perSecond: number): Latencies {
    const total = 2 * samples;
    const sentAt = new Float64Array(total);
    const found = { plain: new Float64Array(samples), cookie: new Float64Array(samples) };
    found.plain.fill(Number.POSITIVE_INFINITY);
    found.cookie.fill(Number.POSITIVE_INFINITY);
    // Seconds of this block: a float64 holds them to the nanosecond.
    this.#clock.read();
    const origin = this.#clock.seconds;
    const started = process.hrtime.bigint();
    const elapsed = () => Number(process.hrtime.bigint() - started) / 1e9;
    let sent = 0;
    let skipped = 0;
    let taken = 0;
    for (let last = 0; taken < total && (sent < total || elapsed() - last < LAST_WAIT); ) {
      const planned = Math.floor(elapsed() * 2 * perSecond) - skipped;
      skipped += Math.max(0, planned - sent - MOST_AT_ONCE);
      const due = Math.min(total, planned, sent + MOST_AT_ONCE);
      const isIdle = sent >= due;
      for (; sent < due; sent += 1) {
        this.#send(sent, sentAt, origin);
        last = elapsed();
      }
      const count = this.#take(sentAt, found, origin);
      taken += count;
      if (isIdle && count === 0) Atomics.wait(this.#nap, 0, 0, NAP_MS);
    }
    for (const kind of KINDS) found[kind].sort();
    return found;
  }

  #send(index: number, sentAt: Float64Array, origin: number): void {
    const isPlain = index % 2 === 0;
    const bytes = isPlain ? this.#plain : this.#cookie;
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(AT.transmitTime, BigInt(index) + 1n);
    if (!isPlain) this.#seal(bytes);
    this.#clock.read();
    sentAt[index] = this.#clock.seconds - origin + this.#clock.nanoseconds * 1e-9;
    this.#batch.sendTo(this.#socket, bytes, bytes.length, SERVER, this.port, CLIENT, 0);
  }

  #take(sentAt: Float64Array, found: Latencies, origin: number): number {
    const batch = this.#batch;
    const count = batch.receive(this.#socket);
    let taken = 0;
    for (let i = 0; i < count; i += 1) {
      const index = Number(batch.input(i).getBigUint64(AT.originTime)) - 1;
      // A crypto-NAK, or of the block before: no answer.
      if (index < 0 || index >= sentAt.length) continue;
      const isPlain = index % 2 === 0;
      if (batch.length(i) !== (isPlain ? HEADER_LENGTH : this.#cookie.length)) continue;
      const at = batch.stampSeconds(i) - origin + batch.stampNanoseconds(i) * 1e-9;
      found[isPlain ? 'plain' : 'cookie'][index >> 1] = (at - sentAt[index]!) * 1e6;
      taken += 1;
    }
    return taken;
  }
}
