/**
 * The set-up of a u-blox from its UBX-MON-VER on: speed, then each setting, the timing mode, and saving if that is asked
 * for. Owns the order; which values is settings-by-*.ts's business, sending and waiting the runner's.
 */
import { decodeCfgPrt, PORT } from '../ubx/cfg-prt.js';
import { UBX } from '../ubx/ids.js';
import { encodeUbx } from '../ubx/match.js';
import type { MonVer } from '../ubx/mon-ver.js';
import type { Exchange } from './exchange.js';
import { generationOf } from './generation.js';
import { type SetupReport, Tally } from './report.js';
import { read, type Setting, settle } from './setting.js';
import { settingsByKey, speedByKey } from './settings-by-key.js';
import { settingsByMessage, thisPort, withBaud } from './settings-by-message.js';
import { store, storeWithoutTiming } from './storing.js';
import { compare, timing } from './timing-mode.js';
import { Held, type Settable, type UbloxCase } from './ublox-case.js';

/** What is on its way at the old speed has left by then, s: some 100 bytes at 9600 baud. */
const DRAIN_SECONDS = 0.2;
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
