/**
 * The set-up of a u-blox from its UBX-MON-VER on: speed, then each setting, the timing mode, and saving if that is asked
 * for. Owns the order; which values is settings-by-*.ts's business, sending and waiting the runner's.
 */
import type { Place, ReceiverWish } from '../../../src/ports/gps-setup.js';
import { KEY, type MessagePort } from '../ubx/cfg-keys.js';
import { decodeCfgPrt, PORT } from '../ubx/cfg-prt.js';
import { TIME_MODE } from '../ubx/cfg-tmode2.js';
import { decodePairs } from '../ubx/cfg-val.js';
import { UBX } from '../ubx/ids.js';
import { encodeUbx } from '../ubx/match.js';
import type { MonVer } from '../ubx/mon-ver.js';
import type { Exchange, Heard } from './exchange.js';
import { type Generation, generationOf } from './generation.js';
import { metresApart, placeHeard, surveyHeard } from './place.js';
import { type SetupReport, Tally } from './report.js';
import { read, type Setting, settle } from './setting.js';
import { settingsByKey, speedByKey, timingByKey } from './settings-by-key.js';
import { settingsByMessage, thisPort, timingByMessage, withBaud } from './settings-by-message.js';
import { storeAll, storeKeys } from './storing.js';
import type { TimingTarget } from './targets.js';

export interface UbloxCase {
  readonly wish: ReceiverWish;
  /** the port of the receiver's that the line leads to */
  readonly port: MessagePort;
  /** of our end of the line, bits/s; undefined: it has no speed */
  readonly baud: number | undefined;
  /** where it was found to be before; undefined: not known */
  readonly remembered: Place | undefined;
  /** it was told to store what it has since this program started */
  readonly stored: boolean;
}

type Settable = Exclude<Generation, { kind: 'old' }>;
/** Of the timing mode. */
type Outcome =
  | 'done'
  /** a remembered place is still to be compared with the present one */
  | 'to-compare'
  /** the same, and it surveys: it may have done so for long, or because it was switched on */
  | 'surveys';

/** What is on its way at the old speed has left by then, s: some 100 bytes at 9600 baud. */
const DRAIN_SECONDS = 0.2;
/** A remembered place is believed when the receiver finds itself this near to it, m, or within some of its own doubt. */
const NEAR_M = 30;
const NEAR_DOUBTS = 4;
/** A position that is worse than this says little, mm. */
const DOUBT_MOST_MM = 50_000;
const POSITION_SECONDS = 60;
/** It tells of its survey-in each 10 s, s. */
const SURVEY_SECONDS = 30;
/** So many settings in a row without an answer: it has stopped listening. */
const SILENCES = 3;

export function* setUblox(version: MonVer, on: UbloxCase, report: SetupReport): Exchange<void> {
  const generation = generationOf(version);
  if (generation.kind === 'old') {
    report.state('left-alone', `older than u-blox 6 (${version.software}): it is read as it is`);
    return;
  }
  report.state('setting', `u-blox ${generation.number}, protocol ${generation.protocol}`);
  const tally = new Tally();
  const held = new Held(generation);
  const settings = yield* settingsOf(generation, on, tally, held);
  let silences = 0;
  for (const setting of settings) {
    const result = yield* settle(setting);
    if (result.kind === 'lacking') {
      if (!setting.optional) tally.count(setting.name, 'refused');
    } else {
      tally.count(setting.name, result.kind);
      if (result.kind === 'kept' || result.kind === 'changed') held.add(result.payload);
    }
    silences = result.kind === 'silent' ? silences + 1 : 0;
    if (silences >= SILENCES) break;
  }
  if (silences >= SILENCES) {
    report.state(tally.state, tally.text);
    return;
  }
  const { save, position } = on.wish;
  // A place that is found is noonmark's to remember: stored, it would be believed after a move as well.
  if (save && position.kind === 'auto') yield* storeWithoutTiming(generation, on, held, tally, report);
  const outcome = yield* timing(generation, on, tally, report, held);
  if (save && position.kind !== 'auto') yield* store(generation, on, held, tally, report);
  report.state(tally.state, tally.text);
  if (outcome !== 'done') yield* compare(generation, on, report, outcome);
}

/** What was read from the receiver as it is to be, by key: what is to be stored. Empty for what has no keys. */
class Held {
  readonly values = new Map<number, bigint>();
  readonly #byKey: boolean;

  constructor(generation: Settable) {
    this.#byKey = generation.kind === 'keys';
  }

  add(payload: DataView): void {
    const pairs = this.#byKey ? decodePairs(payload, 1) : undefined;
    if (pairs?.ok === true) for (const [key, value] of pairs.value.values) this.values.set(key, value);
  }
}

