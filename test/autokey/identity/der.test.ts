import fc from 'fast-check';
import { LIMITS } from '../../../src/autokey/identity/bounds.js';
import {
  decodeMvProof,
  decodeProofPair,
  encodeIntegerBytes,
  encodeMvProof,
  encodeProofPair,
} from '../../../src/autokey/identity/der.js';
import {
  bitLength,
  byteLength,
  toBytes,
  toFixedBytes,
  toInteger,
} from '../../../src/autokey/powers/integers.js';
import { assert, test } from '../../support/suite.js';

const number = fc.bigInt({ min: 0n, max: (1n << BigInt(LIMITS.maxModulusBits)) - 1n });
const bytesOf = (...values: number[]) => Uint8Array.from(values);

test('two and three numbers of any size survive encoding', () => {
  fc.assert(
    fc.property(number, number, number, (p, q, g) => {
      assert.equal(decodeProofPair(encodeProofPair({ y: p, hash: q })), {
        ok: true,
        value: { y: p, hash: q },
      });
      assert.equal(decodeMvProof(encodeMvProof({ p, q, g })), { ok: true, value: { p, q, g } });
    }),
    { numRuns: 60 },
  );
});

test('leading zeros of fixed-length numbers vanish', () => {
  const short = [1n, 0x80n, 0n].map((value) => toFixedBytes(value, 40));
  assert.equal(encodeIntegerBytes(short), bytesOf(0x30, 10, 2, 1, 1, 2, 2, 0, 0x80, 2, 1, 0));
});

test('whatever is decoded encodes to the same bytes, and nothing else is taken', () => {
  const good = encodeProofPair({ y: 0x1234n << 500n, hash: 77n });
  const mutated = fc
    .tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
    .map(([at, value, cut]) => {
      const bytes = good.slice(0, cut < 8 ? cut : good.length);
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  const shapes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    mutated,
    fc.uint8Array({ maxLength: 40 }).map((rest) => bytesOf(0x30, rest.length, ...rest)),
  );
  fc.assert(
    fc.property(shapes, (bytes) => {
      const pair = decodeProofPair(bytes);
      if (pair.ok) assert.equal(encodeProofPair(pair.value), Uint8Array.from(bytes));
      const three = decodeMvProof(bytes);
      if (three.ok) assert.equal(encodeMvProof(three.value), Uint8Array.from(bytes));
    }),
    { numRuns: 1500 },
  );
});

test('an answer cut at any byte, or followed by one, is refused', () => {
  const good = encodeProofPair({ y: 1n << 1023n, hash: 1n << 127n });
  for (let i = 0; i < good.length; i += 1) assert.not(decodeProofPair(good.subarray(0, i)).ok);
  assert.equal(decodeProofPair(bytesOf(...good, 0)), { ok: false, reason: 'too-long' });
});

test('negative, padded, empty and overlong numbers, and long forms of short lengths, are refused', () => {
  const refused = (...values: number[]) => assert.not(decodeProofPair(bytesOf(...values)).ok);
  refused(0x30, 6, 2, 1, 0x80, 2, 1, 1);
  refused(0x30, 7, 2, 2, 0, 1, 2, 1, 1);
  refused(0x30, 5, 2, 0, 2, 1, 1);
  refused(0x30, 0x81, 6, 2, 1, 1, 2, 1, 1);
  refused(0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0);
  refused(0x31, 6, 2, 1, 1, 2, 1, 1);
  refused(0x30, 6, 3, 1, 1, 2, 1, 1);
  assert.not(decodeProofPair(encodeProofPair({ y: 1n << 16_000n, hash: 1n })).ok);
});

test('numbers and bytes convert both ways, and lengths are those of their bits', () => {
  fc.assert(
    fc.property(number, (value) => {
      assert.is(toInteger(toBytes(value)), value);
      assert.is(toInteger(toFixedBytes(value, 600)), value);
      assert.is(bitLength(value), value === 0n ? 0 : value.toString(2).length);
      assert.is(byteLength(value), toBytes(value).length);
    }),
    { numRuns: 60 },
  );
  assert.throws(() => toFixedBytes(256n, 1));
});

test.run();
