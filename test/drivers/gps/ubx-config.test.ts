/**
 * Codecs of settings and surveys: bytes of real receivers (gpsd's captures, and frames as other programs send them), every
 * field at its offset, and damage that never throws.
 */
import fc from 'fast-check';
import { decodeCfgCfg, encodeCfgCfg } from '../../../drivers/gps/ubx/cfg-cfg.js';
import { decodeCfgItfm, encodeCfgItfm } from '../../../drivers/gps/ubx/cfg-itfm.js';
import {
  decodeMessageRates,
  encodeMessageRate,
  encodeMessageRates,
} from '../../../drivers/gps/ubx/cfg-msg.js';
import { decodeCfgNav5, encodeCfgNav5 } from '../../../drivers/gps/ubx/cfg-nav5.js';
import { decodeCfgPrt, encodeCfgPrt } from '../../../drivers/gps/ubx/cfg-prt.js';
import { decodeCfgRate, encodeCfgRate } from '../../../drivers/gps/ubx/cfg-rate.js';
import { decodeCfgTmode2, encodeCfgTmode2 } from '../../../drivers/gps/ubx/cfg-tmode2.js';
import { decodeCfgTmode3, encodeCfgTmode3 } from '../../../drivers/gps/ubx/cfg-tmode3.js';
import { decodeCfgTp5, encodeCfgTp5 } from '../../../drivers/gps/ubx/cfg-tp5.js';
import {
  decodePairs,
  decodeValGet,
  encodeValGet,
  encodeValSet,
  keyValue,
  signedValue,
} from '../../../drivers/gps/ubx/cfg-val.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { ecefToDegrees } from '../../../drivers/gps/ubx/nav-sol.js';
import { decodeNavSvin, encodeNavSvin } from '../../../drivers/gps/ubx/nav-svin.js';
import { decodeSecSig, encodeSecSig } from '../../../drivers/gps/ubx/sec-sig.js';
import { decodeTimSvin, encodeTimSvin } from '../../../drivers/gps/ubx/tim-svin.js';
import type { Decoded } from '../../../src/units/decoded.js';
import { earthCentred } from '../../../src/units/geodesy.js';
import { assert, test } from '../../support/suite.js';

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const value = <T>(decoded: Decoded<T>): T => {
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
};

interface Codec {
  readonly length: number;
  /** bytes that are reserved, and so are written as zero */
  readonly reserved: readonly number[];
  decode(payload: DataView): Decoded<unknown>;
  rewrite(payload: DataView): Uint8Array;
}
const span = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const codec = <T>(
  length: number,
  decode: (payload: DataView) => Decoded<T>,
  encode: (value: T) => Uint8Array,
  reserved: readonly number[] = [],
): Codec => ({ length, reserved, decode, rewrite: (payload) => encode(value(decode(payload))) });

const CODECS: Readonly<Record<string, Codec>> = {
  'CFG-PRT': codec(20, decodeCfgPrt, encodeCfgPrt, [1, 18, 19]),
  'CFG-RATE': codec(6, decodeCfgRate, encodeCfgRate),
  'CFG-CFG': codec(13, decodeCfgCfg, encodeCfgCfg),
  'CFG-ITFM': codec(8, decodeCfgItfm, encodeCfgItfm),
  // What its mask leaves out is not written.
  'CFG-NAV5': codec(36, decodeCfgNav5, encodeCfgNav5, [...span(4, 12), ...span(13, 36)]),
  'CFG-TP5': codec(32, decodeCfgTp5, encodeCfgTp5, [2, 3]),
  'CFG-TMODE2': codec(28, decodeCfgTmode2, encodeCfgTmode2, [1]),
  'CFG-TMODE3': codec(40, decodeCfgTmode3, encodeCfgTmode3, [1, 19, ...span(32, 40)]),
  'NAV-SVIN': codec(40, decodeNavSvin, encodeNavSvin, [1, 2, 3, 27, 38, 39]),
  'TIM-SVIN': codec(28, decodeTimSvin, encodeTimSvin, [26, 27]),
};

for (const [name, { length, reserved, decode, rewrite }] of Object.entries(CODECS))
  test(`${name}: every byte that means something is read and written back at its place`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const wanted = bytes.map((byte, i) => (reserved.includes(i) ? 0 : byte));
        assert.equal(rewrite(view(bytes)), wanted);
      }),
      { numRuns: 200 },
    );
    assert.is(decode(view(new Uint8Array(length - 1))).ok, false);
  });

