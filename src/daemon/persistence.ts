/**
 * What is kept over a restart and when: drift file, last right time, what the reference clocks learned.
 * A card that cannot be written never stops the time; it is said.
 */
import { decodeDriftFile, encodeDriftFile } from '../discipline/drift-file.js';
import type { DriftState } from '../discipline/types.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import { GpsSource } from '../source/refclock/gps-source.js';
import { readSavedRefclock } from '../source/refclock/saved-state.js';
import { builtAtNs } from '../version.js';
import type { Engine } from './engine.js';
import { loadState, type SavedState, saveState } from './saved-state.js';
import type { StateStore } from './state-store.js';

/** Forty years from the build: nobody runs this copy then. */
const BELIEVABLE_NS = 40n * 365n * 86_400n * 1_000_000_000n;

/** What is known so many times better than it was saved is worth a write. */
const BETTER = 2;

export class Persistence {
  readonly saved: SavedState;
  private lastRightNs: bigint;
  /** of the frequency in the drift file, dimensionless */
  private uncertainty = Number.POSITIVE_INFINITY;
  /** surveyed places in the saved state */
  private places: string;

  constructor(
    private readonly store: StateStore,
    private readonly driftPath: string,
    private readonly log: Log,
  ) {
    this.saved = loadState(store, log, builtAtNs + BELIEVABLE_NS);
    this.lastRightNs = this.saved.lastRightNs;
    this.places = placesIn(this.saved.refclocks);
  }

  /** No time before this is true: when this program was made, or last knew the time; Unix ns. */
  get floorNs(): bigint {
    const { lastRightNs } = this.saved;
    return lastRightNs > builtAtNs ? lastRightNs : builtAtNs;
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
      this.uncertainty = drift?.frequencyUncertainty ?? Number.POSITIVE_INFINITY;
      return drift;
    } catch (error) {
      this.log.write('warning', 'drift-file-unreadable', explain(error));
      return undefined;
    }
  }

  /** As save(), if there is something new: a surveyed place, or a frequency known much better than what was saved. */
  saveNews(engine: Engine, nowNs: bigint): void {
    const { frequencyUncertainty = Number.POSITIVE_INFINITY } = engine.discipline.drift(nowNs) ?? {};
    const isBetter = frequencyUncertainty * BETTER < this.uncertainty;
    if (isBetter || placesIn(this.refclocks(engine)) !== this.places) this.save(engine, nowNs);
  }

  /** `nowNs`: served time. */
  save(engine: Engine, nowNs: bigint): void {
    const drift = engine.discipline.drift(nowNs);
    try {
      if (drift !== undefined) {
        this.store.write(this.driftPath, encodeDriftFile(drift));
        this.uncertainty = drift.frequencyUncertainty;
      }
    } catch (error) {
      this.log.write('warning', 'drift-file-unwritten', explain(error));
    }
    const refclocks = this.refclocks(engine);
    this.places = placesIn(refclocks);
    // The floor below which receivers are not believed: their own word alone sets it. A server that is wrong by decades
    // would move them by 1024 weeks for ever.
    const { state, stratum } = engine.system();
    if (state === 'synchronised' && stratum === 1) this.lastRightNs = nowNs;
    saveState(this.store, { lastRightNs: this.lastRightNs, refclocks }, this.log);
  }

  private refclocks(engine: Engine): Readonly<Record<string, unknown>> {
    const refclocks: Record<string, unknown> = { ...this.saved.refclocks };
    for (const source of engine.all())
      if (source instanceof GpsSource) refclocks[source.view().address] = source.exportState();
    return refclocks;
  }
}

const placesIn = (refclocks: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(refclocks).map(([name, state]) => [name, readSavedRefclock(state)?.place]));
