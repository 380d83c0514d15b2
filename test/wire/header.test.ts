import fc from 'fast-check';
import {
  AT,
  copyTimestamp,
  decodeHeader,
  encodeHeader,
  fractionOf,
  HEADER_LENGTH,
  isUnknown,
  leapOf,
  modeOf,
  type NtpHeader,
  pollOf,
  precisionOf,
  refidOf,
  rootDelayOf,
  rootDispersionOf,
  secondsOf,
  setFlags,
  setPoll,
  setPrecision,
  setRefid,
  setRootDelay,
  setRootDispersion,
  setStratum,
  setTimestamp,
  stratumOf,
  versionOf,
} from '../../src/wire/header.js';
import { assert, test } from '../support/suite.js';

const headers: fc.Arbitrary<NtpHeader> = fc.record(
  {
    leap: fc.integer({ min: 0, max: 3 }),
    version: fc.integer({ min: 1, max: 4 }),
    mode: fc.integer({ min: 0, max: 5 }),
    stratum: fc.integer({ min: 0, max: 255 }),
    poll: fc.integer({ min: -128, max: 127 }),
    precision: fc.integer({ min: -128, max: 127 }),
    rootDelay: fc.integer({ min: 0, max: 0xffffffff }),
    rootDispersion: fc.integer({ min: 0, max: 0xffffffff }),
    refid: fc.integer({ min: 0, max: 0xffffffff }),
    referenceTime: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    originTime: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    receiveTime: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    transmitTime: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  },
  { noNullPrototype: true },
);

const fresh = (): DataView => new DataView(new ArrayBuffer(HEADER_LENGTH));

test("a server's reply of ntpd 4.2.8p15, as captured, is read field by field", () => {
  const bytes = Uint8Array.from(
    Buffer.from(
      '240603e700000000000072957f7f0100eeae0106a2f319d7' + 'eeae0106e5501917eeae0106e553e7b2eeae0106e55fed87',
      'hex',
    ),
  );
  const view = new DataView(bytes.buffer);
  const header: NtpHeader = {
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 6,
    poll: 3,
    precision: -25,
    rootDelay: 0,
    rootDispersion: 0x7295,
    refid: 0x7f7f0100,
    referenceTime: 0xeeae0106a2f319d7n,
    originTime: 0xeeae0106e5501917n,
    receiveTime: 0xeeae0106e553e7b2n,
    transmitTime: 0xeeae0106e55fed87n,
  };
  assert.equal(decodeHeader(view, 48), { ok: true, value: header });
  const again = fresh();
  encodeHeader(header, again);
  assert.equal(new Uint8Array(again.buffer), bytes);
});

test('a header comes back from its bytes as it went in', () => {
  fc.assert(
    fc.property(headers, (header) => {
      const view = fresh();
      assert.is(encodeHeader(header, view), HEADER_LENGTH);
      assert.equal(decodeHeader(view, HEADER_LENGTH), { ok: true, value: header });
    }),
  );
});

test('any 48 bytes of a known version and mode come back from their header unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (bytes) => {
      const decoded = decodeHeader(new DataView(bytes.buffer), 48);
      if (!decoded.ok) {
        assert.ok(decoded.reason === 'bad-version' || decoded.reason === 'bad-mode');
        return;
      }
      const view = fresh();
      encodeHeader(decoded.value, view);
      assert.equal(new Uint8Array(view.buffer), bytes);
    }),
  );
});

test('the accessors read what the object codec reads', () => {
  fc.assert(
    fc.property(headers, (header) => {
      const view = fresh();
      encodeHeader(header, view);
      assert.is(leapOf(view), header.leap);
      assert.is(versionOf(view), header.version);
      assert.is(modeOf(view), header.mode);
      assert.is(stratumOf(view), header.stratum);
      assert.is(pollOf(view), header.poll);
      assert.is(precisionOf(view), header.precision);
      assert.is(rootDelayOf(view), header.rootDelay);
      assert.is(rootDispersionOf(view), header.rootDispersion);
      assert.is(refidOf(view), header.refid);
      for (const name of ['referenceTime', 'originTime', 'receiveTime', 'transmitTime'] as const) {
        const at = AT[name];
        assert.is((BigInt(secondsOf(view, at)) << 32n) | BigInt(fractionOf(view, at)), header[name]);
        assert.is(isUnknown(view, at), header[name] === 0n);
      }
    }),
  );
});

test('the accessors write what the object codec writes', () => {
  fc.assert(
    fc.property(headers, (header) => {
      const expected = fresh();
      encodeHeader(header, expected);
      const view = fresh();
      setFlags(view, header.leap, header.version, header.mode);
      setStratum(view, header.stratum);
      setPoll(view, header.poll);
      setPrecision(view, header.precision);
      setRootDelay(view, header.rootDelay);
      setRootDispersion(view, header.rootDispersion);
      setRefid(view, header.refid);
      setTimestamp(
        view,
        AT.referenceTime,
        Number(header.referenceTime >> 32n),
        Number(header.referenceTime & 0xffffffffn),
      );
      copyTimestamp(expected, AT.originTime, view, AT.originTime);
      copyTimestamp(expected, AT.receiveTime, view, AT.receiveTime);
      copyTimestamp(expected, AT.transmitTime, view, AT.transmitTime);
      assert.equal(new Uint8Array(view.buffer), new Uint8Array(expected.buffer));
    }),
  );
});

test('versions 0 and 5 to 7, and modes 6 and 7, are refused by name', () => {
  for (let flags = 0; flags < 256; flags += 1) {
    const view = fresh();
    view.setUint8(0, flags);
    const version = (flags >> 3) & 7;
    const decoded = decodeHeader(view, 48);
    if (version === 0 || version > 4) assert.equal(decoded, { ok: false, reason: 'bad-version' });
    else if ((flags & 7) > 5) assert.equal(decoded, { ok: false, reason: 'bad-mode' });
    else assert.ok(decoded.ok);
  }
});

test('a header cut at any byte is too short', () => {
  const view = new DataView(new ArrayBuffer(100));
  setFlags(view, 0, 4, 3);
  for (let length = 0; length < 48; length += 1) {
    assert.equal(decodeHeader(view, length), { ok: false, reason: 'too-short' });
    assert.equal(decodeHeader(new DataView(new ArrayBuffer(length)), 48), { ok: false, reason: 'too-short' });
  }
});

test.run();
