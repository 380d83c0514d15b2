/**
 * A u-blox's settings in its own memory, so that it starts like that. Owns what is written there, and when it need not be:
 * flash wears. From generation 9 on a receiver tells what it has stored; earlier ones do not, and store all that they have.
 * Source: u-blox M8 interface description, UBX-CFG-CFG; F9, "Configuration layers".
 */
import { encodeCfgCfg } from '../ubx/cfg-cfg.js';
import { KEY } from '../ubx/cfg-keys.js';
import { TIME_MODE } from '../ubx/cfg-tmode2.js';
import {
  decodePairs,
  encodeValGet,
  encodeValSet,
  type KeyValues,
  LAYER,
  LAYER_READ,
} from '../ubx/cfg-val.js';
import { UBX } from '../ubx/ids.js';
import type { Exchange } from './exchange.js';
import type { SetupReport, Tally } from './report.js';
import { read, settle, write } from './setting.js';
import { isSurveying, timingSettings } from './timing-mode.js';
import type { Held, Settable, UbloxCase } from './ublox-case.js';

const NAME = 'saving';
/** CFG-CFG: all sections, into whatever memory there is. */
const ALL_SECTIONS = 0x1f1f;
const ALL_DEVICES = 0x17;

/** Stores what is set. */
export function* store(
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
export function* storeWithoutTiming(
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

/** True: it said yes. It cannot be asked what it has stored. */
function* storeAll(tally: Tally): Exchange<boolean> {
  const payload = encodeCfgCfg({ clear: 0, save: ALL_SECTIONS, load: 0, devices: ALL_DEVICES });
  const taken = yield* write(UBX.CFG_CFG, payload);
  tally.count(NAME, taken === undefined ? 'silent' : taken ? 'changed' : 'refused');
  return taken === true;
}

/** Stores what of `values` is not stored yet; they are fewer than MOST_KEYS. */
function* storeKeys(values: KeyValues, tally: Tally): Exchange<void> {
  if (values.size === 0) return;
  const flash = yield* stored(LAYER_READ.flash, values);
  const battery = yield* stored(LAYER_READ.bbr, values);
  if (flash === undefined || battery === undefined) {
    tally.count(NAME, 'silent');
    return;
  }
  // At its start battery backed RAM goes before flash, as far as it has anything.
  const wanted = new Map([...lacking(flash, values), ...lacking(new Map([...flash, ...battery]), values)]);
  if (wanted.size === 0) {
    tally.count(NAME, 'kept');
    return;
  }
  const both = yield* write(UBX.CFG_VALSET, encodeValSet(LAYER.bbr | LAYER.flash, wanted));
  const hasFlash = both !== false;
  if (!hasFlash) {
    // Modules without flash refuse that layer.
    const rest = lacking(battery, values);
    if (rest.size === 0) {
      tally.count(NAME, 'kept');
      return;
    }
    yield* write(UBX.CFG_VALSET, encodeValSet(LAYER.bbr, rest));
  }
  const after = yield* stored(hasFlash ? LAYER_READ.flash : LAYER_READ.bbr, values);
  if (after === undefined) tally.count(NAME, 'silent');
  else tally.count(NAME, lacking(after, values).size === 0 ? 'changed' : 'refused');
}

/** What a layer has of these keys; undefined: it does not answer. */
function* stored(layer: number, values: KeyValues): Exchange<KeyValues | undefined> {
  const answer = yield* read({
    ...{ message: UBX.CFG_VALGET, poll: encodeValGet([...values.keys()], layer) },
    answers(payload) {
      const pairs = decodePairs(payload, 1);
      return pairs.ok && pairs.value.first === layer;
    },
  });
  if (answer === undefined) return undefined;
  const pairs = answer === 'lacking' ? undefined : decodePairs(answer, 1);
  return pairs?.ok === true ? pairs.value.values : new Map();
}

const lacking = (has: KeyValues, wished: KeyValues): KeyValues =>
  new Map([...wished].filter(([key, value]) => has.get(key) !== value));
