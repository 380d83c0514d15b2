/**
 * What a restart should find again beside the drift file: when the clock was last right, and what the reference
 * clocks learned. One small JSON file, written hourly and at the end.
 */
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { StateStore } from './state-store.js';

export interface SavedState {
  /** Unix ns of the last moment at which the clock was known to be right; 0n: never */
  readonly lastRightNs: bigint;
  /** learned values of each reference clock, by its 127.127.t.u address */
  readonly refclocks: Readonly<Record<string, unknown>>;
}

export const STATE_FILE = 'state.json';
const NOTHING: SavedState = { lastRightNs: 0n, refclocks: {} };

/**
 * `latestNs`: no time later than this is believed, because a floor in the far future would move receivers' weeks for
 * good. What cannot be read is said and counts as nothing: time must still be served.
 */
export function loadState(store: StateStore, log: Log, latestNs: bigint): SavedState {
  try {
    const text = store.read(STATE_FILE);
    if (text === undefined) return NOTHING;
    const parsed: unknown = JSON.parse(text);
    if (!isRecord(parsed)) return NOTHING;
    const { lastRightNs, refclocks } = parsed;
    const believed = (value: unknown) =>
      typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) <= latestNs;
    return {
      lastRightNs: believed(lastRightNs) ? BigInt(String(lastRightNs)) : 0n,
      refclocks: isRecord(refclocks) ? withoutFarTimes(refclocks, believed) : {},
    };
  } catch (error) {
    log.write('warning', 'state-unreadable', `the saved state is not used: ${explain(error)}`);
    return NOTHING;
  }
}

function withoutFarTimes(
  refclocks: Record<string, unknown>,
  believed: (value: unknown) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(refclocks).map(([address, saved]) => {
      if (!isRecord(saved) || saved['trustedAtNs'] === undefined || believed(saved['trustedAtNs']))
        return [address, saved];
      const { trustedAtNs: _, ...rest } = saved;
      return [address, rest];
    }),
  );
}

export function saveState(store: StateStore, state: SavedState, log: Log): void {
  try {
    const { lastRightNs, refclocks } = state;
    store.write(
      STATE_FILE,
      `${JSON.stringify({ lastRightNs: lastRightNs.toString(), refclocks }, null, 1)}\n`,
    );
  } catch (error) {
    log.write('warning', 'state-unwritten', explain(error));
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
