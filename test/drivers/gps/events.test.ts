/** Everything but epochs: rollover, leap notices, pulse errors, satellites, identity, health, counters. */
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { ROLLOVER_MARGIN_NS, rolloverWeeks } from '../../../drivers/gps/rollover.js';
import { UBX } from '../../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { encodeMonHw } from '../../../drivers/gps/ubx/mon-hw.js';
import { encodeMonVer } from '../../../drivers/gps/ubx/mon-ver.js';
import { encodeNavStatus } from '../../../drivers/gps/ubx/nav-status.js';
import { encodeNavTimeGps } from '../../../drivers/gps/ubx/nav-timegps.js';
import { encodeNavTimeLs } from '../../../drivers/gps/ubx/nav-timels.js';
import { encodeSecSig } from '../../../drivers/gps/ubx/sec-sig.js';
import { encodeSecUniqId } from '../../../drivers/gps/ubx/sec-uniqid.js';
import { encodeTimTp } from '../../../drivers/gps/ubx/tim-tp.js';
import type { GpsEvent } from '../../../src/ports/gps.js';
import { assert, test } from '../../support/suite.js';
import { epochsOf, eventsOf, gga, iTowOf, NOON, NS, pvt, rmc, sentence, weekOf } from './gps-kit.js';

type Of<T extends GpsEvent['type']> = Extract<GpsEvent, { type: T }>;
const only = <T extends GpsEvent['type']>(events: readonly GpsEvent[], type: T): Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type);

const WEEK = 7n * 86_400n * NS;
const floor = BigInt(Date.UTC(2026, 10, 1)) * 1_000_000n;

test('a date 1024 or 2048 weeks early is repaired from the floor, logged and told once', () => {
  for (const weeks of [1024n, 2048n]) {
    const notes: string[] = [];
    const log = { write: (level: string, event: string) => notes.push(`${level} ${event}`) };
    const early = NOON - weeks * WEEK;
    const events = eventsOf([rmc(early), rmc(early + NS), rmc(early + 2n * NS)], { floorNs: floor, log });
    assert.equal(
      only(events, 'epoch').map((event) => event.epoch.timeNs),
      [NOON, NOON + NS, NOON + 2n * NS],
    );
    assert.equal(
      only(events, 'rollover').map((event) => event.weeks),
      [Number(weeks)],
    );
    assert.equal(notes, ['warning gps-week-rollover']);
  }
});

test('UBX weeks are repaired as NMEA dates are, with the leap seconds of today', () => {
  const early = NOON - 1024n * WEEK;
  const time = encodeUbx(
    UBX.NAV_TIMEGPS,
    encodeNavTimeGps({
      iTowMs: iTowOf(NOON),
      fractionNs: 0,
      week: weekOf(NOON) - 1024,
      leapSeconds: 0,
      valid: 3,
      accuracyNs: 9,
    }),
  );
  assert.is(epochsOf([time], { floorNs: floor })[0]?.timeNs, NOON);
  assert.is(epochsOf([pvt(early)], { floorNs: floor })[0]?.timeNs, NOON);
});

test('a time at or shortly before the floor, or without a floor, is left alone', () => {
  assert.is(rolloverWeeks(floor, floor), 0);
  assert.is(rolloverWeeks(floor - 1n, floor), 0);
  assert.is(rolloverWeeks(floor - ROLLOVER_MARGIN_NS, floor), 0);
  assert.is(rolloverWeeks(floor - ROLLOVER_MARGIN_NS - 1n, floor), 1024);
  assert.is(rolloverWeeks(floor + 100n * 365n * 86_400n * NS, floor), 0);
  assert.is(rolloverWeeks(0n, 0n), 0);
  const old = NOON - 1024n * WEEK;
  assert.is(epochsOf([rmc(old)])[0]?.timeNs, old);
});

test('a time that the receiver does not vouch for is neither repaired nor announced', () => {
  const early = NOON - 1024n * WEEK;
  const events = eventsOf([rmc(early, 'V')], { floorNs: floor });
  assert.is(only(events, 'rollover').length, 0);
  assert.is(only(events, 'epoch')[0]?.epoch.timeNs, early);
});