function* store(
  generation: Settable,
  on: UbloxCase,
  held: Held,
  tally: Tally,
  report: SetupReport,
): Exchange<void> {
  if (generation.kind === 'keys') yield* storeKeys(held.values, tally);
  else if ((tally.changed || !on.stored) && (yield* storeAll(tally))) report.stored();
}

/** Stores the timing mode, if there is one, as off. */
function* storeWithoutTiming(
  generation: Settable,
  on: UbloxCase,
  held: Held,
  tally: Tally,
  report: SetupReport,
): Exchange<void> {
  for (const off of timingSettings(generation, { kind: 'off' })) {
    const now = yield* read(off);
    if (now === 'lacking') continue;
    if (now === undefined) {
      tally.count(off.name, 'silent');
      return;
    }
    if (generation.kind === 'keys') held.values.set(KEY.TMODE_MODE, BigInt(TIME_MODE.off));
    // What stores all stores what is on: it is off meanwhile. A survey-in that may not be done is not stopped for that.
    else if (
      (tally.changed || !on.stored) &&
      off.change(now) !== undefined &&
      (on.remembered !== undefined || !isSurveying(generation, now))
    ) {
      const { kind } = yield* settle(off);
      if (kind === 'refused' || kind === 'silent') {
        tally.count(off.name, kind);
        return;
      }
    }
    break;
  }
  yield* store(generation, on, held, tally, report);
}

/** Brings the line to its speed, and answers what is to be set through it. */
function* settingsOf(
  generation: Settable,
  on: UbloxCase,
  tally: Tally,
  held: Held,
): Exchange<readonly Setting[]> {
  const { wish } = on;
  if (generation.kind === 'keys') {
    if (on.port === 'uart' && wish.baud !== undefined) {
      const speed = speedByKey(wish.baud);
      const now = yield* read(speed);
      if (now === undefined || now === 'lacking') tally.count(speed.name, 'silent');
      else {
        const change = speed.change(now);
        if (change === undefined) tally.count(speed.name, 'kept');
        const there =
          change === undefined
            ? now
            : yield* changeSpeed(encodeUbx(UBX.CFG_VALSET, change), wish.baud, on.baud, speed, tally);
        if (there !== undefined) held.add(there);
      }
    }
    return settingsByKey(wish, on.port);
  }
  const result = yield* settle(thisPort);
  const port = result.kind === 'kept' || result.kind === 'changed' ? decodeCfgPrt(result.payload) : undefined;
  if (port?.ok !== true) {
    tally.count(thisPort.name, result.kind === 'silent' ? 'silent' : 'refused');
    return settingsByMessage(
      generation.number,
      wish,
      PORT[on.port === 'i2c' ? 'ddc' : on.port === 'usb' ? 'usb' : 'uart1'],
    );
  }
  const { value } = port;
  const isUart = value.port === PORT.uart1 || value.port === PORT.uart2;
  if (isUart && wish.baud !== undefined && wish.baud !== value.baud) {
    const arrived: Setting = {
      ...thisPort,
      name: 'the speed',
      answers: (payload) => {
        const now = decodeCfgPrt(payload);
        return now.ok && now.value.baud === wish.baud;
      },
    };
    yield* changeSpeed(
      encodeUbx(UBX.CFG_PRT, withBaud(value, wish.baud)),
      wish.baud,
      on.baud ?? value.baud,
      arrived,
      tally,
    );
  } else tally.count(thisPort.name, 'kept');
  return settingsByMessage(generation.number, wish, value.port);
}

/**
 * The acknowledgement comes at the one speed or the other: what counts is that it answers at the new one. Its answer;
 * undefined: it stays at the old one.
 */
function* changeSpeed(
  frame: Uint8Array,
  baud: number,
  before: number | undefined,
  arrived: Setting,
  tally: Tally,
): Exchange<DataView | undefined> {
  yield { kind: 'ask', bytes: frame, wanted: () => false, seconds: DRAIN_SECONDS, tries: 1 };
  yield { kind: 'speed', baud };
  yield { kind: 'wait', seconds: DRAIN_SECONDS };
  const there = yield* read(arrived);
  if (there !== undefined && there !== 'lacking') {
    tally.count(arrived.name, 'changed');
    return there;
  }
  if (before !== undefined) yield { kind: 'speed', baud: before };
  tally.count(arrived.name, 'refused');
  return undefined;
}

const timingSettings = (generation: Settable, target: TimingTarget) =>
  generation.kind === 'keys' ? timingByKey(target) : timingByMessage(target);

/** Sets the timing mode if there is one. */
function* timing(
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

function isSurveying(generation: Generation, payload: DataView): boolean {
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
function* compare(
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
