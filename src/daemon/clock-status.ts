/**
 * What the kernel's own copy of the clock's state is told, and when: on change, after a step (which clears it), and now
 * and then, because its error bound grows by itself.
 */
import type { LeapState } from '../discipline/leap.js';
import type { Clock } from '../ports/clock.js';
import type { SystemVariables } from '../source/system.js';

const RENEW_SECONDS = 16;
/** NTP_PHASE_LIMIT: the kernel takes no more, s. */
const LARGEST_ERROR = 16;

export class ClockStatusTeller {
  private toldAtNs: bigint | undefined;
  private told = '';

  constructor(private readonly clock: Clock) {}

  /** The next tell() says everything anew. */
  stale(): void {
    this.toldAtNs = undefined;
  }

  /** Answers true when a leap second was armed by it. */
  tell(system: SystemVariables, leapState: LeapState, boundSeconds: number): boolean {
    const { leap, rootDelaySeconds, rootDispersionSeconds, state, monoNs } = system;
    const synchronised = state === 'synchronised' || state === 'holdover';
    const armed = leap === 3 ? 0 : leap;
    const { taiOffsetSeconds } = leapState;
    const text = `${synchronised} ${armed} ${taiOffsetSeconds}`;
    const due = this.toldAtNs === undefined || Number(monoNs - this.toldAtNs) / 1e9 >= RENEW_SECONDS;
    if (text === this.told && !due) return false;
    const isNews = armed !== 0 && !this.told.startsWith(`${synchronised} ${armed} `);
    this.told = text;
    this.toldAtNs = monoNs;
    this.clock.setStatus({
      synchronised,
      leap: armed,
      maxErrorSeconds: rootDelaySeconds / 2 + rootDispersionSeconds,
      estimatedErrorSeconds: Math.min(boundSeconds, LARGEST_ERROR),
      taiOffsetSeconds,
    });
    return isNews;
  }
}
