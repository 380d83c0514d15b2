/**
 * Who is right, who is best: the mitigation of RFC 5905 §11.2 over all sources at one instant. A pure function.
 * Knows nothing of packets, receivers or the clock; sources say themselves whether they are fit (Candidate.unfit).
 *
 * The order: fit candidates → intersection → `tos maxclock` → cluster → system peer (no hopping) → combine → prefer →
 * pulse. LOCAL and orphan parents are asked only when nothing else is left. Ties are broken by id, so that the same
 * candidates in any order give the same result.
 * Sources: RFC 5905 §11.2, A.5.5; ntpd 4.2.8's rules for prefer, PPS, LOCAL and orphans (its prefer.html, orphan.html).
 */
import type { TosConfig } from '../config/types.js';
import { type Chimer, cluster } from './cluster.js';
import { type Combined, combine } from './combine.js';
import { MAX_STRATUM } from './constants.js';
import { type Interval, intersect, overlaps } from './intersection.js';
import { rootDistance } from './root-distance.js';
import type { Candidate, SelectionFate, SelectionResult } from './types.js';

/** A pulse farther than this from the sources that number it may belong to the next second (ntpd: 0.4 s). */
const PULSE_REACH = 0.4;
const HOP = 4;
/** s */
const COARSE = 0.01;
/** Survivors this many times farther than the system peer would only dilute its offset (chrony's combinelimit). */
const COMBINE_WITHIN = 3;

/** `previousPeer`: the system peer of the last selection. */
export function selectSources(
  candidates: readonly Candidate[],
  tos: TosConfig,
  previousPeer: number | undefined,
): SelectionResult {
  const fates = new Map<number, SelectionFate>(candidates.map(({ id }) => [id, 'reject']));
  const fit = candidates
    .filter((c) => isFit(c, tos))
    .map((candidate) => ({
      candidate,
      chimer: toChimer(candidate, tos),
      interval: intervalOf(candidate, tos),
    }))
    .sort((a, b) => preference(a.chimer, b.chimer, tos));

  const voters = fit.filter((f) => !isLastResort(f.candidate) && !isNumberedByOthers(f.candidate));
  const clique = intersect(voters.map(({ interval }) => interval));
  const agreeing: Fit[] = [];
  for (const voter of voters) {
    const agrees = clique !== undefined && overlaps(voter.interval, clique);
    if (agrees || voter.candidate.alwaysTrue) agreeing.push(voter);
    else fates.set(voter.candidate.id, 'falsetick');
  }
  const doubtful = new Set(contested(agreeing));
  for (const { candidate } of doubtful) fates.set(candidate.id, 'falsetick');
  const truechimers = agreeing.filter((f) => !doubtful.has(f));
  for (const { candidate, interval } of fit) {
    if (!isNumberedByOthers(candidate) || clique === undefined || overlaps(interval, clique)) continue;
    // Beside the receiver that numbers it, one source more is no majority against a pulse.
    const against = truechimers.filter((t) => t.candidate.id !== candidate.numberedBy).length;
    if (against > 1) fates.set(candidate.id, 'falsetick');
  }
  if (truechimers.length === 0) {
    const refuge = lastResort(fit);
    if (refuge !== undefined) truechimers.push(refuge);
  }

  const kept = truechimers.slice(0, Math.max(1, tos.maxclock));
  for (const { candidate } of truechimers.slice(kept.length)) fates.set(candidate.id, 'backup');
  const { survivors, outliers } = cluster(
    kept.map((f) => f.chimer),
    tos.minclock,
  );
  for (const { id } of outliers) fates.set(id, 'outlier');

  const system =
    survivors.length >= tos.minsane && survivors.length > 0 && !isTooEarly(candidates, voters, previousPeer)
      ? mitigate(survivors, kept, clique, tos, previousPeer, fates)
      : undefined;
  const plausible = fit.filter((f) => fates.get(f.candidate.id) !== 'falsetick');
  const pulse = choosePulse(plausible, truechimers, system?.combined, tos, previousPeer);
  if (pulse !== undefined) {
    const others = system?.used.filter((c) => c.id !== pulse.id) ?? [];
    for (const { id } of others) fates.set(id, 'candidate');
    fates.set(pulse.id, 'pps.peer');
    return {
      fates,
      systemPeer: pulse.id,
      survivors: [pulse.id, ...others.map((c) => c.id)],
      offsetSeconds: pulse.offsetSeconds,
      jitterSeconds: pulse.jitterSeconds,
    };
  }
  if (system === undefined) {
    for (const { id } of survivors) fates.set(id, 'candidate');
    return { fates, systemPeer: undefined, survivors: [], offsetSeconds: 0, jitterSeconds: 0 };
  }
  fates.set(system.peer.id, 'sys.peer');
  return {
    fates,
    systemPeer: system.peer.id,
    survivors: [system.peer.id, ...system.used.filter((c) => c !== system.peer).map((c) => c.id)],
    ...system.combined,
  };
}

