/**
 * System variables: what this clock says of itself to the world, out of selection and discipline. A pure function of
 * them and of what was said before; reads no clock, keeps no state.
 *
 * The policy when every source is lost (holdover). Leap, stratum, refid and reference time stay as they were, and the root
 * dispersion grows by PHI = 15 ppm, or by the discipline's own bound where that is worse; clients see the distance grow
 * and choose for themselves. When the root distance reaches `maximumDistanceSeconds` (the daemon's default is
 * `tos maxdist`, 1.5 s, about 27 hours at 15 ppm) the clock says that it is not synchronised: leap 3, stratum 16, refid
 * DROP. With `tos orphan N` it becomes an orphan parent instead, `tos orphanwait` seconds after the loss.
 * Sources: RFC 5905 §11.2.3 figure 25, A.5.5.4 (update), §9.2; ntpd 4.2.8's orphan mode and leap vote.
 */
import type { TosConfig } from '../config/types.js';
import type { DisciplineState } from '../discipline/types.js';
import type { Leap } from '../ports/clock.js';
import { MAX_STRATUM, PHI } from './constants.js';
import { ORPHAN_REFID, orphanEnabled } from './orphan.js';
import { refidOfText } from './refid.js';
import type { Candidate, SelectionResult } from './types.js';

export type SyncState = 'unsynchronised' | 'synchronised' | 'holdover' | 'orphan';

export interface SystemVariables {
  readonly state: SyncState;
  readonly leap: Leap;
  /** 1 .. 16; 16 goes on the wire as 0 */
  readonly stratum: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  /** at monoNs; a reader adds PHI for each second since */
  readonly rootDispersionSeconds: number;
  /** the part of it that came with the source, without our own clock's */
  readonly sourceDispersionSeconds: number;
  /** four bytes */
  readonly refid: Uint8Array;
  /** served time of the last update, Unix ns; 0n: never */
  readonly referenceTimeNs: bigint;
  readonly systemPeer: number | undefined;
  /** the instant of all this, monotonic and served */
  readonly monoNs: bigint;
  readonly nowNs: bigint;
  /** monotonic time since when there is no source; undefined: there is one */
  readonly lostSinceNs: bigint | undefined;
}

/** What the system takes over from its peer, beside the candidate. */
export interface SystemPeer {
  readonly id: number;
  /** refid.ts, servedRefid() */
  readonly refid: Uint8Array;
  /** served time of its last sample, Unix ns */
  readonly updatedNs: bigint;
}

export interface SystemInput {
  readonly monoNs: bigint;
  /** served time, Unix ns */
  readonly nowNs: bigint;
  readonly precisionLog2: number;
  readonly candidates: readonly Candidate[];
  readonly selection: SelectionResult;
  /** undefined, or of another id than selection.systemPeer: as if there were none */
  readonly peer: SystemPeer | undefined;
  readonly discipline: Pick<DisciplineState, 'phase' | 'offsetSeconds' | 'boundSeconds'>;
  /** from a leap file in force or the daemon's own schedule; undefined: unknown, the survivors vote */
  readonly leapNotice: 0 | 1 | 2 | undefined;
  /** shown while the clock has not been set: before the first time, or after a step that cleared everything */
  readonly kiss: 'INIT' | 'STEP';
  readonly tos: TosConfig;
  /** root distance at which holdover ends, s */
  readonly maximumDistanceSeconds: number;
}

/** What a clock says that has just been started. */
export const initialSystem = (monoNs: bigint, nowNs: bigint, precisionLog2: number): SystemVariables => ({
  state: 'unsynchronised',
  leap: 3,
  stratum: MAX_STRATUM,
  precisionLog2,
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0,
  sourceDispersionSeconds: 0,
  refid: refidOfText('INIT'),
  referenceTimeNs: 0n,
  systemPeer: undefined,
  monoNs,
  nowNs,
  lostSinceNs: monoNs,
});

export function nextSystem(previous: SystemVariables, input: SystemInput): SystemVariables {
  const { selection, peer } = input;
  const candidate = input.candidates.find((c) => c.id === selection.systemPeer);
  const base = {
    precisionLog2: input.precisionLog2,
    monoNs: input.monoNs,
    nowNs: input.nowNs,
  };
  if (
    candidate !== undefined &&
    peer?.id === candidate.id &&
    candidate.stratum + 1 < MAX_STRATUM &&
    input.discipline.phase !== 'unset'
  ) {
    const said = followed(candidate, peer, input);
    // A clock that has still far to go (never stepped, only slewed) is not to be believed by those who ask no distance.
    if (said.rootDelaySeconds / 2 + said.rootDispersionSeconds < input.maximumDistanceSeconds)
      return { ...base, ...said };
    return { ...base, ...unsynchronised(previous, input), lostSinceNs: undefined };
  }
  const lostSinceNs = previous.lostSinceNs ?? input.monoNs;
  const lostSeconds = Number(input.monoNs - lostSinceNs) / 1e9;
  const alone = selection.systemPeer === undefined;
  if (alone && orphanEnabled(input.tos) && lostSeconds >= input.tos.orphanwait)
    return { ...base, ...orphan(input), lostSinceNs };
  if (previous.state === 'synchronised' || previous.state === 'holdover') {
    const held = hold(previous, input);
    if (held.rootDelaySeconds / 2 + held.rootDispersionSeconds < input.maximumDistanceSeconds)
      return { ...previous, ...base, ...held, state: 'holdover', systemPeer: undefined, lostSinceNs };
  }
  return { ...base, ...unsynchronised(previous, input), lostSinceNs };
}

