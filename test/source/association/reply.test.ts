import fc from 'fast-check';
import { unauthenticated } from '../../../src/source/association/authenticator.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { checkReply } from '../../../src/source/association/reply.js';
import { encodeHeader, type NtpHeader } from '../../../src/wire/header.js';
import { assert, test } from '../../support/suite.js';

const NOW = 0xee000000n << 32n;
const header: NtpHeader = {
  leap: 0,
  version: 4,
  mode: 4,
  stratum: 1,
  poll: 6,
  precision: -20,
  rootDelay: 0,
  rootDispersion: 10,
  refid: 0x47505300,
  referenceTime: NOW - (10n << 32n),
  originTime: 42n,
  receiveTime: NOW,
  transmitTime: NOW + 1000n,
};
const packet = (more: Partial<NtpHeader> = {}): Uint8Array => {
  const bytes = new Uint8Array(48);
  encodeHeader({ ...header, ...more }, new DataView(bytes.buffer));
  return bytes;
};
const expected = { modes: [4], origin: 42n, lastTransmit: 7n, authenticator: unauthenticated };
const flashOf = (more: Partial<NtpHeader>) => {
  const verdict = checkReply(packet(more), expected);
  return verdict.type === 'kiss' ? verdict.code : verdict.flash;
};

test('an honest reply passes', () => {
  assert.equal(checkReply(packet(), expected), { type: 'reply', flash: 0, header });
});

test('each test of the packet has its bit', () => {
  assert.is(flashOf({ transmitTime: 7n }), FLASH.duplicate);
  assert.is(flashOf({ originTime: 43n }), FLASH.bogus);
  assert.is(flashOf({ originTime: 0n }), FLASH.unsynchronised);
  assert.is(flashOf({ transmitTime: 0n }), FLASH.unsynchronised);
  assert.is(flashOf({ receiveTime: 0n }), FLASH.unsynchronised);
  assert.is(flashOf({ leap: 3 }), FLASH.packetStratum);
  assert.is(flashOf({ stratum: 16 }), FLASH.packetStratum);
  assert.is(flashOf({ stratum: 0 }), FLASH.packetStratum);
  assert.is(flashOf({ rootDispersion: 16 << 16 }), FLASH.header);
  assert.is(flashOf({ rootDelay: 32 << 16 }), FLASH.header);
  assert.is(flashOf({ referenceTime: NOW + (1n << 32n) }), FLASH.header);
  assert.is(flashOf({ referenceTime: 0n }), 0);
  assert.is(flashOf({ mode: 3 }), FLASH.header);
  assert.is(flashOf({ version: 0 }), FLASH.header);
  assert.is(flashOf({ leap: 3, stratum: 0, refid: 0x52415445 }), 'RATE');
});

test('nothing outstanding: nothing is an answer, not even to zero', () => {
  assert.is(checkReply(packet({ originTime: 0n }), { ...expected, origin: 0n }).type, 'discard');
});

test('a thousand random datagrams: no throw, none accepted', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.is(checkReply(bytes, expected).type, 'discard');
    }),
    { numRuns: 1000 },
  );
});

test('each bit flipped, each length: no throw; a changed origin never passes', () => {
  const whole = packet();
  for (let bit = 0; bit < 48 * 8; bit += 1) {
    const bytes = whole.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const verdict = checkReply(bytes, expected);
    if (bit >= 24 * 8 && bit < 32 * 8) assert.is(verdict.type, 'discard');
  }
  for (let length = 0; length < 48; length += 1)
    assert.is(checkReply(whole.slice(0, length), expected).type, 'discard');
});

test.run();
