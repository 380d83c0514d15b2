/** Which epochs come of which messages: exactly one an instant, valid only by the receiver's word. */
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { UBX } from '../../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { encodeNavSol } from '../../../drivers/gps/ubx/nav-sol.js';
import { encodeNavTimeGps } from '../../../drivers/gps/ubx/nav-timegps.js';
import { encodeNavTimeUtc } from '../../../drivers/gps/ubx/nav-timeutc.js';
import type { GpsEpoch } from '../../../src/ports/gps.js';
import { assert, test } from '../../support/suite.js';
import {
  brief,
  epochsOf,
  gga,
  gll,
  iTowOf,
  NOON,
  NS,
  pvt,
  pvtOf,
  rmc,
  sentence,
  weekOf,
  zda,
} from './gps-kit.js';

const at = (second: number, ns = 0): bigint => NOON + BigInt(second) * NS + BigInt(ns);
const briefs = (stream: readonly Uint8Array[]) => epochsOf(stream).map(brief);
const cycles = (count: number, cycle: (second: number) => readonly Uint8Array[]) =>
  Array.from({ length: count }, (_, i) => cycle(i)).flat();

test('RMC, GGA, GLL and ZDA of an instant give one epoch, from RMC', () => {
  const epochs = briefs(cycles(3, (i) => [rmc(at(i)), gga(at(i)), gll(at(i)), zda(at(i))]));
  assert.equal(epochs, ['12:00:00.000 RMC', '12:00:01.000 RMC', '12:00:02.000 RMC']);
});

test('the order of the sentences changes nothing', () => {
  const expected = ['12:00:00.000 RMC', '12:00:01.000 RMC', '12:00:02.000 RMC'];
  const orders = [
    (i: number) => [zda(at(i)), gga(at(i)), rmc(at(i))],
    (i: number) => [gga(at(i)), zda(at(i)), rmc(at(i))],
    (i: number) => [gll(at(i)), rmc(at(i)), zda(at(i))],
  ];
  for (const order of orders) assert.equal(briefs(cycles(3, order)), expected);
});

test('from the second cycle on an epoch comes at its sentence, not later', () => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const feed = (bytes: Uint8Array) =>
    decoder.feed(bytes, 0n).filter((event) => event.type === 'epoch').length;
  assert.is(feed(rmc(at(0))), 0);
  feed(gga(at(0)));
  assert.is(feed(rmc(at(1))), 2);
  assert.is(feed(gga(at(1))), 0);
  assert.is(feed(rmc(at(2))), 1);
});

test('a lost RMC is made good by ZDA or GGA', () => {
  const withZda = cycles(4, (i) => [...(i === 2 ? [] : [rmc(at(i))]), gga(at(i)), zda(at(i))]);
  assert.equal(briefs(withZda)[2], '12:00:02.000 ZDA');
  const withoutZda = cycles(4, (i) => [...(i === 2 ? [] : [rmc(at(i))]), gga(at(i))]);
  assert.equal(briefs(withoutZda)[2], '12:00:02.000 GGA');
});

test('ZDA has no validity of its own: GGA or GLL of its cycle gives it', () => {
  assert.equal(briefs(cycles(2, (i) => [zda(at(i)), gga(at(i))])), ['12:00:00.000 ZDA', '12:00:01.000 ZDA']);
  assert.equal(briefs(cycles(1, (i) => [zda(at(i)), gga(at(i), 0)])), ['12:00:00.000 ZDA invalid']);
  assert.equal(briefs(cycles(1, (i) => [gll(at(i)), zda(at(i))])), ['12:00:00.000 ZDA']);
  assert.equal(briefs([zda(at(0)), zda(at(1))]), ['12:00:00.000 ZDA invalid', '12:00:01.000 ZDA invalid']);
});

test('GGA alone has no date and gives no epoch; a date is carried, over midnight too', () => {
  assert.equal(briefs([gga(at(0)), gga(at(1))]), []);
  const midnight = 12 * 3600;
  const epochs = epochsOf([
    rmc(at(midnight - 2)),
    gga(at(midnight - 1)),
    gga(at(midnight)),
    gga(at(midnight + 1)),
  ]);
  assert.equal(
    epochs.map((epoch) => epoch.timeNs),
    [-2, -1, 0, 1].map((i) => at(midnight + i)),
  );
});