type Said = Omit<SystemVariables, 'precisionLog2' | 'monoNs' | 'nowNs'>;

function unsynchronised(previous: SystemVariables, input: SystemInput): Omit<Said, 'lostSinceNs'> {
  const wasSet = previous.referenceTimeNs !== 0n && input.discipline.phase !== 'unset';
  return {
    state: 'unsynchronised',
    leap: 3,
    stratum: MAX_STRATUM,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    sourceDispersionSeconds: 0,
    refid: refidOfText(wasSet ? 'DROP' : input.kiss),
    referenceTimeNs: previous.referenceTimeNs,
    systemPeer: undefined,
  };
}

/**
 * RFC 5905 figure 25, the increment bounded from below by `tos mindist`. The offset counts as the sources have it, too: a
 * discipline that has not heard of a new peer yet, or does not believe it yet, knows nothing of it.
 */
function followed(candidate: Candidate, peer: SystemPeer, input: SystemInput): Said {
  const { offsetSeconds, boundSeconds } = input.discipline;
  const own = Math.max(
    input.tos.mindist,
    input.selection.jitterSeconds +
      Math.max(Math.abs(offsetSeconds), Math.abs(input.selection.offsetSeconds)),
    Number.isFinite(boundSeconds) ? boundSeconds : 0,
  );
  return {
    state: 'synchronised',
    leap: input.leapNotice ?? votedLeap(input.candidates, input.selection),
    stratum: candidate.stratum + 1,
    rootDelaySeconds: candidate.rootDelaySeconds,
    rootDispersionSeconds: candidate.rootDispersionSeconds + own,
    sourceDispersionSeconds: candidate.rootDispersionSeconds,
    refid: peer.refid,
    referenceTimeNs: peer.updatedNs,
    systemPeer: candidate.id,
    lostSinceNs: undefined,
  };
}

/** An orphan parent tells no truth, only one time for all (ntpd serves it with no delay and no dispersion). */
function orphan(input: SystemInput): Omit<Said, 'lostSinceNs'> {
  return {
    state: 'orphan',
    leap: input.leapNotice ?? 0,
    stratum: input.tos.orphan,
    rootDelaySeconds: 0,
    rootDispersionSeconds: input.tos.mindist,
    sourceDispersionSeconds: 0,
    refid: ORPHAN_REFID,
    referenceTimeNs: input.nowNs,
    systemPeer: undefined,
  };
}

function hold(
  previous: SystemVariables,
  input: SystemInput,
): Pick<SystemVariables, 'leap' | 'rootDelaySeconds' | 'rootDispersionSeconds'> {
  const elapsed = Math.max(0, Number(input.monoNs - previous.monoNs) / 1e9);
  const bound = input.discipline.boundSeconds;
  // A leap that was announced holds until the month ends, where every leap stands.
  const announced = previous.leap !== 0 && sameMonth(previous.nowNs, input.nowNs) ? previous.leap : 0;
  return {
    leap: input.leapNotice ?? announced,
    rootDelaySeconds: previous.rootDelaySeconds,
    rootDispersionSeconds: Math.max(
      previous.rootDispersionSeconds + PHI * elapsed,
      previous.sourceDispersionSeconds + (Number.isFinite(bound) ? bound : 0),
      contested(input),
    ),
  };
}

/** Sources that contradict each other, with no majority: any of them may be right, and our clock wrong by so much. */
function contested({ candidates, selection }: SystemInput): number {
  const offsets = candidates.map((candidate) => {
    if (selection.fates.get(candidate.id) !== 'falsetick') return 0;
    return Math.abs(candidate.offsetSeconds) + candidate.jitterSeconds + candidate.rootDispersionSeconds;
  });
  return Math.max(0, ...offsets);
}

/** A refclock's word wins (it has it from the sky); else the majority of the survivors (ntpd 4.2.8). */
export function votedLeap(candidates: readonly Candidate[], selection: SelectionResult): 0 | 1 | 2 {
  const survivors = candidates.filter((c) => selection.survivors.includes(c.id));
  for (const leap of [1, 2] as const) {
    const votes = survivors.filter((c) => c.leap === leap);
    if (votes.some((c) => c.stratum === 0) || 2 * votes.length > survivors.length) return leap;
  }
  return 0;
}

const sameMonth = (aNs: bigint, bNs: bigint): boolean => monthOf(aNs) === monthOf(bNs);

/** Months since 1970-01 (UTC). */
function monthOf(unixNs: bigint): number {
  const date = new Date(Number(unixNs / 1_000_000n));
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}
