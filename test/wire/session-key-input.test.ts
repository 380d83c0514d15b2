import { createHash } from 'node:crypto';
import {
  leadingUint32,
  MAX_SESSION_KEY_INPUT,
  writeSessionKeyInput,
} from '../../src/wire/session-key-input.js';
import { assert, test } from '../support/suite.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const address = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

test('the input of IPv4 is 16 bytes: source, destination, key ID, private value', () => {
  const out = new Uint8Array(MAX_SESSION_KEY_INPUT);
  const length = writeSessionKeyInput(out, address('0a090002'), address('0a090001'), 0x681ef792, 0xe1ff7867);
  assert.is(hex(out.subarray(0, length)), '0a0900020a090001681ef792e1ff7867');
});

test('the input of IPv6 is 40 bytes', () => {
  const out = new Uint8Array(MAX_SESSION_KEY_INPUT);
  const a = 'fd090000000000000000000000000002';
  const b = 'fd090000000000000000000000000001';
  const length = writeSessionKeyInput(out, address(a), address(b), 0xffffffff, 1);
  assert.is(hex(out.subarray(0, length)), `${a}${b}ffffffff00000001`);
});

test("ntpd 4.2.8p15's session key and next key ID from a capture", () => {
  const out = new Uint8Array(MAX_SESSION_KEY_INPUT);
  const v4 = writeSessionKeyInput(out, address('0a090002'), address('0a090001'), 0x681ef792, 0);
  const key = createHash('md5').update(out.subarray(0, v4)).digest();
  assert.is(hex(key), '323eff53aacdaa05e340f42c3427f0b2');
  assert.is(leadingUint32(key), 0x323eff53);
  const source = address('fd090000000000000000000000000002');
  const destination = address('fd090000000000000000000000000001');
  const v6 = writeSessionKeyInput(out, source, destination, 0xf7aa229, 0x842f90c0);
  const key6 = createHash('md5').update(out.subarray(0, v6)).digest();
  assert.is(hex(key6), '22582fb74d734fc74a0f02f8c1e10a80');
  assert.is(leadingUint32(key6), 0x22582fb7);
});

test("ntpd 4.2.8p15's cookie is the next key ID of key ID 0 and seed 0, whatever the digest", () => {
  const out = new Uint8Array(MAX_SESSION_KEY_INPUT);
  const length = writeSessionKeyInput(out, address('0a090002'), address('0a090001'), 0, 0);
  const cookie = (digest: string): string =>
    leadingUint32(createHash(digest).update(out.subarray(0, length)).digest()).toString(16);
  assert.is(cookie('md5'), 'e1ff7867');
  assert.is(cookie('sha1'), 'bb504e66');
  assert.is(cookie('sha256'), 'e7c27710');
  assert.is(cookie('sha512'), 'beb39b0f');
  assert.is(cookie('ripemd160'), 'e47932fe');
});

test.run();
