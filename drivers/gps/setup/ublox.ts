/**
 * The set-up of a u-blox from its UBX-MON-VER on: speed, then each setting, then the timing mode, then saving if that is
 * asked for. Owns the order; which values is settings-by-*.ts's business, sending and waiting the runner's.
 */
import type { Place, ReceiverWish } from '../../../src/ports/gps-setup.js';
import { encodeCfgCfg } from '../ubx/cfg-cfg.js';
import { KEY, type MessagePort } from '../ubx/cfg-keys.js';
import { decodeCfgPrt, PORT } from '../ubx/cfg-prt.js';
import { TIME_MODE } from '../ubx/cfg-tmode2.js';
import { decodePairs, encodeValSet, LAYER } from '../ubx/cfg-val.js';
import { UBX } from '../ubx/ids.js';
import { encodeUbx } from '../ubx/match.js';
import type { MonVer } from '../ubx/mon-ver.js';
import type { Exchange } from './exchange.js';
import { type Generation, generationOf } from './generation.js';
import { metresApart, placeHeard } from './place.js';
import { type SetupReport, Tally } from './report.js';
import { read, type Setting, settle, write } from './setting.js';
import { settingsByKey, speedByKey, timingByKey } from './settings-by-key.js';
import { settingsByMessage, thisPort, timingByMessage, withBaud } from './settings-by-message.js';
import type { TimingTarget } from './targets.js';

export interface UbloxCase {
  readonly wish: ReceiverWish;
  /** the port of the receiver's that the line leads to */
  readonly port: MessagePort;
  /** of our end of the line, bits/s; undefined: it has no speed */
  readonly baud: number | undefined;
  /** where it was found to be before; undefined: not known */
  readonly remembered: Place | undefined;
}

/** What is on its way at the old speed has left by then, s: some 100 bytes at 9600 baud. */
const DRAIN_SECONDS = 0.2;
/** A remembered place is believed when the receiver finds itself this near to it, m, or within some of its own doubt. */
const NEAR_M = 30;
const NEAR_DOUBTS = 4;
/** A position that is worse than this says little, mm. */
const DOUBT_MOST_MM = 50_000;
const POSITION_SECONDS = 60;
/** So many settings in a row without an answer: it has stopped listening. */
const SILENCES = 3;
/** CFG-CFG: all sections, into whatever memory there is. */
const ALL_SECTIONS = 0x1f1f;
const ALL_DEVICES = 0x17;

export function* setUblox(version: MonVer, on: UbloxCase, report: SetupReport): Exchange<void> {
  const generation = generationOf(version);
  if (generation.kind === 'old') {
    report.state('left-alone', `older than u-blox 6 (${version.software}): it is read as it is`);
    return;
  }
  report.state('setting', `u-blox ${generation.number}, protocol ${generation.protocol}`);
  const tally = new Tally();
  const made: Setting[] = [];
  const settings = yield* settingsOf(generation, on, tally);
  let silences = 0;
  for (const setting of settings) {
    const result = yield* settle(setting);
    if (result.kind === 'lacking') {
      if (!setting.optional) tally.count(setting.name, 'refused');
    } else {
      tally.count(setting.name, result.kind);
      if (result.kind === 'kept' || result.kind === 'changed') made.push(setting);
    }
    silences = result.kind === 'silent' ? silences + 1 : 0;
    if (silences >= SILENCES) break;
  }
  const save = on.wish.save;
  if (silences < SILENCES) {
    const later = yield* timing(generation, on, tally, report, made);
    if (save && tally.changed) yield* saveAll(generation, made, tally);
    report.state(tally.state, tally.text);
    if (later) yield* compare(generation, on, report, save);
    return;
  }
  report.state(tally.state, tally.text);
}