interface Fit {
  readonly candidate: Candidate;
  readonly chimer: Chimer;
  readonly interval: Interval;
}

interface Mitigated {
  readonly peer: Chimer;
  /** those that the combined offset is made of */
  readonly used: readonly Chimer[];
  readonly combined: Combined;
}

function isFit(candidate: Candidate, tos: TosConfig): boolean {
  if (candidate.unfit !== undefined || candidate.leap === 3) return false;
  if (!Number.isFinite(candidate.offsetSeconds) || !(candidate.jitterSeconds >= 0)) return false;
  // `tos floor` and `ceiling` are about servers; a last resort is there for when they fail.
  if (candidate.stratum >= MAX_STRATUM) return false;
  if (!candidate.lastResort && (candidate.stratum < tos.floor || candidate.stratum >= tos.ceiling))
    return false;
  return rootDistance(candidate, tos.mindist) < tos.maxdist;
}

const toChimer = (candidate: Candidate, tos: TosConfig): Chimer => ({
  id: candidate.id,
  offsetSeconds: candidate.offsetSeconds,
  jitterSeconds: candidate.jitterSeconds,
  stratum: rankOf(candidate, tos),
  distance: rootDistance(candidate, tos.mindist),
  immune: candidate.prefer || candidate.alwaysTrue,
});

/**
 * The stratum by which a candidate is preferred. A reference clock without a pulse that is no better than COARSE (the
 * messages of a receiver) is worth no more than a server that follows a good one.
 */
function rankOf(candidate: Candidate, tos: TosConfig): number {
  const coarse = candidate.stratum === 0 && !candidate.pulse && rootDistance(candidate, tos.mindist) > COARSE;
  return coarse ? 1 : candidate.stratum;
}

/** Where the true time is, as far as this one was measured; never narrower than `tos mindist` either way. */
function intervalOf(candidate: Candidate, tos: TosConfig): Interval {
  const distance = rootDistance(candidate, tos.mindist);
  const error = Math.min(distance, Math.max(tos.mindist, candidate.errorSeconds ?? distance));
  return { low: candidate.offsetSeconds - error, high: candidate.offsetSeconds + error };
}

/**
 * Those that contradict another truechimer with as many on its side: at most one of the two is right, and nobody can say
 * which. A third whose interval is wide enough for both makes a majority with either, so that intersect() takes both.
 */
function contested(truechimers: readonly Fit[]): readonly Fit[] {
  const agrees = (a: Fit, b: Fit) => overlaps(a.interval, b.interval);
  const support = new Map(truechimers.map((a) => [a, truechimers.filter((b) => agrees(a, b)).length]));
  return truechimers.filter(
    (a) =>
      !a.candidate.alwaysTrue &&
      truechimers.some((b) => !agrees(a, b) && (support.get(b) ?? 0) >= (support.get(a) ?? 0)),
  );
}

/**
 * Whoever is ready first must not set the clock while the others, who may outvote it, are about to speak. A refclock's
 * word is enough, and so is that of a peer that was followed before.
 */
const isTooEarly = (
  candidates: readonly Candidate[],
  voters: readonly Fit[],
  previousPeer: number | undefined,
): boolean =>
  previousPeer === undefined &&
  candidates.some((c) => c.settling === true) &&
  !voters.some((f) => f.candidate.stratum === 0);

/** RFC 5905 §11.2.2: the merit factor, stratum first, then root distance; then the id. */
const preference = (a: Chimer, b: Chimer, tos: TosConfig): number =>
  a.stratum * tos.maxdist + a.distance - (b.stratum * tos.maxdist + b.distance) || a.id - b.id;

/** A preferred LOCAL takes part like any other (ntpd's prefer.html). */
const isLastResort = (candidate: Candidate): boolean => candidate.lastResort && !candidate.prefer;

