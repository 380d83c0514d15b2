/**
 * The timing mode of a u-blox that has one: what it is to be, and whether a place that is remembered still holds. Owns that
 * order; the fields are settings-by-*.ts's business.
 */
import type { Place, ReceiverWish } from '../../../src/ports/gps-setup.js';
import { KEY } from '../ubx/cfg-keys.js';
import { TIME_MODE } from '../ubx/cfg-tmode2.js';
import { decodePairs } from '../ubx/cfg-val.js';
import type { Exchange, Heard } from './exchange.js';
import { metresApart, placeHeard, surveyHeard } from './place.js';
import { type SetupReport, Tally } from './report.js';
import { read, settle } from './setting.js';
import { timingByKey } from './settings-by-key.js';
import { timingByMessage } from './settings-by-message.js';
import type { TimingTarget } from './targets.js';
import { Held, type Settable, type UbloxCase } from './ublox-case.js';

export type Outcome =
  | 'done'
  /** a remembered place is still to be compared with the present one */
  | 'to-compare'
  /** the same, and it surveys: it may have done so for long, or because it was switched on */
  | 'surveys';

/** A remembered place is believed when the receiver finds itself this near to it, m, or within some of its own doubt. */
const NEAR_M = 30;
const NEAR_DOUBTS = 4;
/** A position that is worse than this says little, mm. */
const DOUBT_MOST_MM = 50_000;
const POSITION_SECONDS = 60;
/** It tells of its survey-in each 10 s, s. */
const SURVEY_SECONDS = 30;

export const timingSettings = (generation: Settable, target: TimingTarget) =>
  generation.kind === 'keys' ? timingByKey(target) : timingByMessage(target);

/** Sets the timing mode if there is one. */
export function* timing(
  generation: Settable,
  on: UbloxCase,
  tally: Tally,
  report: SetupReport,
  held: Held,
): Exchange<Outcome> {
  const { position } = on.wish;
  const { remembered } = on;
  if (position.kind === 'auto' && remembered !== undefined) {
    const fixed = { kind: 'fixed', place: remembered } as const;
    for (const setting of timingSettings(generation, fixed)) {
      const now = yield* read(setting);
      if (now === 'lacking') continue;
      if (now === undefined) {
        tally.count(setting.name, 'silent');
        return 'done';
      }
      const surveys = isSurveying(generation, now);
      // It has kept its memory since it was last set.
      const isThere = setting.change(now) === undefined;
      if (isThere || surveys) {
        tally.count(setting.name, 'kept');
        report.fixedAt(isThere ? remembered : undefined);
      }
      return isThere ? 'done' : surveys ? 'surveys' : 'to-compare';
    }
    return 'done';
  }
  yield* setTiming(generation, targetOf(on.wish), tally, report, held);
  return 'done';
}

function targetOf({ position, surveySeconds, surveyAccuracyM }: ReceiverWish): TimingTarget {
  switch (position.kind) {
    case 'moving':
      return { kind: 'off' };
    case 'fixed':
      return { kind: 'fixed', place: position.place };
    case 'auto':
    case 'survey':
      return { kind: 'survey', seconds: surveySeconds, accuracyM: surveyAccuracyM };
  }
}

function* setTiming(
  generation: Settable,
  target: TimingTarget,
  tally: Tally,
  report: SetupReport,
  held: Held,
): Exchange<void> {
  for (const setting of timingSettings(generation, target)) {
    const result = yield* settle(setting);
    if (result.kind === 'lacking') continue;
    tally.count(setting.name, result.kind);
    if (result.kind !== 'kept' && result.kind !== 'changed') return;
    held.add(result.payload);
    report.fixedAt(target.kind === 'fixed' ? target.place : undefined);
    if (target.kind === 'survey' && result.kind === 'changed')
      report.surveying(
        `survey-in begun: ${target.seconds} s at least, until its mean is good to ${target.accuracyM} m`,
      );
    return;
  }
}

export function isSurveying(generation: Settable, payload: DataView): boolean {
  if (generation.kind === 'keys') {
    const pairs = decodePairs(payload, 1);
    return pairs.ok && pairs.value.values.get(KEY.TMODE_MODE) === BigInt(TIME_MODE.survey);
  }
  // CFG-TMODE2 has its mode in byte 0, CFG-TMODE3 (40 bytes) in byte 2.
  return payload.getUint8(payload.byteLength >= 40 ? 2 : 0) === TIME_MODE.survey;
}

/** True: its survey-in is done, or it does not say. One that has just begun is of a receiver that was without power. */
function* hasSurveyed(): Exchange<boolean> {
  const wanted = (one: Heard): boolean => surveyHeard(one) !== undefined;
  const heard = yield { kind: 'hear', wanted, seconds: SURVEY_SECONDS };
  return heard === undefined || surveyHeard(heard)?.progress.valid !== false;
}

/** The receiver was without power: is it where it was? Then it needs no survey-in, else the old place is worthless. */
export function* compare(
  generation: Settable,
  on: UbloxCase,
  report: SetupReport,
  outcome: 'to-compare' | 'surveys',
): Exchange<void> {
  const { remembered, wish } = on;
  if (remembered === undefined || (outcome === 'surveys' && (yield* hasSurveyed()))) return;
  let found: Place | undefined;
  while (found === undefined || found.accuracyMm > DOUBT_MOST_MM) {
    const heard = yield {
      kind: 'hear',
      wanted: (one) => placeHeard(one) !== undefined,
      seconds: POSITION_SECONDS,
    };
    found = heard === undefined ? undefined : placeHeard(heard);
  }
  const apartM = metresApart(found, remembered);
  const isNear = apartM < Math.max(NEAR_M, (NEAR_DOUBTS * found.accuracyMm) / 1000);
  if (!isNear)
    report.moved(`the receiver is ${Math.round(apartM)} m from where it was: its place is surveyed anew`);
  const target: TimingTarget = isNear
    ? { kind: 'fixed', place: remembered }
    : { kind: 'survey', seconds: wish.surveySeconds, accuracyM: wish.surveyAccuracyM };
  const tally = new Tally();
  yield* setTiming(generation, target, tally, report, new Held(generation));
  if (tally.state !== 'set') report.state('incomplete', tally.text);
}