test('a date of yesterday is not carried into today', () => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const feed = (bytes: Uint8Array, arrivalNs: bigint) =>
    decoder.feed(bytes, arrivalNs).flatMap((event) => (event.type === 'epoch' ? [brief(event.epoch)] : []));
  feed(rmc(at(0)), 0n);
  feed(rmc(at(1)), NS);
  // The line was gone for a day and an hour; only GGA comes before the next RMC.
  const later = 25n * 3600n * NS;
  assert.equal(feed(gga(at(1) + later), NS + later), []);
  assert.equal(feed(rmc(at(2) + later), 2n * NS + later), ['13:00:02.000 RMC']);
  // Over midnight only what is near it.
  assert.equal(briefs([rmc(at(0)), gga(at(11 * 3600)), gga(at(-7200))]), [
    '12:00:00.000 RMC',
    '23:00:00.000 GGA',
  ]);
});

test('a date that was not valid is not carried', () => {
  assert.equal(briefs([rmc(at(0), 'V'), gga(at(1)), rmc(at(2))]), [
    '12:00:00.000 RMC invalid',
    '12:00:02.000 RMC',
  ]);
});

test('status V and empty fields: no time, or an invalid one', () => {
  assert.equal(briefs([rmc(at(0), 'V'), rmc(at(1), 'V')]), [
    '12:00:00.000 RMC invalid',
    '12:00:01.000 RMC invalid',
  ]);
  assert.equal(briefs([sentence('GP', 'RMC', ['', 'V', '', '', '', '', '', '', '', '', '', 'N'])]), []);
});

test('a sentence without a checksum or with a wrong one gives no time', () => {
  const text = rmc(at(0)).toString();
  const bare = Buffer.from(text.replace(/\*..\r\n/, '\r\n'));
  const wrong = Buffer.from(text.replace(/\*../, '*00'));
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  assert.equal([...decoder.feed(bare, 0n), ...decoder.feed(wrong, 0n), ...decoder.end()], []);
  assert.is(decoder.counters.sentences, 1);
  assert.is(decoder.counters.badChecksums, 1);
});

test('fractions of any length are kept', () => {
  for (const digits of [1, 3, 6, 9]) {
    const instant = at(0, Number('123456789'.slice(0, digits).padEnd(9, '0')));
    assert.is(epochsOf([rmc(instant, 'A', digits)])[0]?.timeNs, instant);
  }
});

test('five epochs a second with an RMC only each second: all come, in order', () => {
  const stream = cycles(10, (i) => {
    const instant = at(0) + BigInt(i) * (NS / 5n);
    return [...(i % 5 === 0 ? [rmc(instant)] : []), gga(instant)];
  });
  const epochs = epochsOf(stream).map((epoch) => epoch.timeNs);
  assert.equal(
    epochs,
    Array.from({ length: 10 }, (_, i) => at(0) + BigInt(i) * (NS / 5n)),
  );
});

test('second 60 in NMEA and in UBX is a leap second, and not the midnight after it', () => {
  const midnight = BigInt(Date.UTC(2017, 0, 1)) * 1_000_000n;
  const leap = (text: string) =>
    sentence('GP', 'RMC', [text, 'A', '', '', '', '', '', '', '311216', '', '', 'A']);
  const nmea = epochsOf([leap('235959.00'), leap('235960.00'), rmc(midnight), rmc(midnight + NS)]);
  assert.equal(nmea.map(brief), [
    '23:59:59.000 RMC',
    '00:00:00.000 RMC leap',
    '00:00:00.000 RMC',
    '00:00:01.000 RMC',
  ]);
  const before = { year: 2016, month: 12, day: 31, hour: 23, minute: 59 };
  const ubx = epochsOf([
    pvt(midnight, { ...before, second: 59, iTowMs: 1000 }),
    pvt(midnight, { ...before, second: 60, iTowMs: 2000 }),
    pvt(midnight, { iTowMs: 3000 }),
  ]);
  assert.equal(ubx.map(brief), ['23:59:59.000 NAV-PVT', '00:00:00.000 NAV-PVT leap', '00:00:00.000 NAV-PVT']);
});