const isNumberedByOthers = (candidate: Candidate): boolean =>
  candidate.pulse && candidate.numberedBy !== undefined;

/** LOCAL before orphan parents; of those the least metric, so that all hosts choose the same one. */
function lastResort(fit: readonly Fit[]): Fit | undefined {
  let best: Fit | undefined;
  for (const one of fit) {
    if (!isLastResort(one.candidate)) continue;
    if (best === undefined || rank(one.candidate) < rank(best.candidate)) best = one;
  }
  return best;
}
const rank = (candidate: Candidate): number => candidate.orphanMetric ?? -1;

/** System peer and combined offset out of the survivors, in order of preference. */
function mitigate(
  survivors: readonly Chimer[],
  kept: readonly Fit[],
  clique: Interval | undefined,
  tos: TosConfig,
  previousPeer: number | undefined,
  fates: Map<number, SelectionFate>,
): Mitigated | undefined {
  const first = survivors[0];
  if (first === undefined) return undefined;
  const preferred = survivors.find((c) => kept.some((f) => f.candidate.id === c.id && f.candidate.prefer));
  if (preferred !== undefined) {
    for (const { id } of survivors) fates.set(id, 'candidate');
    return {
      peer: preferred,
      used: survivors,
      combined: { offsetSeconds: preferred.offsetSeconds, jitterSeconds: preferred.jitterSeconds },
    };
  }
  const peer = withoutHopping(first, survivors, tos, previousPeer);
  // The true time is inside the clique's interval: an estimate outside it is wrong by its own admission and is not
  // averaged in (a liar with an interval wide enough to overlap would pull the mean). None inside: all are used.
  const inside = survivors.filter(
    (c) => clique === undefined || (c.offsetSeconds >= clique.low && c.offsetSeconds <= clique.high),
  );
  const believed = inside.length === 0 ? survivors : inside;
  const stays = believed.includes(peer) ? peer : (believed[0] ?? peer);
  const used = believed.filter((c) => c.distance <= COMBINE_WITHIN * stays.distance);
  for (const chimer of survivors) fates.set(chimer.id, used.includes(chimer) ? 'candidate' : 'outlier');
  return { peer: stays, used, combined: combine(used, stays) };
}

/**
 * The previous peer stays while it survives at the best stratum (RFC 5905 A.5.5.1), unless the best is HOP times nearer to
 * the root and apart from it by `tos mindist`. At long polls the distance of an equal swings threefold between one answer
 * and the next, as its dispersion grows.
 */
function withoutHopping(
  best: Chimer,
  survivors: readonly Chimer[],
  tos: TosConfig,
  previousPeer: number | undefined,
): Chimer {
  const previous = survivors.find((c) => c.id === previousPeer);
  if (previous === undefined || previous.stratum !== best.stratum) return best;
  const near = Math.abs(previous.offsetSeconds - best.offsetSeconds) < tos.mindist;
  return near || previous.distance < HOP * best.distance + tos.mindist ? previous : best;
}

/** The pulse that rules the phase of the second, if the number of the second is beyond doubt. */
function choosePulse(
  plausible: readonly Fit[],
  truechimers: readonly Fit[],
  combined: Combined | undefined,
  tos: TosConfig,
  previousPeer: number | undefined,
): Chimer | undefined {
  const right = new Set(truechimers.map((f) => f.candidate.id));
  const usable = plausible.filter(({ candidate }) => {
    if (!candidate.pulse) return false;
    const numberedBy = candidate.numberedBy;
    if (numberedBy === undefined) return combined !== undefined && right.has(candidate.id);
    // `tos minsane 0`: a pulse alone, its seconds trusted as they are (ntpd's rule for type 22).
    if (combined === undefined) return tos.minsane === 0 && numberedBy === 'survivors' && right.size === 0;
    if (Math.abs(candidate.offsetSeconds - combined.offsetSeconds) >= PULSE_REACH) return false;
    return numberedBy === 'survivors' || right.has(numberedBy);
  });
  const preferred = usable.find((f) => f.candidate.prefer);
  if (preferred !== undefined) return preferred.chimer;
  const first = usable[0]?.chimer;
  if (first === undefined) return undefined;
  return withoutHopping(
    first,
    usable.map((f) => f.chimer),
    tos,
    previousPeer,
  );
}
