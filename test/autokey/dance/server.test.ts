/** The server against requests no client would send: nothing throws, and no answer outgrows a packet. */
import * as fc from 'fast-check';
import { MAX_SENT_FIELD } from '../../../src/autokey/dance/field.js';
import { answerRequest, type ServerContext } from '../../../src/autokey/dance/server.js';
import { openClientPacket } from '../../../src/autokey/dance/server-packet.js';
import { newTail, scanTail } from '../../../src/wire/mac-trailer.js';
import { viewOf } from '../../support/autokey-case.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { Link } from '../../support/autokey-exchange.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';

const peer1 = freshEnd({ name: 'peer1', trusted: true });
peer1.values.update(TEST_TIME + 100);
const context = (isSynchronised = true): ServerContext => ({
  ...{ values: peer1.values, certificates: peer1.certificates },
  cookie: () => 0x1234_5678,
  time: { now: TEST_TIME + 200, monotonic: 200, isSynchronised },
  autokeyValues: () => undefined,
});
/** Code 0x8202 and the like, and the length. */
const answered = (bytes: Uint8Array, isSynchronised = true): string => {
  const decision = answerRequest(viewOf(bytes), 0, bytes.length, context(isSynchronised));
  if (decision.kind !== 'reply') return decision.kind;
  return `${viewOf(decision.field).getUint16(0).toString(16)} ${decision.field.length}`;
};
const eightBytes = (code: number): Uint8Array => Uint8Array.of(code >> 8, code & 255, 0, 8, 0, 0, 0, 7);

test('random fields draw an answer that fits a packet', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 15 }),
      fc.uint8Array({ minLength: 8, maxLength: 400 }),
      (operation, bytes) => {
        const field = bytes.slice(0, bytes.length & ~3);
        field[0] = 2;
        field[1] = operation;
        viewOf(field).setUint16(2, field.length);
        const decision = answerRequest(viewOf(field), 0, field.length, context());
        assert.ok(decision.kind === 'identity' || decision.field.length <= MAX_SENT_FIELD);
      },
    ),
    { numRuns: 300 },
  );
});

test('a request cut off anywhere is answered with an error or not at all', () => {
  const link = new Link(freshEnd({ name: 'peer2' }), peer1);
  link.dance();
  link.synchronise();
  const sign = link.ask();
  assert.is(sign.question, 'sign');
  const length = viewOf(sign.bytes).getUint16(50);
  for (let cut = 8; cut < length; cut += 4) {
    const field = sign.bytes.slice(48, 48 + cut);
    viewOf(field).setUint16(2, cut);
    assert.is(answered(field), 'c206 8');
  }
  assert.is(answered(sign.bytes.slice(48, 48 + length)).slice(0, 4), '8206');
});

test('a server whose clock is not set tells its name alone; the rest it leaves open', () => {
  assert.is(answered(eightBytes(0x0201), false).slice(0, 4), '8201');
  assert.is(answered(eightBytes(0x0205), false), '8205 8');
  assert.is(answered(eightBytes(0x0202), false), 'c202 8');
  assert.is(answered(eightBytes(0x0200), false), 'c200 8');
});

test('a packet whose MAC is made with another cookie, key or digest draws a NAK', () => {
  const link = new Link(freshEnd({ name: 'peer2' }), peer1);
  const { bytes } = link.ask();
  const tail = newTail();
  assert.is(scanTail(viewOf(bytes), bytes.length, tail), undefined);
  const path = { digest: 'MD5' as const, ...link.path };
  const opened = (with_: typeof bytes, at: { digest: 'MD5' | 'SHA1' } = path) =>
    openClientPacket(with_, tail, { ...path, ...at }, link.secrets, TEST_TIME).kind;
  assert.is(opened(bytes), 'dance');
  assert.is(opened(bytes, { digest: 'SHA1' }), 'nak');
  const changed = bytes.slice();
  changed[40] = (changed[40] ?? 0) ^ 1;
  assert.is(opened(changed), 'nak');
  const moved = openClientPacket(
    bytes,
    tail,
    { ...path, client: Uint8Array.of(10, 9, 0, 3) },
    link.secrets,
    TEST_TIME,
  );
  assert.is(moved.kind, 'nak');
});

test.run();
