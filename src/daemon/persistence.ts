/**
 * What is kept over a restart and when: drift file, last right time, what the reference clocks learned.
 * A card that cannot be written never stops the time; it is said.
 */
import { decodeDriftFile, encodeDriftFile } from '../discipline/drift-file.js';
import type { DriftState } from '../discipline/types.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import { GpsSource } from '../source/refclock/gps-source.js';
import { builtAtNs } from '../version.js';
import type { Engine } from './engine.js';
import { loadState, type SavedState, saveState } from './saved-state.js';
import type { StateStore } from './state-store.js';

/** Forty years from the build: nobody runs this copy then. */
const BELIEVABLE_NS = 40n * 365n * 86_400n * 1_000_000_000n;

export class Persistence {
  readonly saved: SavedState;
  private lastRightNs: bigint;

  constructor(
    private readonly store: StateStore,
    private readonly driftPath: string,
    private readonly log: Log,
  ) {
    this.saved = loadState(store, log, builtAtNs + BELIEVABLE_NS);
    this.lastRightNs = this.saved.lastRightNs;
  }

  /** Undefined: none, or none that can be used. */
  readDrift(): DriftState | undefined {
    try {
      const text = this.store.read(this.driftPath);
      const drift = text === undefined ? undefined : decodeDriftFile(text);
      if (text !== undefined && drift === undefined) {
        this.log.write(
          'warning',
          'drift-file-bad',
          `${this.driftPath} holds no frequency; it is learned anew`,
        );
      }
      return drift;
    } catch (error) {
      this.log.write('warning', 'drift-file-unreadable', explain(error));
      return undefined;
    }
  }

  /** `nowNs`: served time. */
  save(engine: Engine, nowNs: bigint): void {
    const drift = engine.discipline.drift(nowNs);
    try {
      if (drift !== undefined) this.store.write(this.driftPath, encodeDriftFile(drift));
    } catch (error) {
      this.log.write('warning', 'drift-file-unwritten', explain(error));
    }
    const refclocks: Record<string, unknown> = { ...this.saved.refclocks };
    for (const source of engine.all()) {
      if (source instanceof GpsSource) refclocks[source.view().address] = source.exportState();
    }
    // The floor below which receivers are not believed: their own word alone sets it. A server that is wrong by decades
    // would move them by 1024 weeks for ever.
    const { state, stratum } = engine.system();
    if (state === 'synchronised' && stratum === 1) this.lastRightNs = nowNs;
    saveState(this.store, { lastRightNs: this.lastRightNs, refclocks }, this.log);
  }
}
