import fc from 'fast-check';
import { HEADER_LENGTH, setFlags } from '../../src/wire/header.js';
import {
  appendCryptoNak,
  isCryptoNak,
  MAX_FIELDS,
  MAX_PACKET_LENGTH,
  newTail,
  scanTail,
} from '../../src/wire/mac-trailer.js';
import { assert, test } from '../support/suite.js';

/** A header of the version, then the words given, then zeros to `length`. */
function packet(version: number, length: number, ...words: number[]): DataView {
  const view = new DataView(new ArrayBuffer(Math.max(length, HEADER_LENGTH + 4 * words.length)));
  setFlags(view, 0, version, 3);
  words.forEach((word, i) => {
    view.setUint32(HEADER_LENGTH + 4 * i, word);
  });
  return view;
}

function scan(view: DataView, length: number) {
  const tail = newTail();
  const failure = scanTail(view, length, tail);
  return failure ?? tail;
}

test('a bare header has neither field nor MAC', () => {
  for (const version of [1, 2, 3, 4])
    assert.equal(scan(packet(version, 48), 48), { fieldCount: 0, macAt: 48, macLength: 0, keyId: 0 });
});

test('4 zero bytes are a crypto-NAK, 4 others are refused', () => {
  const view = packet(4, 52);
  assert.is(appendCryptoNak(view, 48), 52);
  const tail = newTail();
  assert.is(scanTail(view, 52, tail), undefined);
  assert.ok(isCryptoNak(tail));
  assert.is(scan(packet(4, 52, 7), 52), 'bad-mac-length');
});

test('20 and 24 bytes behind the header are a MAC in every version', () => {
  for (const version of [1, 2, 3, 4])
    for (const macLength of [20, 24])
      assert.equal(scan(packet(version, 48 + macLength, 9), 48 + macLength), {
        fieldCount: 0,
        macAt: 48,
        macLength,
        keyId: 9,
      });
});

test('8, 12 and 16 bytes behind the header are nothing known', () => {
  for (const version of [3, 4])
    for (const rest of [8, 12, 16])
      assert.is(scan(packet(version, 48 + rest, 9), 48 + rest), 'bad-mac-length');
});

test("version 3 carries chrony's untruncated digests of SHA-224 to SHA-512", () => {
  for (const digest of [28, 32, 48, 64])
    assert.equal(scan(packet(3, 52 + digest, 0x0100_0007), 52 + digest), {
      fieldCount: 0,
      macAt: 48,
      macLength: 4 + digest,
      keyId: 0x0100_0007,
    });
  assert.is(scan(packet(3, 48 + 72, 7), 48 + 72), 'bad-mac-length');
});

test('version 4 takes an untruncated digest when the key ID cannot be a field', () => {
  for (const digest of [28, 32, 48, 64])
    assert.equal(scan(packet(4, 52 + digest, 65_535), 52 + digest), {
      fieldCount: 0,
      macAt: 48,
      macLength: 4 + digest,
      keyId: 65_535,
    });
  assert.is(scan(packet(4, 48 + 40, 36), 48 + 40), 'bad-mac-length');
});

test('with 24 bytes left the MAC has begun, with 28 it is still a field', () => {
  // 0x0104 (NTS unique identifier), 32 bytes, then a MAC of 24
  assert.equal(scan(packet(4, 48 + 32 + 24, 0x0104_0020), 48 + 32 + 24), {
    fieldCount: 1,
    macAt: 80,
    macLength: 24,
    keyId: 0,
  });
  assert.equal(scan(packet(4, 48 + 28, 0x0104_001c), 48 + 28), {
    fieldCount: 1,
    macAt: 76,
    macLength: 0,
    keyId: 0,
  });
  assert.equal(scan(packet(4, 48 + 24, 0x0104_0018), 48 + 24), {
    fieldCount: 0,
    macAt: 48,
    macLength: 24,
    keyId: 0x0104_0018,
  });
});

test("Autokey's 8-byte field before a MAC is found", () => {
  const view = packet(4, 76, 0x0205_0008, 77, 0x43eb_b07c);
  assert.equal(scan(view, 76), { fieldCount: 1, macAt: 56, macLength: 20, keyId: 0x43eb_b07c });
});

test('field lengths below 8, no multiple of 4, or beyond the end are refused', () => {
  for (const length of [0, 4, 7, 9, 10, 33, 56, 0xfffc])
    assert.is(scan(packet(4, 48 + 52, (0x0201 << 16) | length), 48 + 52), 'bad-length', String(length));
});

test('lengths that no packet has are refused', () => {
  assert.is(scan(packet(4, 50), 50), 'bad-length');
  assert.is(scan(packet(4, 47), 47), 'too-short');
  assert.is(scan(packet(4, 48), 52), 'too-short');
  assert.is(scan(packet(4, MAX_PACKET_LENGTH + 4), MAX_PACKET_LENGTH + 4), 'too-long');
});

test('the number of fields is bounded', () => {
  const many = (count: number): number | string => {
    const view = packet(4, 48 + 8 * count + 20);
    for (let i = 0; i < count; i += 1) view.setUint32(48 + 8 * i, 0x0201_0008);
    const result = scan(view, 48 + 8 * count + 20);
    return typeof result === 'string' ? result : result.fieldCount;
  };
  assert.is(many(MAX_FIELDS), MAX_FIELDS);
  assert.is(many(MAX_FIELDS + 1), 'too-long');
});

test('whatever follows the header, fields and MAC fill the packet or it is refused', () => {
  const tail = newTail();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 300 }), (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (scanTail(view, bytes.length, tail) !== undefined) return;
      assert.is(tail.macAt + tail.macLength, bytes.length);
    }),
    { numRuns: 2000 },
  );
});

test.run();
