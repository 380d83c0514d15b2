/**
 * A simulated GPS receiver on a serial line, as a ByteLink: writes its messages for each second some time behind the
 * pulse, at the pace of the line, with jitter, lost and flipped bytes and a cable that can be pulled.
 * What it knows is receiver-state.ts; how it says it, nmea-encode.ts and ubx-encode.ts.
 */
import type { ByteLink, ByteLinkHandler } from '../ports/byte-link.js';
import type { Timer } from '../ports/scheduler.js';
import { encodeNmea, type NmeaSentence } from './nmea-encode.js';
import { type Window, within } from './pulse.js';
import { RandomStream, STREAM } from './random.js';
import { ReceiverModel, type ReceiverOptions, type ReceiverState } from './receiver-state.js';
import type { SimClock } from './sim-clock.js';
import {
  ackAck,
  monVer,
  navPvt,
  navSat,
  navTimeLs,
  navTimeUtc,
  secUniqid,
  timTp,
  type UbxMessage,
} from './ubx-encode.js';
import type { World } from './utc-scale.js';

export interface GpsReceiverOptions extends ReceiverOptions {
  readonly seed?: number;
  readonly name?: string;
  /** what it sends each second, in this order; default GGA GSA GSV RMC ZDA */
  readonly messages?: readonly (NmeaSentence | UbxMessage)[];
  /** of NMEA sentences; default GP */
  readonly talker?: string;
  /** first byte behind the second: mean and standard deviation, seconds; default 0.1 and 0.002 */
  readonly delaySeconds?: number;
  readonly jitterSeconds?: number;
  /** 8N1; default 9600 */
  readonly baud?: number;
  /** bytes handed over at once, as a serial driver does; default 64 */
  readonly chunkBytes?: number;
  /** pulse minus ideal at true second k, for TIM-TP; the same function as the pulse's */
  readonly quantisation?: (k: number) => number;
  /** probabilities a byte */
  readonly byteLoss?: number;
  readonly byteFlip?: number;
  /** the line is down */
  readonly unplugged?: readonly Window[];
}

const DEFAULT_MESSAGES: readonly NmeaSentence[] = ['GGA', 'GSA', 'GSV', 'RMC', 'ZDA'];
const BITS_PER_BYTE = 10;
const MINIMUM_DELAY_SECONDS = 0.001;

export class SimGpsReceiver implements ByteLink {
  readonly name: string;
  readonly model: ReceiverModel;
  readonly #world: World;
  readonly #clock: SimClock;
  readonly #options: GpsReceiverOptions;
  readonly #random: RandomStream;
  readonly #byteSeconds: number;
  readonly #timers = new Set<Timer>();
  /** chunks on their way, first in first out: timers of a real machine may come in another order */
  readonly #line: Uint8Array[] = [];
  #handler: ByteLinkHandler | undefined;
  #plugged = true;
  /** true time at which the line has sent all it was given */
  #lineFree = 0;

  constructor(world: World, clock: SimClock, options: GpsReceiverOptions = {}) {
    this.#world = world;
    this.#clock = clock;
    this.#options = options;
    this.name = options.name ?? 'simulated receiver';
    this.model = new ReceiverModel(world.utc, options);
    this.#random = new RandomStream(options.seed ?? 1, STREAM.receiver);
    this.#byteSeconds = BITS_PER_BYTE / (options.baud ?? 9600);
  }

  open(handler: ByteLinkHandler): void {
    this.#handler = handler;
    const now = this.#world.now();
    this.#plugged = !within(this.#options.unplugged ?? [], now);
    for (const window of this.#options.unplugged ?? []) {
      if (window.from > now) this.#at(window.from, () => this.#plug(false));
      if (window.to > now) this.#at(window.to, () => this.#plug(true));
    }
    this.#at(now, () => (this.#plugged ? handler.up() : handler.down('not plugged in')));
    this.#epoch(Math.ceil(now));
  }

