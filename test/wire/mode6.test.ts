import fc from 'fast-check';
import {
  CONTROL_ERROR,
  type ControlMessage,
  clockStatus,
  decodeControl,
  encodeControl,
  encodeErrorReply,
  encodeReply,
  errorOf,
  MAX_CONTROL_DATA,
  OPCODE,
  PEER_STATUS,
  peerStatus,
  systemStatus,
} from '../../src/wire/mode6.js';
import { assert, test } from '../support/suite.js';

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function decoded(bytes: Uint8Array): ControlMessage {
  const message = decodeControl(viewOf(bytes), bytes.length);
  if (!message.ok) throw new Error(message.reason);
  return message.value;
}

test("requests as ntpq 4.2.8p15 (0x16) and ntpsec's (0xd6) send them", () => {
  const classic = decoded(bytesOf('16 01 0001 0000 0000 0000 0000'));
  assert.is(classic.leap, 0);
  assert.is(classic.version, 2);
  assert.is(classic.opcode, OPCODE.readStatus);
  assert.not(classic.response || classic.error || classic.more);
  const ntpsec = decoded(bytesOf('d6 02 0002 0000 2e90 0000 0000'));
  assert.is(ntpsec.leap, 3);
  assert.is(ntpsec.version, 2);
  assert.is(ntpsec.opcode, OPCODE.readVariables);
  assert.is(ntpsec.associationId, 11920);
});

test('padding to 4 is not counted', () => {
  const message = decoded(bytesOf('16 02 0003 0000 0000 0000 0005 7469636b 2c000000'));
  assert.is(Buffer.from(message.data).toString('latin1'), 'tick,');
  assert.is(message.macAt, undefined);
});

test('a MAC is looked for on the next multiple of 8', () => {
  const request = bytesOf(`16 08 0003 0000 0000 0000 0003 61620a00 00000007 ${'11'.repeat(16)}`);
  const message = decoded(request);
  assert.is(message.macAt, 16);
  assert.is(message.macLength, 20);
  assert.is(message.keyId, 7);
  const longer = decoded(
    bytesOf(`16 08 0003 0000 0000 0000 0006 6162 6364 650a 0000 00000000 00000009 ${'22'.repeat(20)}`),
  );
  assert.is(longer.macAt, 24);
  assert.is(longer.macLength, 24);
  assert.is(longer.keyId, 9);
});

test('the MAC of an error reply stands right behind the header', () => {
  const message = decoded(bytesOf(`16 c2 0003 0100 0000 0000 0000 00000007 ${'33'.repeat(16)}`));
  assert.is(message.macAt, 12);
  assert.is(errorOf(message.status), CONTROL_ERROR.authentication);
});

const to = {
  leap: 0,
  version: 2,
  opcode: OPCODE.readVariables,
  sequence: 77,
  associationId: 5,
  status: 0x0515,
};

test('a reply is cut into packets of 468 data bytes, the M bit in all but the last', () => {
  const data = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
  const packets = encodeReply(to, data);
  assert.equal(
    packets.map((packet) => packet.length),
    [480, 480, 76],
  );
  const messages = packets.map(decoded);
  assert.equal(
    messages.map(({ offset, count, more }) => ({ offset, count, more })),
    [
      { offset: 0, count: 468, more: true },
      { offset: 468, count: 468, more: true },
      { offset: 936, count: 64, more: false },
    ],
  );
  assert.is(packets[0]?.[0], 0x16);
  assert.is(packets[0]?.[1], 0xa2);
  assert.is(packets[2]?.[1], 0x82);
});

test('a reply of any length comes back whole, each packet a multiple of its alignment', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 1500 }),
      fc.constantFrom(4 as const, 8 as const),
      fc.constantFrom(0, 20, 24),
      (data, align, room) => {
        const packets = encodeReply(to, data, align, room);
        let whole: number[] = [];
        for (const packet of packets) {
          assert.is((packet.length - room) % align, 0);
          const {
            response,
            error,
            more,
            status,
            sequence,
            associationId,
            offset,
            count,
            data: part,
          } = decoded(packet.subarray(0, packet.length - room));
          assert.ok(response && !error && count <= MAX_CONTROL_DATA);
          assert.is(more, packet !== packets[packets.length - 1]);
          assert.equal([status, sequence, associationId], [0x0515, 77, 5]);
          assert.is(offset, whole.length);
          whole = [...whole, ...part];
        }
        assert.equal(Uint8Array.from(whole), data.slice());
      },
    ),
    { numRuns: 200 },
  );
});

test('an empty reply is one packet of 12 bytes', () => {
  assert.equal(encodeReply(to, new Uint8Array(0)).map(hexOf), ['1682004d0515000500000000']);
});

test('an error reply is a header with the code in the upper byte of the status', () => {
  assert.is(hexOf(encodeErrorReply(to, CONTROL_ERROR.unknownVariable)), '16c2004d0500000500000000');
});

test('status words are those ntpd shows', () => {
  // rv 0 of a p15 with a local clock: status=0514 leap_none, sync_local, 1 event, freq_mode
  assert.is(systemStatus(0, 5, 1, 4), 0x0514);
  assert.is(systemStatus(3, 0, 99, 6), 0xc0f6);
  // 961a conf, reach, sel_sys.peer, 1 event, sys_peer; f61a the same with authentication
  const { configured, authEnabled, authentic, reachable } = PEER_STATUS;
  assert.is(peerStatus(configured | reachable, 6, 1, 10), 0x961a);
  assert.is(peerStatus(configured | authEnabled | authentic | reachable, 6, 1, 10), 0xf61a);
  assert.is(clockStatus(2, 1), 0x21);
});

test('a message cut at any byte is refused or has all its data', () => {
  const whole = encodeControl(
    { ...to, response: false, error: false, more: false, offset: 0 },
    bytesOf('61626364656667'),
  );
  for (let length = 0; length < whole.length; length += 1) {
    const message = decodeControl(viewOf(whole.slice(0, length)), length);
    assert.equal(message, { ok: false, reason: length < 12 ? 'too-short' : 'bad-length' });
  }
  assert.equal(decodeControl(viewOf(whole), whole.length + 4), { ok: false, reason: 'too-short' });
});

test('other modes, unknown versions and counts beyond the limit are refused', () => {
  const refusal = (hex: string): unknown => decodeControl(viewOf(bytesOf(hex)), 12);
  assert.equal(refusal('17 01 0001 0000 0000 0000 0000'), { ok: false, reason: 'bad-mode' });
  assert.equal(refusal('06 01 0001 0000 0000 0000 0000'), { ok: false, reason: 'bad-version' });
  assert.equal(refusal('2e 01 0001 0000 0000 0000 0000'), { ok: false, reason: 'bad-version' });
  assert.equal(refusal('16 01 0001 0000 0000 0000 01d5'), { ok: false, reason: 'too-long' });
  assert.equal(refusal('16 01 0001 0000 0000 0000 ffff'), { ok: false, reason: 'too-long' });
  assert.equal(refusal('16 01 0001 0000 0000 0000 0001'), { ok: false, reason: 'bad-length' });
});

test.run();
