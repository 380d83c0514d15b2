/**
 * What a peer test stands on: a lab, a folder of files, and the proof that this machine's clock was left alone.
 * Owns their common end.
 */
import { readOnlyKernelClock } from '../../drivers/linux/clock.js';
import { Lab } from './namespace.js';
import { Files, stopAll } from './peers.js';

/** A step shows as a change of realtime - monotonic, which no steering of the frequency changes; s. */
const STEP_SEEN = 0.005;
const READINGS = 5;

export interface ClockWatch {
  /** What has been changed in this machine's clock since; undefined: nothing. */
  changes(): string | undefined;
}

/** Remembers frequency, tick, status, TAI and the distance from the monotonic clock. */
export function watchClock(): ClockWatch {
  const clock = readOnlyKernelClock();
  const look = () => {
    // Of several readings the one that was interrupted least.
    let best = { took: Number.POSITIVE_INFINITY, apart: 0n };
    for (let i = 0; i < READINGS; i += 1) {
      const before = clock.monotonicNs();
      const real = clock.realtimeNs();
      const took = Number(clock.monotonicNs() - before);
      if (took < best.took) best = { took, apart: real - before };
    }
    const { scaledFrequency, tickUs, status, phaseNs, taiOffsetSeconds } = clock.read();
    return { settings: { scaledFrequency, tickUs, status, phaseNs, taiOffsetSeconds }, apart: best.apart };
  };
  const first = look();
  return {
    changes() {
      const now = look();
      const [before, after] = [JSON.stringify(first.settings), JSON.stringify(now.settings)];
      if (before !== after) return `its settings were ${before} and are ${after}`;
      const stepped = Number(now.apart - first.apart) / 1e9;
      return Math.abs(stepped) > STEP_SEEN ? `it was stepped by ${stepped} s` : undefined;
    },
  };
}

export class Scene {
  readonly clock = watchClock();
  readonly lab = new Lab();
  readonly files = new Files();
  readonly #started = performance.now();

  /** What is left of the time that everything together may take; a few seconds at least. */
  secondsLeft(altogether: number): number {
    return Math.max(5, altogether - (performance.now() - this.#started) / 1000);
  }

  /** Ends every program, deletes every namespace and file. */
  async close(): Promise<void> {
    await stopAll();
    this.files.close();
    this.lab.close();
  }
}