test('CFG-PRT as a u-blox 8 told it of its USB port (capture ublox8-uniqid-monhw)', () => {
  const port = value(decodeCfgPrt(view(hex('0300000000000000000000000700030000000000'))));
  assert.equal([port.port, port.inProtocols, port.outProtocols, port.baud], [3, 7, 3, 0]);
});

test('TIM-SVIN of a u-blox M8T that surveyed nothing (capture u-blox-m8t-time)', () => {
  const survey = value(decodeTimSvin(view(new Uint8Array(28))));
  assert.equal([survey.seconds, survey.valid, survey.active], [0, 0, 0]);
});

test('CFG-MSG: three bytes set a rate on this port, eight tell those of all', () => {
  // GGA off, as u-center sends it.
  assert.equal(encodeUbx(0x0601, encodeMessageRate(0xf000, 0)), hex('b5 62 06 01 03 00 f0 00 00 fa 0f'));
  const rates = { message: 0x0107, rates: [0, 1, 0, 2, 0, 0] };
  assert.equal(value(decodeMessageRates(view(encodeMessageRates(rates)))), rates);
  assert.is(decodeMessageRates(view(hex('010700'))).ok, false);
});

test('VALSET of CFG-TP-TP1_ENA is the frame that UHD’s own test expects', () => {
  // Ettus UHD, tests/ublox_test: layers 3, key 10050007, value 1.
  const payload = encodeValSet(3, new Map([[0x1005_0007, 1n]]));
  assert.equal(payload, hex('00 03 00 00 07 00 05 10 01'));
});

test('VALGET and its answer: each size of value, signs kept', () => {
  const keys = [0x1005_0007, 0x2011_00a4, 0x3005_0001, 0x4003_0003];
  assert.equal(value(decodeValGet(view(encodeValGet(keys)))), { layer: 0, keys });
  // Layer 2 is flash.
  assert.equal(encodeValGet([0x1005_0007], 2), hex('00 02 00 00 07 00 05 10'));
  const values = new Map(keys.map((key, i) => [key, keyValue(key, i === 0 ? 1 : -i)]));
  const back = value(decodePairs(view(encodeValSet(1, values)), 0));
  assert.equal([...back.values], [...values]);
  assert.equal(
    keys.slice(1).map((key) => signedValue(key, back.values.get(key) ?? 0n)),
    [-1, -2, -3],
  );
  assert.is(back.first, 1);
});

test('pairs that end early, keys without a size and random bytes are refused or read, and never throw', () => {
  assert.is(decodePairs(view(hex('01 00 00 00 07 00 05 10')), 1).ok, false);
  assert.is(decodePairs(view(hex('01 00 00 00 07 00 05 00 01')), 1).ok, false);
  assert.is(decodePairs(view(hex('01 00 00 00 07 00 05')), 1).ok, false);
  assert.is(decodePairs(view(hex('00 00 00 00')), 1).ok, false);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      decodePairs(view(bytes), 1);
      decodeValGet(view(bytes));
      for (const { decode } of Object.values(CODECS)) decode(view(bytes));
    }),
  );
});

test('SEC-SIG: its first version is read, others are left alone', () => {
  const signal = { version: 1, jamming: 5, spoofing: 4 };
  assert.equal(value(decodeSecSig(view(encodeSecSig(signal)))), signal);
  assert.equal(decodeSecSig(view(encodeSecSig({ ...signal, version: 2 }))), {
    ok: false,
    reason: 'bad-version',
  });
});

test('degrees to earth centred axes and back is the same place', () => {
  for (const [lat, lon, height] of [
    [47.3769, 8.5417, 450],
    [-33.9, 151.2, 20],
    [0, -179.9, 0],
    [71.1, 25.7, 300],
  ] as const) {
    const { x, y, z } = earthCentred(lat, lon, height);
    const back = ecefToDegrees(x, y, z);
    assert.ok(Math.abs((back?.lat ?? 0) - lat) < 1e-7 && Math.abs((back?.lon ?? 0) - lon) < 1e-9);
  }
});

test.run();
