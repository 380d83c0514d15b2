/**
 * Who says what the time is besides one source: the others, or this clock itself once it has been set by something
 * beside that source. A source must not confirm itself.
 */
import type { TosConfig } from '../config/types.js';
import type { Reference } from '../source/refclock/environment.js';
import { selectSources } from '../source/select.js';
import type { SystemVariables } from '../source/system.js';
import type { Candidate } from '../source/types.js';

/** So many numbered pulses in a row make this clock a witness of its own. */
const PULSES_THAT_ANCHOR = 60;

export class Witness {
  /** sources that have set this clock */
  private readonly anchors = new Set<number>();
  private pulses = 0;

  /** The clock was set or tracked by this source. */
  saw({ id, pulse }: Candidate): void {
    this.anchors.add(id);
    this.pulses = pulse ? this.pulses + 1 : 0;
  }

  /** Somebody else moved the clock: it vouches for nothing. */
  forget(): void {
    this.anchors.clear();
    this.pulses = 0;
  }

  /** Sources other than `id`, by themselves. */
  others(
    id: number,
    candidates: readonly Candidate[],
    tos: TosConfig,
    nameOf: (id: number) => string | undefined,
  ): Reference | undefined {
    const others = candidates.filter((c) => c.id !== id);
    const result = selectSources(others, tos, undefined);
    const peer = others.find((c) => c.id === result.systemPeer);
    if (peer === undefined || peer.lastResort) return undefined;
    const count = result.survivors.length;
    return {
      offsetSeconds: result.offsetSeconds,
      uncertaintySeconds: peer.rootDelaySeconds / 2 + peer.rootDispersionSeconds + peer.jitterSeconds,
      sources: count,
      from: count === 1 ? (nameOf(peer.id) ?? 'another source') : `${count} other sources`,
    };
  }

  /** This clock as it was set before. `offsetSeconds`: what the discipline believes it to be off by. */
  clock(id: number, system: SystemVariables, offsetSeconds: number): Reference | undefined {
    const independent =
      this.pulses >= PULSES_THAT_ANCHOR || [...this.anchors].some((anchor) => anchor !== id);
    if (!independent || (system.state !== 'synchronised' && system.state !== 'holdover')) return undefined;
    return {
      offsetSeconds,
      uncertaintySeconds: system.rootDelaySeconds / 2 + system.rootDispersionSeconds,
      sources: 1,
      from: 'this clock, as it was set before',
      servedClock: true,
    };
  }
}
