import fc from 'fast-check';
import {
  decodeAutokeyValues,
  encodeAutokeyValues,
  followKeyList,
  hashesBetween,
  type KeyPath,
  keyListSize,
  type ListPosition,
  MAX_HASHES,
  makeKeyList,
} from '../../src/autokey/key-list.js';
import { nextKeyId } from '../../src/autokey/session-key.js';
import type { Random } from '../../src/ports/random.js';
import { assert, test } from '../support/suite.js';

const path: KeyPath = {
  digest: 'MD5',
  source: Uint8Array.of(10, 9, 0, 1),
  destination: Uint8Array.of(10, 9, 0, 2),
  cookie: 0x8145cc72,
};
const always = (keyId: number): Random => ({
  bytes: (n) => {
    const bytes = new Uint8Array(n);
    new DataView(bytes.buffer).setUint32(0, keyId);
    return bytes;
  },
  uniform: () => 0.5,
});
const after = (keyId: number): number =>
  nextKeyId(path.digest, path.source, path.destination, keyId, path.cookie);
const spend = (list: ReturnType<typeof makeKeyList>): number[] => {
  const ids: number[] = [];
  for (let id = list.take(); id !== undefined; id = list.take()) ids.push(id);
  return ids;
};

test('IDs are spent in reverse: the first hashes to the autokey values, each next to the one before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 100 }), (seed, size) => {
      const list = makeKeyList(path, size, always(seed));
      assert.is(list.values.sequence, list.remaining - 1);
      let previous = list.values.keyId;
      for (const id of spend(list)) {
        assert.ok(id > 65_535);
        assert.is(after(id), previous);
        previous = id;
      }
      assert.is(previous, seed > 65_535 ? seed : seed + 65_536);
      assert.is(list.take(), undefined);
    }),
    { numRuns: 60 },
  );
});

test('a list ends before an ID that is taken elsewhere, and does not begin with one', () => {
  const third = after(after(70_000));
  const list = makeKeyList(path, 100, always(70_000), (id) => id === third);
  assert.is(list.remaining, 2);
  assert.is(list.values.keyId, third);
  assert.is(makeKeyList(path, 1, always(70_000), (id) => id === 70_000).take(), 70_001);
  assert.is(makeKeyList(path, 1, always(0xffffffff), (id) => id === 0xffffffff).take(), 65_536);
});

test('a list ends before an ID of key files', () => {
  let seed = 65_536;
  while (after(seed) > 65_535) seed += 1;
  assert.is(makeKeyList(path, 100, always(seed)).remaining, 1);
});

test('lists have 100 entries, five with automax 5 at poll 3 (old-reference.md), one while the clock is not set', () => {
  assert.is(keyListSize(12, 8, true), 100);
  assert.is(keyListSize(5, 8, true), 5);
  assert.is(keyListSize(12, 1024, true), 5);
  assert.is(keyListSize(4, 64, true), 1);
  assert.is(keyListSize(12, 8, false), 1);
});

test('values are eight bytes and nothing else', () => {
  const values = { keyId: 0x309ca22a, sequence: 99 };
  assert.is(Buffer.from(encodeAutokeyValues(values)).toString('hex'), '309ca22a00000063');
  const decoded = decodeAutokeyValues(encodeAutokeyValues(values));
  assert.ok(decoded.ok && decoded.value.keyId === values.keyId && decoded.value.sequence === 99);
  assert.not(decodeAutokeyValues(new Uint8Array(7)).ok);
  assert.not(decodeAutokeyValues(new Uint8Array(12)).ok);
});

test('a list is followed over lost packets, and packets of before are refused', () => {
  const list = makeKeyList(path, 100, always(123_456));
  const ids = spend(list);
  let position: ListPosition | undefined = { values: list.values, last: undefined };
  for (const at of [0, 1, 5, 50, 99]) {
    position = followKeyList(path, position, ids[at] ?? 0);
    assert.is(position?.last, ids[at]);
    if (position === undefined) return;
  }
  const middle: ListPosition = { values: list.values, last: ids[50] };
  for (const at of [0, 49, 50])
    assert.is(followKeyList(path, middle, ids[at] ?? 0), undefined, `index ${at}`);
  assert.ok(followKeyList(path, { values: list.values, last: undefined }, ids[99] ?? 0) !== undefined);
  assert.is(followKeyList({ ...path, cookie: 1 }, middle, ids[51] ?? 0), undefined, 'another cookie');
});

test('a sequence of four billion costs no more than the bound', () => {
  const position: ListPosition = { values: { keyId: 1, sequence: 0xffffffff }, last: undefined };
  assert.is(followKeyList(path, position, 77_777), undefined);
  let far = 88_888;
  for (let i = 0; i <= MAX_HASHES; i += 1) far = after(far);
  assert.is(hashesBetween(path, 88_888, far, 0xffffffff), undefined);
  assert.is(hashesBetween(path, 88_888, after(88_888), 1), 1);
  assert.is(hashesBetween(path, 88_888, 88_888, 5), undefined, 'an ID does not follow itself');
});

test.run();
