/**
 * Whose samples set the clock, and what each is worth as a measurement. Owns the step from selection to discipline; both are
 * others'. Pure.
 */
import type { Measurement } from '../discipline/types.js';
import type { Candidate, Sample, SelectionResult } from '../source/types.js';

/** Stands for all survivors where they speak together; no source has this id. */
const TOGETHER = 0;

/** A source whose samples count. */
export interface Speaker {
  readonly candidate: Candidate;
  /** of the servers that speak together, s; undefined: this one speaks alone */
  readonly spreadSeconds: number | undefined;
}

export const isServer = ({ stratum, lastResort }: Candidate): boolean => stratum > 0 && !lastResort;

/** Undefined: the samples of the source with this id do not count. */
export function speaker(
  id: number,
  candidates: readonly Candidate[],
  { systemPeer, survivors }: SelectionResult,
): Speaker | undefined {
  const candidate = candidates.find((c) => c.id === id);
  const leader = candidates.find((c) => c.id === systemPeer);
  // Servers speak together unless one is preferred: each survivor's samples count, as they come.
  const together = leader !== undefined && isServer(leader) && !leader.prefer && survivors.length > 1;
  const counts = candidate === leader || (together && candidate !== undefined && isServer(candidate));
  if (candidate === undefined || !counts || !survivors.includes(id)) return undefined;
  return { candidate, spreadSeconds: together ? spreadOf(candidates, survivors) : undefined };
}

export function measurementOf({ candidate, spreadSeconds: spread }: Speaker, sample: Sample): Measurement {
  const server = candidate.stratum > 0;
  // Who of them is right nobody knows: what they are apart is an error of each.
  const noiseOf = (path: number) => Math.max(1e-7, sample.dispersionSeconds, Math.hypot(path, spread ?? 0));
  return {
    offsetSeconds: sample.offsetSeconds,
    monoNs: sample.monoNs,
    movedSeconds: sample.movedSeconds,
    // A prior only; of a pulse its own dispersion, because its jitter still holds the unknown frequency at first.
    noiseSeconds: noiseOf(server ? (sample.noise?.noiseSeconds ?? candidate.jitterSeconds) : 0),
    usualNoiseSeconds: sample.noise === undefined ? undefined : noiseOf(sample.noise.usualSeconds),
    sourceId: spread === undefined ? candidate.id : TOGETHER,
    kind: server ? 'network' : 'pulse',
    weighed: spread !== undefined || sample.noise !== undefined,
  };
}

/** How far servers are from their mean, root mean square, s. */
function spreadOf(candidates: readonly Candidate[], survivors: readonly number[]): number {
  const offsets = candidates
    .filter((c) => isServer(c) && survivors.includes(c.id))
    .map(({ offsetSeconds }) => offsetSeconds);
  const mean = offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length;
  return Math.sqrt(offsets.reduce((sum, offset) => sum + (offset - mean) ** 2, 0) / offsets.length);
}
