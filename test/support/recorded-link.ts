/**
 * A recorded receiver on a simulated serial line: the bytes of each true second begin some time behind it and run at
 * the pace of the line, in virtual time. The counterpart of pty-player.ts.
 */
import type { ByteLink, ByteLinkHandler } from '../../src/ports/byte-link.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Timer } from '../../src/ports/scheduler.js';
import { RandomStream } from '../../src/sim/random.js';
import type { World } from '../../src/sim/utc-scale.js';
import type { Recording } from './recording.js';

export interface RecordedLinkOptions {
  readonly recording: Recording;
  readonly seed: number;
  /** first byte behind the second: mean and standard deviation, s */
  readonly delaySeconds: number;
  readonly jitterSeconds: number;
  /** default 9600 */
  readonly baud?: number;
  /** bytes handed over at once, default 16; the stamp is that of the last */
  readonly chunkBytes?: number;
  /** changes the bytes of second k on their way, as a bad line does */
  readonly damage?: (bytes: Uint8Array, k: number) => Uint8Array;
}

const JITTER_STREAM = 77;

export function recordedLink(world: World, clock: Clock, options: RecordedLinkOptions): ByteLink {
  const { recording, seed, delaySeconds, jitterSeconds, baud = 9600, chunkBytes = 16 } = options;
  const random = new RandomStream(seed, JITTER_STREAM);
  const timers = new Set<Timer>();
  let handler: ByteLinkHandler | undefined;
  let free = 0;
  const at = (t: number, action: () => void) => {
    const timer = world.at(t, () => {
      timers.delete(timer);
      action();
    });
    timers.add(timer);
  };
  const second = (k: number) => {
    const recorded = recording.bytes(Number(world.kernelNs(k) / 1_000_000_000n));
    const bytes = options.damage?.(recorded, k) ?? recorded;
    let end = Math.max(k + 0.001, k + delaySeconds + jitterSeconds * random.normal(), free);
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      const chunk = bytes.slice(from, from + chunkBytes);
      end += (chunk.length * 10) / baud;
      at(end, () => handler?.bytes(chunk, clock.now()));
    }
    free = end;
    at(k + 1, () => second(k + 1));
  };
  return {
    name: 'recorded receiver',
    open(given) {
      handler = given;
      at(world.now(), () => given.up());
      const first = Math.ceil(world.now());
      at(first, () => second(first));
    },
    write() {},
    async close() {
      handler = undefined;
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}
