/**
 * The line to a receiver's twin, good or bad: speeds that must agree, time that bytes take, bytes that are lost both ways.
 * Deterministic from a seed.
 */
import type { ByteLink, ByteLinkHandler, LineSpeed, LinkPort } from '../ports/byte-link.js';
import { every, type Scheduler, type Timer } from '../ports/scheduler.js';
import { RandomStream, STREAM } from './random.js';
import type { ReceiverTwin } from './receiver-twin.js';

export interface TwinLinkOptions {
  readonly twin: ReceiverTwin;
  readonly scheduler: Scheduler;
  /** served time, ns: the stamp of bytes */
  readonly now: () => bigint;
  /** true time, ns; default the served one */
  readonly truth?: () => bigint;
  readonly port?: LinkPort;
  /** of our end; default the twin's at the start */
  readonly baud?: number;
  /** between a question and its answer, s; default 0.03 */
  readonly answerSeconds?: number;
  /** chance of each frame to lose a byte, each way; default 0 */
  readonly loss?: number;
  readonly seed?: number;
}

export interface TwinLink extends ByteLink {
  /** Stops and starts the power of the receiver. */
  powerCycle(): void;
  unplug(): void;
  /** Bytes arrive that the twin did not send. */
  inject(bytes: Uint8Array): void;
  plug(): void;
}

const secondOf = (ns: bigint): bigint => ((ns + 500_000_000n) / 1_000_000_000n) * 1_000_000_000n;

/** The messages of a second begin this long after it, s. */
const BURST_SECONDS = 0.1;

export function createTwinLink(options: TwinLinkOptions): TwinLink {
  const {
    twin,
    scheduler,
    now,
    truth = now,
    port = 'uart',
    answerSeconds = 0.03,
    loss = 0,
    seed = 1,
  } = options;
  const random = new RandomStream(seed, STREAM.twinLine);
  let handler: ByteLinkHandler | undefined;
  let turns: Timer | undefined;
  let up = true;
  let baud = options.baud ?? twin.baud;
  const understands = () => port !== 'uart' || baud === twin.baud;
  const damaged = (bytes: Uint8Array): Uint8Array => {
    if (!understands()) return bytes.map((byte) => (byte * 37 + 11) & 0xff);
    if (random.uniform() >= loss) return bytes;
    const at = Math.floor(random.uniform() * bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
  };
  const deliver = (frames: readonly Uint8Array[], seconds: number) => {
    for (const frame of frames)
      scheduler.after(seconds, () => {
        const bytes = damaged(frame);
        if (up && bytes.length > 0) handler?.bytes(bytes.slice(), now());
      });
  };
  const speed: LineSpeed = {
    get baud() {
      return baud;
    },
    change(next) {
      baud = next;
    },
  };
  return {
    name: 'twin',
    port,
    speed: port === 'uart' ? speed : undefined,
    open(given) {
      handler = given;
      turns = every(scheduler, 1, () => deliver(twin.second(secondOf(truth())), BURST_SECONDS));
      if (up) given.up();
    },
    write(bytes) {
      if (!up || handler === undefined || !understands()) return;
      deliver(twin.receive(damaged(bytes)), answerSeconds);
    },
    async close() {
      handler = undefined;
      turns?.cancel();
    },
    powerCycle() {
      twin.powerCycle();
    },
    inject(bytes) {
      if (up) handler?.bytes(bytes.slice(), now());
    },
    unplug() {
      if (!up) return;
      up = false;
      handler?.down('unplugged');
    },
    plug() {
      if (up) return;
      up = true;
      handler?.up();
    },
  };
}
