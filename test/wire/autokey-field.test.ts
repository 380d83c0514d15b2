import fc from 'fast-check';
import {
  AUTOKEY_OPERATION,
  autokeyFieldLength,
  autokeyOperationName,
  decodeAutokeyField,
  decodeAutokeyHeader,
  encodeAutokeyField,
  signedBytes,
  signedPart,
} from '../../src/wire/autokey-field.js';
import { assert, test } from '../support/suite.js';

const bytesOf = (hex: string): DataView => {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return new DataView(bytes.buffer);
};

// From captures of ntpd 4.2.8p15: a client's first ASSOC (cs-gq-fix), a server's signed LEAP value (leap-exchange).
const ASSOC = '0201002000008f0b000000000008000100000005706565723200000000000000';
const LEAP =
  '8205006400004f00eeae0405eeae03f40000000c00000025dc12c500dc33ba800000004044493449' +
  '1fc05ac1fa8a7e1acc1336878b3c4ec1de2c7f068174af20cacef48ae1888bea6cb1b14692ae484c' +
  '1029f883ed153bb73bf9e25e3b1de1375517e574';

test("ntpd's ASSOC request: no signature, the status word in the place of the filestamp", () => {
  const view = bytesOf(ASSOC);
  const field = decodeAutokeyField(view, 0, 32);
  assert.ok(field.ok);
  if (!field.ok) return;
  const { value } = field;
  assert.is(value.response, false);
  assert.is(value.error, false);
  assert.is(value.version, 2);
  assert.is(autokeyOperationName(value.operation), 'assoc');
  assert.is(value.associationId, 36619);
  assert.is(value.body?.timestamp, 0);
  assert.is(value.body?.filestamp, 0x80001);
  assert.is(Buffer.from(value.body?.value ?? []).toString('latin1'), 'peer2');
  assert.is(value.body?.signature.length, 0);
});

test("ntpd's LEAP response: 12 bytes of value, a signature over timestamp to value", () => {
  const view = bytesOf(LEAP);
  const field = decodeAutokeyField(view, 0, 100);
  assert.ok(field.ok);
  if (!field.ok) return;
  const { body } = field.value;
  assert.is(field.value.operation, AUTOKEY_OPERATION.leap);
  assert.ok(field.value.response);
  assert.is(body?.value.length, 12);
  assert.is(body?.signature.length, 64);
  assert.is(autokeyFieldLength(body), 100);
  if (body === undefined) return;
  assert.equal(signedPart(view, 0, 12).slice(), signedBytes(body.timestamp, body.filestamp, body.value));
  const out = new DataView(new ArrayBuffer(100));
  assert.is(encodeAutokeyField(field.value, body, out, 0), 100);
  assert.equal(new Uint8Array(out.buffer), new Uint8Array(view.buffer));
});

test("ntpd's 8-byte LEAP request has a header only", () => {
  const field = decodeAutokeyField(bytesOf('0205 0008 00004f00'), 0, 8);
  assert.ok(field.ok && field.value.body === undefined && field.value.associationId === 0x4f00);
});

const fields = fc.record({
  response: fc.boolean(),
  error: fc.boolean(),
  version: fc.integer({ min: 0, max: 63 }),
  operation: fc.integer({ min: 0, max: 63 }),
  associationId: fc.integer({ min: 0, max: 0xffffffff }),
  body: fc.option(
    fc.record({
      timestamp: fc.integer({ min: 0, max: 0xffffffff }),
      filestamp: fc.integer({ min: 0, max: 0xffffffff }),
      value: fc.uint8Array({ maxLength: 100 }),
      signature: fc.uint8Array({ maxLength: 100 }),
    }),
    { nil: undefined },
  ),
  slack: fc.integer({ min: 0, max: 5 }),
  at: fc.integer({ min: 0, max: 9 }),
});

test('a field comes back from its bytes, also when it is longer than its contents', () => {
  fc.assert(
    fc.property(fields, ({ body, slack, at, ...header }) => {
      const length = autokeyFieldLength(body) + (body === undefined ? 0 : 4 * slack);
      const view = new DataView(new ArrayBuffer(at + length));
      assert.is(encodeAutokeyField(header, body, view, at, length), at + length);
      const field = decodeAutokeyField(view, at, length);
      if (!field.ok) throw new Error(field.reason);
      const { body: got, length: gotLength, ...gotHeader } = field.value;
      assert.equal({ ...gotHeader }, { ...header });
      assert.equal({ ...decodeAutokeyHeader(view, at) }, { ...header });
      assert.is(gotLength, length);
      assert.is(got?.timestamp, body?.timestamp);
      assert.is(got?.filestamp, body?.filestamp);
      assert.equal(got && Buffer.from(got.value), body && Buffer.from(body.value));
      assert.equal(got && Buffer.from(got.signature), body && Buffer.from(body.signature));
    }),
    { numRuns: 300 },
  );
});

test('a field cut at any byte, or with any length claimed, is refused or read, never thrown over', () => {
  const whole = new Uint8Array(bytesOf(LEAP).buffer);
  for (let length = 0; length <= whole.length; length += 1) {
    const cut = whole.slice(0, length);
    const field = decodeAutokeyField(new DataView(cut.buffer), 0, length);
    if (length === whole.length) assert.ok(field.ok);
    else if (length < 8) assert.equal(field, { ok: false, reason: 'too-short' });
    else if (length % 4 !== 0) assert.equal(field, { ok: false, reason: 'bad-length' });
    else if (length > 8 && length < 32) assert.equal(field, { ok: false, reason: 'bad-field' });
    // The value is there: the signature is missing, or does not fit.
    else if (length === 8 || length === 32) assert.ok(field.ok);
    else assert.equal(field, { ok: false, reason: 'bad-field' });
  }
  assert.equal(decodeAutokeyField(new DataView(whole.buffer), 0, 104), { ok: false, reason: 'too-short' });
});

test('huge value and signature lengths are bounded before any arithmetic', () => {
  const view = bytesOf(LEAP);
  for (const length of [0xffffffff, 0x80000000, 0xfffffffc, 81, 100]) {
    view.setUint32(16, length);
    assert.equal(decodeAutokeyField(view, 0, 100), { ok: false, reason: 'bad-field' });
  }
  view.setUint32(16, 12);
  for (const length of [0xffffffff, 0x80000000, 65]) {
    view.setUint32(32, length);
    assert.equal(decodeAutokeyField(view, 0, 100), { ok: false, reason: 'bad-field' });
  }
});

test.run();
