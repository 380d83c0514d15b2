import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { Cmac } from '../../src/auth/cmac.js';
import { assert, test } from '../support/suite.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const MESSAGE = hex(
  '6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710',
);

const macOf = (cmac: Cmac, message: Uint8Array, length = message.length): string => {
  const out = new Uint8Array(16);
  cmac.compute(message, length, out, 0, 16);
  return Buffer.from(out).toString('hex');
};

test('AES-128-CMAC gives the test vectors of RFC 4493 §4', () => {
  const cmac = new Cmac(hex('2b7e151628aed2a6abf7158809cf4f3c'));
  assert.is(macOf(cmac, MESSAGE, 0), 'bb1d6929e95937287fa37d129b756746');
  assert.is(macOf(cmac, MESSAGE, 16), '070a16b46b4d4144f79bdd9dd04a287c');
  assert.is(macOf(cmac, MESSAGE, 40), 'dfa66747de9ae63030ca32611497c827');
  assert.is(macOf(cmac, MESSAGE, 64), '51f0bebf7e3b9d92fc49741779363cfe');
});

test('AES-192-CMAC and AES-256-CMAC give the examples of NIST SP 800-38B, appendix D', () => {
  const cmac192 = new Cmac(hex('8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b'));
  assert.is(macOf(cmac192, MESSAGE, 0), 'd17ddf46adaacde531cac483de7a9367');
  assert.is(macOf(cmac192, MESSAGE, 16), '9e99a7bf31e710900662f65e617c5184');
  assert.is(macOf(cmac192, MESSAGE, 40), '8a1de5be2eb31aad089a82e6ee908b0e');
  assert.is(macOf(cmac192, MESSAGE, 64), 'a1d5df0eed790f794d77589659f39a11');
  const cmac256 = new Cmac(hex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'));
  assert.is(macOf(cmac256, MESSAGE, 0), '028962f61b7bf89efc6b551f4667d983');
  assert.is(macOf(cmac256, MESSAGE, 16), '28a7023f452e8f82bd4bf28d8c37c35c');
  assert.is(macOf(cmac256, MESSAGE, 40), 'aaf3d8f1de5640c232f5b169b9c911e6');
  assert.is(macOf(cmac256, MESSAGE, 64), 'e1992190549f6ed5696a2c056c315410');
});

/** RFC 4493 §2.4 word by word, one ECB block at a time. */
function textbook(key: Uint8Array, message: Uint8Array): string {
  const block = (input: Uint8Array): Uint8Array => {
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
    cipher.setAutoPadding(false);
    return cipher.update(input);
  };
  const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const bytes = (value: bigint): Uint8Array => hex(value.toString(16).padStart(32, '0'));
  const twice = (value: bigint): bigint =>
    ((value << 1n) & ((1n << 128n) - 1n)) ^ (value >> 127n === 1n ? 0x87n : 0n);
  const k1 = twice(number(block(new Uint8Array(16))));
  const whole = message.length > 0 && message.length % 16 === 0;
  const count = Math.max(1, Math.ceil(message.length / 16));
  const padded = new Uint8Array(count * 16);
  padded.set(message);
  if (!whole) padded[message.length] = 0x80;
  let x = 0n;
  for (let i = 0; i < count; i += 1) {
    let m = number(padded.subarray(16 * i, 16 * i + 16));
    if (i === count - 1) m ^= whole ? k1 : twice(k1);
    x = number(block(bytes(x ^ m)));
  }
  return x.toString(16).padStart(32, '0');
}

test('one long-lived cipher gives what a fresh textbook computation gives, message after message', () => {
  const keyed = [16, 24, 32].map((length) => {
    const key = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    return { key, cmac: new Cmac(key) };
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 2 }), (message, which) => {
      const { key, cmac } = keyed[which] as (typeof keyed)[number];
      assert.is(macOf(cmac, message), textbook(key, message));
    }),
    { numRuns: 300 },
  );
});

test.run();