/** Brings the line to its speed, and answers what is to be set through it. */
function* settingsOf(
  generation: Exclude<Generation, { kind: 'old' }>,
  on: UbloxCase,
  tally: Tally,
): Exchange<readonly Setting[]> {
  const { wish } = on;
  if (generation.kind === 'keys') {
    if (on.port === 'uart' && wish.baud !== undefined) {
      const speed = speedByKey(wish.baud);
      const now = yield* read(speed);
      const change = now === undefined || now === 'lacking' ? undefined : speed.change(now);
      if (change !== undefined)
        yield* changeSpeed(encodeUbx(UBX.CFG_VALSET, change), wish.baud, on.baud, speed, tally);
      else tally.count(speed.name, now === undefined || now === 'lacking' ? 'silent' : 'kept');
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

/** The acknowledgement comes at the one speed or the other: what counts is that it answers at the new one. */
function* changeSpeed(
  frame: Uint8Array,
  baud: number,
  before: number | undefined,
  arrived: Setting,
  tally: Tally,
): Exchange<void> {
  yield { kind: 'ask', bytes: frame, wanted: () => false, seconds: DRAIN_SECONDS, tries: 1 };
  yield { kind: 'speed', baud };
  yield { kind: 'wait', seconds: DRAIN_SECONDS };
  const there = yield* read(arrived);
  if (there !== undefined && there !== 'lacking') {
    tally.count(arrived.name, 'changed');
    return;
  }
  if (before !== undefined) yield { kind: 'speed', baud: before };
  tally.count(arrived.name, 'refused');
}

const timingSettings = (generation: Exclude<Generation, { kind: 'old' }>, target: TimingTarget) =>
  generation.kind === 'keys' ? timingByKey(target) : timingByMessage(target);

/** Sets the timing mode if there is one. True: a remembered place is still to be compared with the present one. */
function* timing(
  generation: Exclude<Generation, { kind: 'old' }>,
  on: UbloxCase,
  tally: Tally,
  report: SetupReport,
  made: Setting[],
): Exchange<boolean> {
  const { position } = on.wish;
  const { remembered } = on;
  if (position.kind === 'auto' && remembered !== undefined) {
    const fixed = { kind: 'fixed', place: remembered } as const;
    for (const setting of timingSettings(generation, fixed)) {
      const now = yield* read(setting);
      if (now === 'lacking') continue;
      if (now === undefined) {
        tally.count(setting.name, 'silent');
        return false;
      }
      // It has kept its memory since it was last set or surveyed.
      if (setting.change(now) === undefined || isSurveying(generation, now)) {
        tally.count(setting.name, 'kept');
        report.fixedAt(setting.change(now) === undefined ? remembered : undefined);
        return false;
      }
      return true;
    }
    return false;
  }
  return (yield* setTiming(generation, targetOf(on.wish), tally, report, made)) && false;
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

/** True: it has a timing mode, and it is as wished. */
function* setTiming(
  generation: Exclude<Generation, { kind: 'old' }>,
  target: TimingTarget,
  tally: Tally,
  report: SetupReport,
  made: Setting[],
): Exchange<boolean> {
  for (const setting of timingSettings(generation, target)) {
    const result = yield* settle(setting);
    if (result.kind === 'lacking') continue;
    tally.count(setting.name, result.kind);
    if (result.kind !== 'kept' && result.kind !== 'changed') return false;
    made.push(setting);
    report.fixedAt(target.kind === 'fixed' ? target.place : undefined);
    if (target.kind === 'survey' && result.kind === 'changed')
      report.surveying(
        `survey-in begun: ${target.seconds} s at least, until its mean is good to ${target.accuracyM} m`,
      );
    return true;
  }
  return false;
}

function isSurveying(generation: Generation, payload: DataView): boolean {
  if (generation.kind === 'keys') {
    const pairs = decodePairs(payload, 1);
    return pairs.ok && pairs.value.values.get(KEY.TMODE_MODE) === BigInt(TIME_MODE.survey);
  }
  // CFG-TMODE2 has its mode in byte 0, CFG-TMODE3 (40 bytes) in byte 2.
  return payload.getUint8(payload.byteLength >= 40 ? 2 : 0) === TIME_MODE.survey;
}

/** The receiver was without power: is it where it was? Then it needs no survey-in, else the old place is worthless. */
function* compare(
  generation: Exclude<Generation, { kind: 'old' }>,
  on: UbloxCase,
  report: SetupReport,
  save: boolean,
): Exchange<void> {
  const { remembered, wish } = on;
  if (remembered === undefined) return;
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
  const made: Setting[] = [];
  const done = yield* setTiming(generation, target, tally, report, made);
  if (done && save && tally.changed) yield* saveAll(generation, made, tally);
  if (tally.state !== 'set') report.state('incomplete', tally.text);
}

/** Into the receiver's own memory, only after a change: flash wears. */
function* saveAll(
  generation: Exclude<Generation, { kind: 'old' }>,
  made: readonly Setting[],
  tally: Tally,
): Exchange<void> {
  const name = 'saving';
  if (generation.kind === 'messages') {
    const payload = encodeCfgCfg({ clear: 0, save: ALL_SECTIONS, load: 0, devices: ALL_DEVICES });
    const taken = yield* write(UBX.CFG_CFG, payload);
    tally.count(name, taken === undefined ? 'silent' : taken ? 'changed' : 'refused');
    return;
  }
  for (const setting of made) {
    const now = yield* read(setting);
    const pairs = now === undefined || now === 'lacking' ? undefined : decodePairs(now, 1);
    if (pairs?.ok !== true) continue;
    const both = yield* write(UBX.CFG_VALSET, encodeValSet(LAYER.bbr | LAYER.flash, pairs.value.values));
    // Modules without flash refuse that layer.
    const taken =
      both === true || (yield* write(UBX.CFG_VALSET, encodeValSet(LAYER.bbr, pairs.value.values)));
    if (taken === true) continue;
    tally.count(`${name} ${setting.name}`, taken === undefined ? 'silent' : 'refused');
    return;
  }
}