test('time set back by the receiver is followed, not taken for repetition', () => {
  const epochs = briefs([
    rmc(at(10)),
    rmc(at(11)),
    rmc(at(12)),
    rmc(at(10)),
    gga(at(10)),
    rmc(at(11)),
    gga(at(11)),
  ]);
  assert.equal(epochs, [
    '12:00:10.000 RMC',
    '12:00:11.000 RMC',
    '12:00:12.000 RMC',
    '12:00:10.000 RMC',
    '12:00:11.000 RMC',
  ]);
});

test('a doubled sentence, and one for each system, give one epoch', () => {
  const gn = (i: number) => Buffer.from(rmc(at(i)).toString());
  assert.is(briefs(cycles(3, (i) => [gn(i), gn(i), gga(at(i)), gga(at(i))])).length, 3);
});

test('a ZDA that is two seconds ahead of RMC (Ashtech AC12) does not win', () => {
  const epochs = briefs(cycles(4, (i) => [zda(at(i + 2)), gga(at(i)), rmc(at(i))]));
  assert.ok(
    epochs.every((text) => text.includes('RMC')),
    epochs.join(),
  );
  assert.is(epochs.length, 4);
});

test('NAV-PVT wins over everything, and knows whether UTC is resolved', () => {
  const epochs = epochsOf(cycles(3, (i) => [rmc(at(i)), pvt(at(i)), gga(at(i))]));
  assert.equal(epochs.map(brief).slice(1), ['12:00:01.000 NAV-PVT', '12:00:02.000 NAV-PVT']);
  assert.is(epochs.at(-1)?.utcKnown, true);
  assert.is(epochs.at(-1)?.accuracyNs, 25);
  const unresolved = epochsOf([pvt(at(0), { valid: 3 })])[0];
  assert.is(unresolved?.valid, true);
  assert.is(unresolved?.utcKnown, false);
  for (const valid of [0, 1, 2, 4, 6]) assert.is(epochsOf([pvt(at(0), { valid })])[0]?.valid, false);
  assert.is(epochsOf([rmc(at(0))])[0]?.utcKnown, undefined, 'plain NMEA cannot say');
});

test('NAV-PVT: fraction of either sign, kind of fix, positions only with a fix', () => {
  const epoch = epochsOf([pvt(at(1), { nanoNs: -192_599 })])[0] as GpsEpoch;
  assert.is(epoch.timeNs, at(1) - 192_599n);
  const fixOf = (fixType: number, flags = 1) => epochsOf([pvt(at(0), { fixType, flags })])[0]?.fix;
  assert.equal(
    [0, 1, 2, 3, 4, 5, 9].map((type) => fixOf(type)),
    ['none', '2d', '2d', '3d', '3d', 'time', 'none'],
  );
  assert.is(fixOf(3, 0), 'none');
  assert.is(epochsOf([pvt(at(0), { flags: 0 })])[0]?.latDegrees, undefined);
  assert.is(epoch.latDegrees, 48.1);
  assert.is(epoch.altM, 520);
  assert.is(epochsOf([pvt(at(0), { month: 13 })]).length, 0, 'no such month');
});

const timeUtc = (timeNs: bigint, valid: number) => {
  const { iTowMs, year, month, day, hour, minute, second, nanoNs } = pvtOf(timeNs);
  return encodeUbx(
    UBX.NAV_TIMEUTC,
    encodeNavTimeUtc({ iTowMs, year, month, day, hour, minute, second, nanoNs, accuracyNs: 30, valid }),
  );
};

test('NAV-TIMEUTC: valid by week and time of week, UTC known by its third bit', () => {
  const of = (valid: number) => epochsOf([timeUtc(at(0), valid)])[0];
  assert.equal([of(0xf7)?.valid, of(0xf7)?.utcKnown], [true, true]);
  assert.equal([of(3)?.valid, of(3)?.utcKnown], [true, false]);
  assert.equal([of(1)?.valid, of(4)?.valid], [false, false]);
});

const timeGps = (timeNs: bigint, valid: number, leapSeconds = 18) =>
  encodeUbx(
    UBX.NAV_TIMEGPS,
    encodeNavTimeGps({
      iTowMs: iTowOf(timeNs),
      fractionNs: 0,
      week: weekOf(timeNs),
      leapSeconds,
      valid,
      accuracyNs: 20,
    }),
  );