const timeLs = (change: number, secondsToEvent: number, current = 17, valid = 3, iTowMs = 0) =>
  encodeUbx(
    UBX.NAV_TIMELS,
    encodeNavTimeLs({
      iTowMs,
      version: 0,
      currentSource: 2,
      currentLeapSeconds: current,
      changeSource: 2,
      change,
      secondsToEvent,
      eventWeek: 1929,
      eventDay: 7,
      valid,
    }),
  );

test('a planned leap second is announced with its midnight', () => {
  const midnight = BigInt(Date.UTC(2017, 0, 1)) * 1_000_000n;
  const instant = midnight - 5000n * NS;
  const events = eventsOf([pvt(instant, { iTowMs: 77 }), timeLs(1, 5001, 17, 3, 77)]);
  assert.equal(only(events, 'leap')[0]?.leap, { change: 1, atNs: midnight, leapSeconds: 17 });
  // Without a time of its own cycle: from the week and day that the message names.
  assert.equal(only(eventsOf([timeLs(1, 5001)]), 'leap')[0]?.leap.atNs, midnight);
});

test('no plan, a past one, and unknown leap seconds', () => {
  assert.equal(only(eventsOf([timeLs(0, 0, 18, 1)]), 'leap')[0]?.leap, {
    change: 0,
    atNs: undefined,
    leapSeconds: 18,
  });
  assert.is(only(eventsOf([timeLs(1, -500_000, 18)]), 'leap')[0]?.leap.change, 0);
  assert.is(only(eventsOf([timeLs(1, 100, 18, 0)]), 'leap').length, 0);
});

test('GPS time through a leap second: 23:59:60 is told, even if the receiver’s count follows late', () => {
  const midnight = BigInt(Date.UTC(2017, 0, 1)) * 1_000_000n;
  const gps = (second: number, leapSeconds: number) => {
    const scale = midnight + BigInt(second) * NS;
    return encodeUbx(
      UBX.NAV_TIMEGPS,
      encodeNavTimeGps({
        iTowMs: iTowOf(scale, 17),
        fractionNs: 0,
        week: weekOf(scale, 17),
        leapSeconds,
        valid: 7,
        accuracyNs: 5,
      }),
    );
  };
  const plan = (second: number) => timeLs(1, -second, 17, 3, iTowOf(midnight + BigInt(second) * NS, 17));
  const epochs = epochsOf([gps(-2, 17), plan(-2), gps(-1, 17), gps(0, 17), gps(1, 17), gps(2, 18)]);
  assert.equal(
    epochs.map((epoch) => [Number((epoch.timeNs - midnight) / NS), epoch.leapSecondNow]),
    [
      [-2, false],
      [-1, false],
      [0, true],
      [0, false],
      [1, false],
    ],
  );
});

test('TIM-TP is paired with the second of the next pulse, once a valid time has been seen', () => {
  const tp = (utcNs: bigint, flags = 3) =>
    encodeUbx(
      UBX.TIM_TP,
      encodeTimTp({
        towMs: iTowOf(utcNs, 0),
        towSubMs: 0,
        qErrPs: 4200,
        week: weekOf(utcNs, 0),
        flags,
        refInfo: 0,
      }),
    );
  const early = 1024n * WEEK;
  // Of the last one's quantisation error the receiver says that it does not know it.
  const stream = [tp(NOON + NS), pvt(NOON - early), tp(NOON + NS - early), tp(NOON + NS - early, 0x13)];
  const errors = only(eventsOf(stream, { floorNs: floor }), 'pulse-error').map((event) => event.pulseError);
  assert.equal(errors, [
    { second: undefined, quantisationErrorPs: -4200 },
    { second: (NOON + NS) / NS, quantisationErrorPs: -4200 },
    { second: (NOON + NS) / NS, quantisationErrorPs: undefined },
  ]);
});

test('satellites of NMEA: all lists of a cycle together, used as GSA says', () => {
  const gsv = (talker: string, fields: string) => sentence(talker, 'GSV', fields.split(','));
  const gsa = sentence('GN', 'GSA', ['A', '3', '05', '', '', '', '', '', '', '', '', '', '', '', '', '', '']);
  const events = eventsOf([
    rmc(NOON),
    gsa,
    gsv('GP', '1,1,02,05,40,100,33,09,10,200,'),
    gsv('GL', '1,1,01,70,20,300,25'),
    rmc(NOON + NS),
  ]);
  const lists = only(events, 'satellites');
  assert.is(lists.length, 1);
  assert.equal(
    lists[0]?.satellites.map((s) => `${s.system} ${s.id} ${s.snrDb ?? '-'} ${s.used}`),
    ['gps 5 33 true', 'gps 9 - false', 'glonass 70 25 false'],
  );
});

