import { addressText, readPcap } from './pcap.js';
import { assert, test } from './suite.js';

/** A pcap with one frame of the link type. */
function capture(linkType: number, isLittle: boolean, frames: readonly string[]): Uint8Array {
  const bodies = frames.map((frame) => Buffer.from(frame.replaceAll(' ', ''), 'hex'));
  const out = new DataView(new ArrayBuffer(24 + bodies.reduce((sum, body) => sum + 16 + body.length, 0)));
  out.setUint32(0, 0xa1b2c3d4, isLittle);
  out.setUint32(20, linkType, isLittle);
  let at = 24;
  for (const body of bodies) {
    out.setUint32(at, 1000, isLittle);
    out.setUint32(at + 4, 5, isLittle);
    out.setUint32(at + 8, body.length, isLittle);
    new Uint8Array(out.buffer).set(body, at + 16);
    at += 16 + body.length;
  }
  return new Uint8Array(out.buffer);
}

const V4 = '4500 0020 0001 0000 4011 0000 0a090002 0a090001 007b d2a8 000c 0000 61626364';
const V6 = `6000 0000 000c 1140 fd09${'00'.repeat(13)}02 fd09${'00'.repeat(13)}01 007b d2a8 000c 0000 61626364`;
const MACS = '000000000001 000000000002';

test('one datagram reads the same from every link type, byte order and address family', () => {
  const frames: readonly [number, string][] = [
    [1, `${MACS} 0800 ${V4}`],
    [1, `${MACS} 8100 0005 0800 ${V4}`],
    [101, V4],
    [113, `${'00'.repeat(14)} 0800 ${V4}`],
    [276, `0800 ${'00'.repeat(18)} ${V4}`],
    [1, `${MACS} 86dd ${V6}`],
    [101, V6],
  ];
  for (const [linkType, frame] of frames)
    for (const isLittle of [true, false]) {
      const [only, ...more] = [...readPcap(capture(linkType, isLittle, [frame]))];
      assert.is(more.length, 0);
      assert.is(Buffer.from(only?.payload ?? []).toString(), 'abcd');
      assert.is(only?.timeNs, 1_000_000_005_000n);
      assert.is(only?.sourcePort, 123);
      assert.is(only?.destinationPort, 53928);
      assert.ok(['10.9.0.2', 'fd09::2'].includes(addressText(only?.source ?? new Uint8Array())));
    }
});

test('fragments are put together in any order; what is not UDP is passed over', () => {
  const first = '4500 0024 0009 2000 4011 0000 0a090002 0a090001 007b 007b 0014 0000 3131313132323232';
  const second = '4500 0018 0009 0002 4011 0000 0a090002 0a090001 33333333';
  const arp = `${MACS} 0806 ${'00'.repeat(28)}`;
  for (const frames of [
    [first, second],
    [second, first],
  ]) {
    const file = capture(1, true, [arp, ...frames.map((frame) => `${MACS} 0800 ${frame}`)]);
    assert.equal(
      [...readPcap(file)].map(({ payload }) => Buffer.from(payload).toString()),
      ['111122223333'],
    );
  }
});

test.run();