const sol = (timeNs: bigint) =>
  encodeUbx(
    UBX.NAV_SOL,
    encodeNavSol({
      iTowMs: iTowOf(timeNs),
      fractionNs: 0,
      week: weekOf(timeNs),
      fixType: 3,
      flags: 0x0d,
      xCm: 417_700_000,
      yCm: 85_500_000,
      zCm: 472_700_000,
      positionAccuracyCm: 200,
      velocityX: 0,
      velocityY: 0,
      velocityZ: 0,
      speedAccuracy: 10,
      pdopE2: 150,
      reserved1: 0,
      satellitesUsed: 8,
      reserved2: 0,
    }),
  );

test('GPS time becomes UTC by the leap seconds of the receiver, before that by the table of past ones', () => {
  const first = epochsOf([sol(at(0))])[0] as GpsEpoch;
  assert.is(first.timeNs, at(0));
  assert.is(first.valid, true);
  assert.is(first.utcKnown, false);
  assert.is(first.satellitesUsed, 8);
  const told = epochsOf([timeGps(at(0), 7), sol(at(1)), timeGps(at(1), 7)]);
  assert.equal(
    told.map((epoch) => [epoch.timeNs, epoch.utcKnown, epoch.leapSeconds]),
    [
      [at(0), true, 18],
      [at(1), true, 18],
    ],
  );
  // A receiver of the future that knows of a 19th leap second is believed.
  const future = epochsOf([timeGps(at(0), 7, 19)])[0] as GpsEpoch;
  assert.is(future.timeNs, at(-1));
  assert.is(epochsOf([timeGps(at(0), 2)])[0]?.valid, false);
});

test('the protocol can be chosen', () => {
  const stream = [rmc(at(0)), pvt(at(0)), rmc(at(1)), pvt(at(1))];
  assert.equal(new Set(epochsOf(stream, { protocol: 'nmea' }).map((e) => e.from)), new Set(['RMC']));
  assert.equal(new Set(epochsOf(stream, { protocol: 'ubx' }).map((e) => e.from)), new Set(['NAV-PVT']));
});

test('stamps: the first byte of the burst, and the last byte of the message the time is from', () => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const epochs: GpsEpoch[] = [];
  const send = (bytes: Uint8Array, startNs: bigint) => {
    for (const [i, byte] of bytes.entries())
      for (const event of decoder.feed(Uint8Array.of(byte), startNs + BigInt(i) * 1_000_000n))
        if (event.type === 'epoch') epochs.push(event.epoch);
  };
  const txt = sentence('GP', 'TXT', ['01', '01', '02', 'x']);
  for (let i = 0; i < 3; i += 1) {
    const startNs = at(i, 300_000_000);
    send(txt, startNs);
    send(rmc(at(i)), startNs + BigInt(txt.length) * 1_000_000n);
    send(gga(at(i)), startNs + BigInt(txt.length + rmc(at(i)).length) * 1_000_000n);
  }
  const last = epochs.at(-1) as GpsEpoch;
  assert.is(last.timeNs, at(2));
  assert.is(last.firstByteNs, at(2, 300_000_000));
  const end = txt.length + rmc(at(2)).length - 3;
  assert.is(last.arrivalNs, at(2, 300_000_000) + BigInt(end) * 1_000_000n);
});

test('a burst whose first message is damaged began with it all the same', () => {
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const epochs: GpsEpoch[] = [];
  for (let i = 0; i < 4; i += 1) {
    const damaged = gga(at(i));
    damaged[20] = 0x07;
    const pieces = [i < 2 ? gga(at(i)) : damaged, rmc(at(i))];
    for (const [n, bytes] of pieces.entries())
      for (const event of decoder.feed(bytes, at(i, 300_000_000) + BigInt(n) * 75_000_000n))
        if (event.type === 'epoch') epochs.push(event.epoch);
  }
  assert.equal(
    epochs.map(({ firstByteNs }) => firstByteNs),
    epochs.map(({ timeNs }) => timeNs + 300_000_000n),
  );
  assert.ok(epochs.length >= 3);
});

test.run();