  /** Answers polls of MON-VER and SEC-UNIQID and acknowledges configuration; takes whole frames. */
  write(bytes: Uint8Array): void {
    if (this.#handler === undefined || !this.#plugged) return;
    const now = this.#world.now();
    for (let at = 0; at + 8 <= bytes.length; ) {
      if (bytes[at] !== 0xb5 || bytes[at + 1] !== 0x62) {
        at += 1;
        continue;
      }
      const [classId, id] = [bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
      if (classId === 0x0a && id === 0x04) this.#send(monVer(), now);
      else if (classId === 0x27 && id === 0x03) this.#send(secUniqid(), now);
      else if (classId === 0x06) this.#send(ackAck(classId, id), now);
      at += 8 + (bytes[at + 4] ?? 0) + 256 * (bytes[at + 5] ?? 0);
    }
  }

  async close(): Promise<void> {
    this.#handler = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#line.length = 0;
  }

  /** The messages of true second k in one piece. */
  messages(k: number): Uint8Array {
    const state = this.model.at(k);
    const parts = (this.#options.messages ?? DEFAULT_MESSAGES).map((message) =>
      this.#encode(message, state, k),
    );
    return Buffer.concat(parts);
  }

  #encode(message: NmeaSentence | UbxMessage, state: ReceiverState, k: number): Uint8Array {
    switch (message) {
      case 'NAV-PVT':
        return navPvt(state);
      case 'NAV-TIMEUTC':
        return navTimeUtc(state);
      case 'NAV-TIMELS':
        return navTimeLs(state);
      case 'NAV-SAT':
        return navSat(state);
      case 'TIM-TP': {
        const { quantisation } = this.#options;
        return timTp(state, state.valid ? quantisation?.(k + 1) : undefined);
      }
      default:
        return Buffer.from(encodeNmea(message, this.#options.talker ?? 'GP', state), 'latin1');
    }
  }

  /** Plans the messages of second k, and from there those of the next second. */
  #epoch(k: number): void {
    this.#at(k, () => {
      const { delaySeconds, jitterSeconds } = this.#options;
      const wander = (jitterSeconds ?? 0.002) * this.#random.normal();
      const start = k + Math.max(MINIMUM_DELAY_SECONDS, (delaySeconds ?? 0.1) + wander);
      // A line too slow for its messages loses whole seconds, as a receiver's buffer does.
      if (this.#plugged && this.#lineFree < k + 1.5) this.#send(this.messages(k), start);
      // In real time a machine that slept has missed seconds: they are not made up for.
      this.#epoch(Math.max(k + 1, Math.ceil(this.#world.now() - 0.5)));
    });
  }

  #send(message: Uint8Array, earliest: number): void {
    const bytes = this.#damage(message);
    const size = this.#options.chunkBytes ?? 64;
    let end = Math.max(earliest, this.#lineFree);
    for (let from = 0; from < bytes.length; from += size) {
      const chunk = bytes.slice(from, from + size);
      end += chunk.length * this.#byteSeconds;
      this.#line.push(chunk);
      this.#at(end, () => this.#deliver());
    }
    this.#lineFree = end;
  }

  #deliver(): void {
    const chunk = this.#line.shift();
    if (chunk !== undefined && this.#plugged) this.#handler?.bytes(chunk, this.#clock.now());
  }

  #damage(bytes: Uint8Array): Uint8Array {
    const { byteLoss = 0, byteFlip = 0 } = this.#options;
    if (byteLoss === 0 && byteFlip === 0) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (byteLoss > 0 && this.#random.uniform() < byteLoss) continue;
      const flip = byteFlip > 0 && this.#random.uniform() < byteFlip;
      out.push(flip ? byte ^ (1 << (this.#random.raw() & 7)) : byte);
    }
    return Uint8Array.from(out);
  }

  #plug(plugged: boolean): void {
    if (plugged === this.#plugged) return;
    this.#plugged = plugged;
    if (plugged) this.#handler?.up();
    else this.#handler?.down('unplugged');
  }

  #at(t: number, action: () => void): void {
    const timer = this.#world.at(t, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }
}
