import fc from 'fast-check';
import {
  derElement,
  derInteger,
  derOid,
  derSequence,
  readElement,
  readElements,
  readInteger,
  readOid,
  readOnly,
  readSequence,
  TAG,
  unsignedFromBytes,
  unsignedToBytes,
} from '../../src/autokey/der.js';
import { assert, test } from '../support/suite.js';

test('integers come back as they were, in the fewest bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 600n }), (value) => {
      assert.is(readInteger(readOnly(derInteger(value), TAG.integer), 128), value);
      assert.is(unsignedFromBytes(unsignedToBytes(value)), value);
    }),
    { numRuns: 300 },
  );
  assert.equal([...derInteger(0n)], [2, 1, 0]);
  assert.equal([...derInteger(128n)], [2, 2, 0, 128]);
});

test('a negative serial of a 32-bit key generator is read as it is; padded integers are refused', () => {
  const integer = (...bytes: number[]) =>
    readInteger({ tag: TAG.integer, raw: Uint8Array.of(), content: Uint8Array.from(bytes) }, 8);
  assert.is(integer(0xee, 0xae, 0, 0xe4), -290_586_396n);
  assert.is(integer(0, 0x7f), undefined);
  assert.is(integer(0xff, 0x80), undefined);
  assert.is(integer(), undefined);
  assert.is(integer(1, 2, 3, 4, 5, 6, 7, 8, 9), undefined, 'longer than was allowed');
});

test('object identifiers come back as they were', () => {
  for (const oid of ['1.2.840.113549.1.1.4', '1.3.6.1.5.5.7.48.1.11', '1.3.6.1.4', '2.5.4.3', '2.999.1'])
    assert.is(readOid(readOnly(derOid(oid), TAG.oid)), oid);
  const raw = (...content: number[]) =>
    readOid({ tag: TAG.oid, raw: Uint8Array.of(), content: Uint8Array.from(content) });
  assert.is(raw(), undefined);
  assert.is(raw(0x2a, 0x86), undefined, 'cut off');
  assert.is(raw(0x2a, 0x80, 1), undefined, 'padded');
  assert.is(raw(0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), undefined, 'an arc without end');
});

test('elements of every length come back with what they hold', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const element = readElement(derElement(TAG.octetString, new Uint8Array(length)), 0);
    assert.is(element?.content.length, length);
  }
});

test('indefinite, padded, oversized and cut lengths and long tags are refused', () => {
  const bad = [
    [0x30],
    [0x30, 0x80, 0, 0],
    [0x30, 0x81, 0x05, 0, 0, 0, 0, 0],
    [0x30, 0x82, 0x00, 0x81, ...new Array<number>(0x81).fill(0)],
    [0x30, 0x84, 0, 0, 0, 1, 0],
    [0x30, 0x82, 1],
    [0x30, 2, 0],
    [0x1f, 0x81, 0x01, 0],
    [],
  ];
  for (const bytes of bad) assert.is(readElement(Uint8Array.from(bytes), 0), undefined, bytes.join());
});

test('a sequence of more elements than allowed, or with a rest, is refused', () => {
  const three = derSequence(derInteger(1n), derInteger(2n), derInteger(3n));
  assert.is(readSequence(three, 3)?.length, 3);
  assert.is(readSequence(three, 2), undefined);
  assert.is(readSequence(Uint8Array.of(...three, 0)), undefined);
  assert.is(readElements(Uint8Array.of(2, 1, 1, 2)), undefined);
});

test('noise is read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const element of readElements(bytes) ?? []) {
        readInteger(element, 64);
        readOid(element);
        readSequence(element.raw);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
