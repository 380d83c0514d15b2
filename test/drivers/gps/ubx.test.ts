/**
 * UBX codecs: bytes from foreign receivers (../shared/gps-captures) read to the right values and written back the same,
 * and every codec pair both ways.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { FrameScanner } from '../../../drivers/gps/scanner.js';
import { decodeAck, encodeAck } from '../../../drivers/gps/ubx/ack.js';
import { decodeHnrPvt, encodeHnrPvt } from '../../../drivers/gps/ubx/hnr-pvt.js';
import { encodeUbx, ubxChecksum } from '../../../drivers/gps/ubx/match.js';
import { antennaOf, decodeMonHw, encodeMonHw, jammingOf } from '../../../drivers/gps/ubx/mon-hw.js';
import { decodeMonRf, encodeMonRf } from '../../../drivers/gps/ubx/mon-rf.js';
import { decodeMonVer, encodeMonVer, moduleOf, protocolOf } from '../../../drivers/gps/ubx/mon-ver.js';
import { decodeNavPosLlh, encodeNavPosLlh } from '../../../drivers/gps/ubx/nav-posllh.js';
import { decodeNavPvt, encodeNavPvt } from '../../../drivers/gps/ubx/nav-pvt.js';
import { decodeNavSat, encodeNavSat, satellitesOfNavSat } from '../../../drivers/gps/ubx/nav-sat.js';
import { decodeNavSol, ecefToDegrees, encodeNavSol } from '../../../drivers/gps/ubx/nav-sol.js';
import { decodeNavStatus, encodeNavStatus, spoofingOf } from '../../../drivers/gps/ubx/nav-status.js';
import { decodeNavSvInfo, encodeNavSvInfo, satellitesOfSvInfo } from '../../../drivers/gps/ubx/nav-svinfo.js';
import { decodeNavTimeGps, encodeNavTimeGps } from '../../../drivers/gps/ubx/nav-timegps.js';
import { decodeNavTimeLs, encodeNavTimeLs } from '../../../drivers/gps/ubx/nav-timels.js';
import { decodeNavTimeUtc, encodeNavTimeUtc } from '../../../drivers/gps/ubx/nav-timeutc.js';
import { decodeSecUniqId, encodeSecUniqId } from '../../../drivers/gps/ubx/sec-uniqid.js';
import {
  decodeTimTp,
  encodeTimTp,
  pulseSecond,
  quantisationErrorPs,
} from '../../../drivers/gps/ubx/tim-tp.js';
import type { Decoded } from '../../../src/units/decoded.js';
import { assert, has, sharedFolder, test } from '../../support/suite.js';
import { NOON, pvtOf } from './gps-kit.js';

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const value = <T>(decoded: Decoded<T>): T => {
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
};

interface Codec {
  decode(payload: DataView): Decoded<unknown>;
  rewrite(payload: DataView): Uint8Array;
}
const codec = <T>(decode: (payload: DataView) => Decoded<T>, encode: (value: T) => Uint8Array): Codec => ({
  decode,
  rewrite: (payload) => encode(value(decode(payload))),
});

const CODECS: Readonly<Record<string, Codec>> = {
  '0102': codec(decodeNavPosLlh, encodeNavPosLlh),
  '0103': codec(decodeNavStatus, encodeNavStatus),
  '0106': codec(decodeNavSol, encodeNavSol),
  '0107': codec(decodeNavPvt, encodeNavPvt),
  '0120': codec(decodeNavTimeGps, encodeNavTimeGps),
  '0121': codec(decodeNavTimeUtc, encodeNavTimeUtc),
  '0126': codec(decodeNavTimeLs, encodeNavTimeLs),
  '0130': codec(decodeNavSvInfo, encodeNavSvInfo),
  '0135': codec(decodeNavSat, encodeNavSat),
  '0500': codec(decodeAck, encodeAck),
  '0501': codec(decodeAck, encodeAck),
  '0a04': codec(decodeMonVer, encodeMonVer),
  '0a09': codec(decodeMonHw, encodeMonHw),
  '0a38': codec(decodeMonRf, encodeMonRf),
  '0d01': codec(decodeTimTp, encodeTimTp),
  '2703': codec(decodeSecUniqId, encodeSecUniqId),
  '2800': codec(decodeHnrPvt, encodeHnrPvt),
};

test('the checksum is the 8-bit Fletcher of class to payload, low byte first', () => {
  // The poll of MON-VER, as printed in every u-blox manual.
  assert.equal(encodeUbx(0x0a04, new Uint8Array()), hex('b5 62 0a 04 00 00 0e 34'));
  assert.is(ubxChecksum(hex('0a 04 00 00'), 0, 4), 0x340e);
});

test('short payloads are refused by every codec, random ones never throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(CODECS)),
      fc.uint8Array({ maxLength: 320 }),
      (one, bytes) => {
        one.decode(view(bytes));
      },
    ),
    { numRuns: 1000 },
  );
  for (const [id, one] of Object.entries(CODECS)) assert.is(one.decode(view(hex('01'))).ok, false, id);
});

test('NAV-PVT and HNR-PVT go both ways with every field', () => {
  const pvt = pvtOf(NOON + 123_456_789n);
  assert.equal(value(decodeNavPvt(view(encodeNavPvt(pvt)))), pvt);
  const bytes = Uint8Array.from({ length: 72 }, (_, i) => i + 1);
  bytes.fill(0, 18, 20);
  bytes.fill(0, 68, 72);
  assert.equal(encodeHnrPvt(value(decodeHnrPvt(view(bytes)))), bytes);
  assert.ok(decodeNavPvt(view(encodeNavPvt(pvt).subarray(0, 84))).ok, 'u-blox 7 sends 84 bytes');
});

test('NAV-TIMELS: a leap second ahead; a change of two seconds is refused', () => {
  const payload = hex('00000000 00 000000 02 11 02 01 10270000 be07 0100 000000 03');
  const time = value(decodeNavTimeLs(view(payload)));
  assert.is(time.currentLeapSeconds, 17);
  assert.is(time.change, 1);
  assert.is(time.secondsToEvent, 10_000);
  assert.is(time.eventWeek, 1982);
  assert.equal(encodeNavTimeLs(time), payload);
  payload[11] = 2;
  assert.is(decodeNavTimeLs(view(payload)).ok, false);
});

test('MON-RF and MON-HW: antenna and jamming; the long MON-HW of u-blox 7 too', () => {
  const block = '01 02 04 01 00000000 00000000 6400 0a0b 2c fe 80 03 7f 000000';
  const payload = hex(`00 01 0000 ${block}`);
  const rf = value(decodeMonRf(view(payload)));
  assert.is(antennaOf(rf.blocks[0]?.antennaStatus ?? 0), 'open');
  assert.is(jammingOf((rf.blocks[0]?.flags ?? 0) & 3), 'warning');
  assert.equal(encodeMonRf(rf), payload);
  const hardware = new Uint8Array(60);
  hardware.set([2, 1, 0x0c], 20);
  hardware[45] = 77;
  const decoded = value(decodeMonHw(view(hardware)));
  assert.is(decoded.jamming, 77);
  assert.equal(encodeMonHw(decoded), hardware);
  const long = new Uint8Array(68);
  long[53] = 88;
  assert.is(value(decodeMonHw(view(long))).jamming, 88);
});

test('TIM-TP: a positive qErr is an early pulse; the second by time base', () => {
  const tp = {
    towMs: 237_870_000,
    towSubMs: 0,
    qErrPs: -4331,
    week: 2146,
    flags: 0x0b,
    refInfo: 0x0f,
  };
  assert.is(quantisationErrorPs(tp), 4331);
  assert.is(quantisationErrorPs({ ...tp, flags: 0x1b }), undefined);
  const utc = BigInt(Date.UTC(2021, 1, 23, 18, 4, 30) / 1000);
  assert.is(pulseSecond(tp, undefined), utc);
  assert.is(pulseSecond({ ...tp, flags: 0x01 }, 18), undefined, 'UTC not available');
  const gps = { ...tp, flags: 0, refInfo: 0, towMs: 237_888_000 };
  assert.is(pulseSecond(gps, 18), utc);
  assert.is(pulseSecond(gps, undefined), undefined);
  assert.is(pulseSecond({ ...gps, refInfo: 2 }, 18), undefined, 'BeiDou time');
  assert.is(pulseSecond({ ...tp, towMs: 237_869_999, towSubMs: 0xffffffff }, undefined), utc);
  assert.is(pulseSecond({ ...tp, towMs: 237_870_100 }, undefined), undefined, 'not on a second');
  assert.equal(value(decodeTimTp(view(encodeTimTp(tp)))), tp);
});

test('versions and numbers', () => {
  const version = {
    software: 'ROM CORE 3.01 (107888)',
    hardware: '00080000',
    extensions: ['FWVER=TIM 1.10', 'PROTVER=22.00', 'MOD=NEO-M8T-0'],
  };
  assert.equal(value(decodeMonVer(view(encodeMonVer(version)))), version);
  assert.is(protocolOf(version.extensions), '22.00');
  assert.is(protocolOf(['PROTVER 15.00']), '15.00');
  assert.is(moduleOf(version.extensions), 'NEO-M8T-0');
  assert.equal(value(decodeSecUniqId(view(hex('02000000 0102030405fe')))), {
    version: 2,
    id: '0102030405fe',
  });
  assert.is(value(decodeAck(view(hex('0624')))).message, 0x0624);
});

if (has('UBX frames of real receivers', 'shared')) {
  const NAMES = [
    'u-blox-m8t-time',
    'ublox-8-time',
    'ublox-lea-m8f',
    'ublox-neo-m8n',
    'ublox-neo-m8t',
    'ublox8-uniqid-monhw',
  ];
  const frames: { capture: string; id: string; payload: Uint8Array }[] = [];
  for (const capture of NAMES) {
    const scanner = new FrameScanner({
      sentence() {},
      ubx: (bytes) =>
        frames.push({
          capture,
          id: Buffer.from(bytes.subarray(2, 4)).toString('hex'),
          payload: bytes.slice(6, -2),
        }),
      discarded() {},
      badChecksum() {},
    });
    scanner.push(readFileSync(join(sharedFolder, 'gps-captures', `${capture}.log`)), 0n);
    scanner.end();
  }
  const first = (capture: string, id: string) => {
    const found = frames.find((frame) => frame.capture === capture && frame.id === id);
    if (found === undefined) throw new Error(`${capture} has no ${id}`);
    return view(found.payload);
  };

  test('what a receiver sent is written back byte for byte, but for reserved bytes', () => {
    let compared = 0;
    for (const { capture, id, payload } of frames) {
      const one = CODECS[id];
      if (one === undefined) continue;
      const again = one.rewrite(view(payload));
      assert.is(again.length, payload.length, `${capture} ${id}`);
      const decoded = JSON.stringify(one.decode(view(payload)));
      assert.is(JSON.stringify(one.decode(view(again))), decoded, `${capture} ${id}`);
      const differing = payload.filter((byte, i) => byte !== again[i]).length;
      const reserved: Readonly<Record<string, number>> = {
        '0107': 14,
        '0a04': payload.length,
        '0130': 2,
        '0135': 2,
        '0126': 6,
      };
      assert.ok(differing <= (reserved[id] ?? 0), `${capture} ${id}: ${differing} bytes differ`);
      compared += 1;
    }
    assert.ok(compared > 1500, String(compared));
  });

  test('NAV-PVT of a LEA-M8F', () => {
    const pvt = value(decodeNavPvt(first('ublox-lea-m8f', '0107')));
    const { year, month, day, hour, minute, second, nanoNs, fixType, satellitesUsed, accuracyNs } = pvt;
    assert.equal([year, month, day, hour, minute, second], [2025, 4, 11, 5, 6, 24]);
    assert.equal([nanoNs, fixType, satellitesUsed, accuracyNs], [-192_599, 5, 19, 3]);
  });

  test('NAV-TIMEUTC, NAV-TIMELS, NAV-TIMEGPS and TIM-TP of an M8T', () => {
    const utc = value(decodeNavTimeUtc(first('u-blox-m8t-time', '0121')));
    assert.equal(
      [utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.nanoNs],
      [2021, 2, 23, 18, 4, 29, 321_732],
    );
    assert.is(value(decodeNavTimeLs(first('u-blox-m8t-time', '0126'))).currentLeapSeconds, 18);
    const gps = value(decodeNavTimeGps(first('u-blox-m8t-time', '0120')));
    assert.equal(
      [gps.week, gps.iTowMs, gps.fractionNs, gps.leapSeconds, gps.valid],
      [2146, 237_887_000, 321_732, 18, 7],
    );
    assert.is(value(decodeTimTp(first('u-blox-m8t-time', '0d01'))).qErrPs, -4331);
    const status = value(decodeNavStatus(first('u-blox-m8t-time', '0103')));
    assert.equal([status.fixType, spoofingOf(status)], [5, 'ok']);
  });

  test('NAV-SOL of an M8: the position in degrees is gpsd’s', () => {
    const sol = value(decodeNavSol(first('ublox-8-time', '0106')));
    const place = ecefToDegrees(sol.xCm / 100, sol.yCm / 100, sol.zCm / 100);
    assert.ok(Math.abs((place?.lat ?? 0) - 45.218541146) < 1e-6);
    assert.is(sol.week, 1977);
    assert.is(ecefToDegrees(0, 0, 0), undefined);
  });

  test('satellites: NAV-SAT and NAV-SVINFO, versions and number of a GR-8013', () => {
    const used = satellitesOfNavSat(value(decodeNavSat(first('ublox8-uniqid-monhw', '0135')))).filter(
      (s) => s.used,
    );
    assert.ok(used.length >= 5 && used.some((s) => s.system === 'gps'));
    assert.ok(satellitesOfSvInfo(value(decodeNavSvInfo(first('ublox-8-time', '0130')))).length === 26);
    const version = value(decodeMonVer(first('ublox8-uniqid-monhw', '0a04')));
    assert.is(version.software, 'ROM CORE 3.01 (107888)');
    assert.is(protocolOf(version.extensions), '18.00');
    assert.match(value(decodeSecUniqId(first('ublox8-uniqid-monhw', '2703'))).id, /^[0-9a-f]{10}$/);
  });
}

test.run();
