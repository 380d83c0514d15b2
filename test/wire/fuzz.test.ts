/**
 * Random and mutated bytes into every decoder of the wire, and packets cut at every byte: no throw, ever.
 */
import fc from 'fast-check';
import { decodeAutokeyField } from '../../src/wire/autokey-field.js';
import { decodeFields, decodePacketFields } from '../../src/wire/extension.js';
import { decodeHeader } from '../../src/wire/header.js';
import { kissOf } from '../../src/wire/kiss.js';
import { newTail, scanTail } from '../../src/wire/mac-trailer.js';
import { decodeControl } from '../../src/wire/mode6.js';
import { parseVariables } from '../../src/wire/mode6-variables.js';
import { assert, record, test } from '../support/suite.js';

const tail = newTail();
let decodedFields = 0;
let accepted = 0;

/** Everything a datagram goes through. */
function swallow(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = decodeHeader(view, bytes.length);
  const control = decodeControl(view, bytes.length);
  if (control.ok) parseVariables(Buffer.from(control.value.data).toString('latin1'));
  if (!header.ok) return;
  kissOf(view);
  if (scanTail(view, bytes.length, tail) !== undefined) return;
  accepted += 1;
  const fields = decodeFields(view, tail);
  if (!fields.ok) return;
  for (const { at, length } of fields.value) {
    const field = decodeAutokeyField(view, at, length);
    if (field.ok) decodedFields += 1;
  }
}

/** A packet with two Autokey fields and a MAC. */
function sample(): Uint8Array {
  const bytes = new Uint8Array(48 + 32 + 8 + 20);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x23;
  view.setUint32(48, 0x0201_0020);
  view.setUint32(52, 77);
  view.setUint32(60, 0x80001);
  view.setUint32(64, 5);
  bytes.set(Buffer.from('peer2'), 68);
  view.setUint32(80, 0x0205_0008);
  view.setUint32(88, 0x43eb_b07c);
  return bytes;
}

const control = Uint8Array.from([
  0x16,
  2,
  0,
  1,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  9,
  ...Buffer.from('leap,a="b'),
  0,
  0,
  0,
]);

test('random bytes of any length are swallowed', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2300 }), swallow), { numRuns: 3000 });
});

test('mutated packets are swallowed', () => {
  const mutation = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.boolean(), mutation, fc.nat(120), (isControl, changes, cut) => {
      const bytes = isControl ? control.slice() : sample();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      swallow(bytes);
      swallow(bytes.slice(0, cut));
    }),
    { numRuns: 10_000 },
  );
  record('wire fuzz', { accepted, decodedFields });
  assert.ok(accepted > 100 && decodedFields > 100);
});

test('a packet with one bit changed is swallowed, whichever bit', () => {
  for (const whole of [sample(), control]) {
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = whole.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      swallow(bytes);
    }
  }
});

test('a packet cut at any byte is never taken for one with fewer fields and a MAC that was not there', () => {
  const whole = sample();
  for (let length = 0; length < whole.length; length += 1) {
    const bytes = whole.slice(0, length);
    const result = decodePacketFields(new DataView(bytes.buffer), length, tail);
    // Cut behind the first field, the rest of it may look like a MAC by its length alone; the MAC will not verify.
    if (length < 48) assert.equal(result, { ok: false, reason: 'too-short' });
    else if (length % 4 !== 0) assert.equal(result, { ok: false, reason: 'bad-length' });
    swallow(bytes);
  }
  assert.ok(decodePacketFields(new DataView(whole.buffer), whole.length, tail).ok);
});

test.run();
