/**
 * Whether a u-blox has started anew, by its own count of milliseconds since its start: one that has stored its settings
 * shows it by nothing else.
 * Source: u-blox 6 and M8 interface descriptions, UBX-NAV-STATUS, msss.
 */
import { UBX } from '../ubx/ids.js';
import { decodeNavStatus } from '../ubx/nav-status.js';
import type { Heard } from './exchange.js';

/** The count has 32 bits and begins again after 49 days: so near to both ends of it that is no new start, ms. */
const WRAP_MS = 120_000;

export class Uptime {
  #lastMs: number | undefined;
  #restarted = false;

  /** True from when it was heard to have started anew. */
  get restarted(): boolean {
    return this.#restarted;
  }

  hear(heard: Heard): void {
    const status =
      heard.kind === 'ubx' && heard.id === UBX.NAV_STATUS ? decodeNavStatus(heard.payload) : undefined;
    if (status?.ok !== true) return;
    const nowMs = status.value.uptimeMs;
    const lastMs = this.#lastMs ?? 0;
    const wraps = lastMs > 2 ** 32 - WRAP_MS && nowMs < WRAP_MS;
    if (nowMs < lastMs && !wraps) this.#restarted = true;
    this.#lastMs = nowMs;
  }
}