test('identity is put together from what comes', () => {
  const version = encodeUbx(
    UBX.MON_VER,
    encodeMonVer({
      software: 'EXT CORE 1.00',
      hardware: '00190000',
      extensions: ['PROTVER=32.00', 'MOD=ZED-F9T'],
    }),
  );
  const number = encodeUbx(UBX.SEC_UNIQID, encodeSecUniqId({ version: 1, id: '0102030405' }));
  const last = only(eventsOf([version, version, number]), 'identity').map((event) => event.identity);
  assert.is(last.length, 3, 'told when it changes');
  assert.equal(last.at(-1), {
    vendor: 'u-blox',
    software: 'EXT CORE 1.00',
    hardware: 'ZED-F9T 00190000',
    protocol: '32.00',
    uniqueId: '0102030405',
  });
  const vendor = (stream: Uint8Array[]) => only(eventsOf(stream), 'identity').at(-1)?.identity.vendor;
  assert.is(vendor([sentence('P', 'MTK705', ['AXN_1.30', '0145', 'Fastrax IT500', ''])]), 'mtk');
  assert.is(vendor([sentence('P', 'SRFTXT', ['Version: GSW3.2'])]), 'sirf');
  assert.is(vendor([sentence('GP', 'TXT', ['01', '01', '02', 'HW UBX 9.0 00190000 FFFFFFFF'])]), 'u-blox');
});

test('health: antenna by MON-HW or TXT, told when it changes', () => {
  const hardware = (antennaStatus: number) =>
    encodeUbx(
      UBX.MON_HW,
      encodeMonHw({
        pinSelect: 0,
        pinBank: 0,
        pinDirection: 0,
        pinValue: 0,
        noise: 90,
        gain: 4000,
        antennaStatus,
        antennaPower: 1,
        flags: 4,
        usedMask: 0,
        jamming: 3,
      }),
    );
  const events = eventsOf([
    hardware(2),
    hardware(2),
    sentence('GP', 'TXT', ['01', '01', '02', 'ANTSTATUS=SHORT']),
  ]);
  assert.equal(
    only(events, 'health').map((event) => [event.health.antenna, event.health.jamming]),
    [
      ['ok', 'ok'],
      ['short', 'ok'],
    ],
  );
});

test('health: false signals by NAV-STATUS (u-blox 8) or SEC-SIG, told when it changes', () => {
  const spoofing = (stream: Uint8Array[]) =>
    only(eventsOf(stream), 'health').map((event) => event.health.spoofing);
  const status = (code: number) =>
    encodeUbx(
      UBX.NAV_STATUS,
      encodeNavStatus({
        ...{ iTowMs: 0, fixType: 3, flags: 13, fixStatus: 0, flags2: code << 3 },
        ...{ timeToFirstFixMs: 0, uptimeMs: 0 },
      }),
    );
  const signal = (code: number) =>
    encodeUbx(UBX.SEC_SIG, encodeSecSig({ version: 1, jamming: 3, spoofing: 1 | (code << 1) }));
  for (const say of [status, signal])
    assert.equal(spoofing([say(1), say(1), say(2), say(3), say(0)]), [
      'ok',
      'indicated',
      'multiple',
      'unknown',
    ]);
});

test('counters and the timecode', () => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  decoder.feed(Buffer.concat([Buffer.from('xyz'), gga(NOON), rmc(NOON), pvt(NOON)]), 0n);
  assert.equal({ ...decoder.counters }, { sentences: 2, frames: 1, badChecksums: 0, discardedBytes: 3 });
  assert.is(decoder.timecode, 'NAV-PVT 2026-11-23T12:00:00.000000000Z valid 3d');
  decoder.feed(rmc(NOON + NS), 0n);
  assert.is(
    decoder.timecode,
    rmc(NOON + NS)
      .toString()
      .trim(),
  );
});

test.run();
