import fc from 'fast-check';
import { FrameScanner } from '../../../drivers/gps/scanner.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { assert, test } from '../../support/suite.js';
import { gga, NOON, pvt, rmc, sentence } from './gps-kit.js';

interface Found {
  readonly frames: string[];
  readonly discarded: number[];
  badChecksums: number;
  stamps: [bigint, bigint][];
}

const show = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function scan(pieces: Iterable<Uint8Array>, stamp: (index: number) => bigint = () => 0n): Found {
  const found: Found = { frames: [], discarded: [], badChecksums: 0, stamps: [] };
  const scanner = new FrameScanner({
    sentence(bytes, checked, first, last) {
      found.frames.push(checked ? show(bytes) : `unchecked ${show(bytes)}`);
      found.stamps.push([first, last]);
    },
    ubx(bytes, first, last) {
      found.frames.push(show(bytes));
      found.stamps.push([first, last]);
    },
    discarded: (bytes) => found.discarded.push(...bytes),
    badChecksum: () => {
      found.badChecksums += 1;
    },
  });
  let index = 0;
  for (const piece of pieces) {
    scanner.push(piece, stamp(index));
    index += 1;
  }
  scanner.end();
  return found;
}

const trimmed = (bytes: Uint8Array) => show(bytes).replace(/\r\n$/, '');
const frames = [
  rmc(NOON),
  pvt(NOON),
  gga(NOON),
  encodeUbx(0x0501, Uint8Array.from([6, 1])),
  encodeUbx(0x0135, new Uint8Array(260).fill(0x24)),
  rmc(NOON + 1_000_000_000n),
];
const stream = Buffer.concat(frames);
const whole = frames.map(trimmed);

test('NMEA and UBX mixed are found whole, and nothing is left over', () => {
  const found = scan([stream]);
  assert.equal(found.frames, whole);
  assert.equal(found.discarded, []);
  assert.is(found.badChecksums, 0);
});

test('the input split at every byte gives the same frames', () => {
  for (let cut = 1; cut < stream.length; cut += 1) {
    const found = scan([stream.subarray(0, cut), stream.subarray(cut)]);
    assert.equal(found.frames, whole, `cut at ${cut}`);
    assert.is(found.discarded.length, 0, `cut at ${cut}`);
  }
  assert.equal(scan([...stream].map((byte) => Uint8Array.of(byte))).frames, whole);
});

test('garbage before, between and after is handed out, byte for byte', () => {
  const garbages = [
    '\x00\xff',
    '\xb5',
    '\xb5b',
    '\xb5b\x01\x07\xff\x0f',
    '$',
    '$GP',
    '$GPRMC,1',
    '!',
    '\r\n\n',
    '*',
  ];
  for (const text of garbages) {
    const garbage = Buffer.from(text, 'latin1');
    const pieces = [garbage, ...frames.flatMap((frame) => [frame, garbage])];
    const found = scan([Buffer.concat(pieces)]);
    assert.equal(found.frames, whole, JSON.stringify(text));
    // Line ends after one of the three sentences are its own; all other garbage is discarded.
    const expected = pieces.filter((piece) => piece === garbage).length * garbage.length;
    const lineEnds = /^[\r\n]*$/.test(text) ? garbage.length * 3 : 0;
    assert.is(found.discarded.length, expected - lineEnds, JSON.stringify(text));
  }
});

test('a flipped bit costs no more than the frame it is in', () => {
  for (let bit = 0; bit < stream.length * 8; bit += 1) {
    const damaged = Buffer.from(stream);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    const good = new Set(scan([damaged]).frames);
    assert.ok(whole.filter((frame) => !good.has(frame)).length <= 1, `bit ${bit}`);
  }
});

test('a lost byte costs no more than the frame it is in', () => {
  for (let at = 0; at < stream.length; at += 1) {
    const good = new Set(scan([Buffer.concat([stream.subarray(0, at), stream.subarray(at + 1)])]).frames);
    assert.ok(whole.filter((frame) => !good.has(frame)).length <= 1, `byte ${at}`);
  }
});

test('a doubled byte costs no more than the frame it is in', () => {
  for (let at = 0; at < stream.length; at += 1) {
    const good = new Set(scan([Buffer.concat([stream.subarray(0, at + 1), stream.subarray(at)])]).frames);
    assert.ok(whole.filter((frame) => !good.has(frame)).length <= 1, `byte ${at}`);
  }
});

test('a UBX header with a damaged length delays nothing behind it by more than one frame', () => {
  const header = Buffer.from([0xb5, 0x62, 0x01, 0x07, 0x00, 0x0f]);
  const seen: string[] = [];
  const scanner = new FrameScanner({
    sentence: (bytes) => seen.push(show(bytes)),
    ubx: (bytes) => seen.push(show(bytes)),
    discarded() {},
    badChecksum() {},
  });
  scanner.push(Buffer.concat([header, pvt(NOON).subarray(6), rmc(NOON)]), 0n);
  assert.equal(seen, [trimmed(rmc(NOON))]);
});

test('a frame that claims more than 4 kB, and a sentence of more than 256 characters, are not waited for', () => {
  const long = Buffer.from([0xb5, 0x62, 0x01, 0x07, 0x01, 0x10]);
  assert.equal(scan([long, rmc(NOON)]).frames, [trimmed(rmc(NOON))]);
  const wordy = sentence('GP', 'TXT', ['01', '01', '02', 'x'.repeat(300)]);
  const found = scan([wordy, rmc(NOON)]);
  assert.equal(found.frames, [trimmed(rmc(NOON))]);
  assert.is(scan([sentence('P', 'MTKCHN', ['1'.repeat(230)])]).frames.length, 1);
});

test('a sentence without a checksum is handed out as such, one with a wrong checksum not at all', () => {
  assert.equal(scan([Buffer.from('$POLYN,EPH,0,00000000\r\n')]).frames, ['unchecked $POLYN,EPH,0,00000000']);
  const found = scan([Buffer.from('$GPZDA,120000,01,01,2020,00,00*00\r\n')]);
  assert.equal(found.frames, []);
  assert.is(found.badChecksums, 1);
});

test('lower-case checksums and line ends of one character are as good', () => {
  const text = trimmed(rmc(NOON));
  const lower = text.slice(0, -2) + text.slice(-2).toLowerCase();
  assert.is(scan([Buffer.from(`${lower}\n${text}\r${text}`)]).frames.length, 3);
});

test('a frame carries the stamps of its own first and last bytes', () => {
  const bytes = Buffer.concat([Buffer.from('xx'), rmc(NOON), pvt(NOON)]);
  const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
  const { stamps } = scan(pieces, (index) => BigInt(index));
  const length = rmc(NOON).length;
  assert.equal(stamps, [
    [2n, BigInt(2 + length - 3)],
    [BigInt(2 + length), BigInt(2 + length + pvt(NOON).length - 1)],
  ]);
});

test('any bytes at all: every byte comes out once, as frame, line end or discarded', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...frames),
    fc.constantFrom(...frames).chain((frame) => fc.nat(frame.length).map((at) => frame.subarray(0, at))),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const found = scan(pieces);
      const total = pieces.reduce((sum, one) => sum + one.length, 0);
      const kept = found.frames.reduce((sum, frame) => sum + frame.replace(/^unchecked /, '').length, 0);
      const lineEnds = total - kept - found.discarded.length;
      assert.ok(lineEnds >= 0);
      const possible = pieces.reduce((sum, one) => sum + one.filter((b) => b === 13 || b === 10).length, 0);
      assert.ok(lineEnds <= possible);
    }),
    { numRuns: 300 },
  );
});

test.run();
