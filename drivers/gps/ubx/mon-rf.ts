/**
 * UBX-MON-RF (0A 38): antenna and jamming for each RF path, u-blox 9 and later. 4 + 24 n bytes.
 *
 *   offset  type field
 *   0       U1   version          0
 *   1       U1   nBlocks          n
 *   2       -    reserved (2)
 *   4+24i   U1   blockId
 *   5+24i   X1   flags            0-1 jamming: 0 unknown, 1 ok, 2 warning, 3 critical
 *   6+24i   U1   antStatus        0 init, 1 unknown, 2 ok, 3 short, 4 open
 *   7+24i   U1   antPower
 *   8+24i   U4   postStatus
 *   12+24i  -    reserved (4)
 *   16+24i  U2   noisePerMS
 *   18+24i  U2   agcCnt
 *   20+24i  U1   jamInd
 *   21+24i  I1   ofsI, U1 magI, I1 ofsQ, U1 magQ (21 .. 24)
 *   25+24i  -    reserved (3)
 *
 * Source: u-blox F9 interface description, UBX-MON-RF.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, i1, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const head = { version: u1(0), count: u1(1) };
const block = {
  id: u1(0),
  flags: u1(1),
  antennaStatus: u1(2),
  antennaPower: u1(3),
  postStatus: u4(4),
  noise: u2(12),
  gain: u2(14),
  jamming: u1(16),
  offsetI: i1(17),
  magnitudeI: u1(18),
  offsetQ: i1(19),
  magnitudeQ: u1(20),
};
const HEAD = 4;
const BLOCK = 24;

export interface MonRf {
  readonly version: number;
  readonly blocks: readonly Values<typeof block>[];
}

export function decodeMonRf(payload: DataView): Decoded<MonRf> {
  if (payload.byteLength < HEAD) return reject('too-short');
  const { version, count } = readFields(head, payload);
  if (payload.byteLength < HEAD + BLOCK * count) return reject('bad-length');
  const blocks = Array.from({ length: count }, (_, i) => readFields(block, payload, HEAD + BLOCK * i));
  return accept({ version, blocks });
}

export function encodeMonRf(rf: MonRf): Uint8Array {
  const { payload, view } = blank(HEAD + BLOCK * rf.blocks.length);
  writeFields(head, view, { version: rf.version, count: rf.blocks.length });
  for (const [i, values] of rf.blocks.entries()) writeFields(block, view, values, HEAD + BLOCK * i);
  return payload;
}
