import fc from 'fast-check';
import {
  decodeFields,
  decodePacketFields,
  dialectOf,
  encodeField,
  fieldLength,
  newCursor,
  nextField,
  startFields,
} from '../../src/wire/extension.js';
import { HEADER_LENGTH, setFlags } from '../../src/wire/header.js';
import { newTail, scanTail } from '../../src/wire/mac-trailer.js';
import { assert, test } from '../support/suite.js';

const fresh = (length: number): DataView => {
  const view = new DataView(new ArrayBuffer(length));
  setFlags(view, 0, 4, 3);
  return view;
};

test('RFC 7822 asks for 16 bytes, and 28 of the last field without MAC; Autokey for 8', () => {
  assert.is(fieldLength(0, 'rfc7822', false), 16);
  assert.is(fieldLength(0, 'rfc7822', true), 28);
  assert.is(fieldLength(0, 'autokey', false), 8);
  for (const isLast of [false, true]) {
    assert.is(fieldLength(25, 'rfc7822', isLast), 32);
    assert.is(fieldLength(5, 'autokey', isLast), 12);
  }
});

const bodies = fc.array(
  fc.record({ type: fc.integer({ min: 1, max: 0xffff }), body: fc.uint8Array({ maxLength: 60 }) }),
  { minLength: 1, maxLength: 6 },
);

test('fields come back from their bytes, padded with zeros, in either dialect', () => {
  fc.assert(
    fc.property(
      bodies,
      fc.constantFrom('autokey' as const, 'rfc7822' as const),
      fc.boolean(),
      (list, dialect, isBare) => {
        const hasMac = dialect === 'autokey' || !isBare;
        const view = fresh(1000);
        let at = HEADER_LENGTH;
        list.forEach(({ type, body }, i) => {
          at = encodeField(view, at, type, body, dialect, !hasMac && i === list.length - 1);
        });
        const end = at;
        if (hasMac) {
          view.setUint32(at, dialect === 'autokey' ? 70_000 : 7);
          at += 20;
        }
        const tail = newTail();
        assert.is(scanTail(view, at, tail), undefined);
        assert.is(tail.macAt, end);
        assert.is(dialectOf(tail), dialect);
        const fields = decodeFields(view, tail);
        assert.ok(fields.ok);
        if (!fields.ok) return;
        assert.is(fields.value.length, list.length);
        fields.value.forEach((field, i) => {
          assert.is(field.type, list[i]?.type);
          const body = list[i]?.body ?? new Uint8Array();
          assert.equal(field.body.slice(0, body.length), body.slice());
          assert.ok(field.body.subarray(body.length).every((byte) => byte === 0));
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('the cursor meets the same fields as the decoder, packet after packet', () => {
  const tail = newTail();
  const cursor = newCursor(tail);
  fc.assert(
    fc.property(bodies, (list) => {
      const view = fresh(1000);
      let at = HEADER_LENGTH;
      for (const { type, body } of list) at = encodeField(view, at, type, body, 'autokey');
      view.setUint32(at, 70_000);
      const fields = decodePacketFields(view, at + 20, tail);
      if (!fields.ok) throw new Error(fields.reason);
      startFields(cursor, tail);
      const met: { type: number; at: number; length: number }[] = [];
      while (nextField(view, cursor)) met.push({ type: cursor.type, at: cursor.at, length: cursor.length });
      assert.equal(
        met,
        fields.value.map(({ type, at: start, length }) => ({ type, at: start, length })),
      );
    }),
  );
});

test('an 8-byte field is refused where RFC 7822 rules', () => {
  const view = fresh(76);
  view.setUint32(48, 0x0205_0008);
  view.setUint32(56, 5);
  const tail = newTail();
  assert.equal(decodePacketFields(view, 76, tail), { ok: false, reason: 'bad-field' });
  view.setUint32(56, 70_000);
  assert.ok(decodePacketFields(view, 76, tail).ok);
});

test('a cursor over bytes that were never scanned neither throws nor runs for ever', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 400 }), (bytes, macAt) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const cursor = newCursor({ fieldCount: 0, macAt, macLength: 0, keyId: 0 });
      let count = 0;
      while (nextField(view, cursor)) count += 1;
      assert.ok(count <= 50);
    }),
  );
});

test.run();
