import { randomBytes } from 'node:crypto';
import { abi } from '../../../drivers/linux/abi.js';
import { memoryAt } from '../../../drivers/linux/libc.js';
import { bindOpenSsl, libcrypto } from '../../../drivers/openssl/libcrypto.js';
import { OpenSslModular } from '../../../drivers/openssl/modular.js';
import { assert, skip, test } from '../../support/suite.js';

/** struct bignum_st begins with the pointer to its words (openssl/crypto/bn/bn_local.h). */
function wordsOf(handle: number, length: number): Uint8Array {
  const view = new DataView(memoryAt(BigInt(handle), abi().wordSize));
  const pointer = abi().wordSize === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
  return new Uint8Array(memoryAt(pointer, length));
}

test('where the process exports no OpenSSL, the reason names what is missing', () => {
  const prototypes = { take: ['BN_new', 'int'], multiply: ['BN_mod_mul_montgomery', 'int'] } as const;
  const found = bindOpenSsl(prototypes, (symbol) => {
    if (symbol === 'BN_mod_mul_montgomery') throw new Error('not found');
    return () => 0;
  });
  assert.equal(found, {
    ok: false,
    reason: "this node binary does not export OpenSSL's BN_mod_mul_montgomery",
  });
});

const bound = libcrypto();
if (!bound.ok) skip('wiping of OpenSSL memory', bound.reason, 'a node binary that exports libcrypto');
else {
  const modulus = randomBytes(256);
  modulus[0] = 0xff;
  modulus[255] = 0xff;

  test('a residue given back is overwritten before its memory goes on', () => {
    const modular = new OpenSslModular(bound.libcrypto, modulus);
    const residue = modular.take();
    modular.load(residue, randomBytes(200));
    const words = wordsOf(residue, 256);
    assert.ok(words.some((byte) => byte !== 0));
    modular.release(residue);
    assert.ok(words.every((byte) => byte === 0));
    modular.close();
  });

  test('a secret exponent is overwritten too', () => {
    const modular = new OpenSslModular(bound.libcrypto, modulus);
    const exponent = modular.takeExponent(randomBytes(32));
    const words = wordsOf(exponent, 32);
    modular.releaseExponent(exponent);
    assert.ok(words.every((byte) => byte === 0));
    modular.close();
  });

  test('closing leaves nothing of what was not given back', () => {
    const modular = new OpenSslModular(bound.libcrypto, modulus);
    const residue = modular.take();
    modular.load(residue, randomBytes(200));
    const words = wordsOf(residue, 256);
    const before = Buffer.from(words).toString('hex');
    modular.close();
    // The allocator may have written its own links to freed memory, at its beginning.
    const after = Buffer.from(words).toString('hex');
    assert.is(after.slice(64), ''.padEnd(after.length - 64, '0'));
    assert.is.not(after, before);
  });

  test('what is taken again starts at zero', () => {
    const modular = new OpenSslModular(bound.libcrypto, modulus);
    const first = modular.take();
    modular.load(first, randomBytes(200));
    modular.release(first);
    const out = new Uint8Array(256).fill(1);
    modular.store(modular.take(), out);
    assert.ok(out.every((byte) => byte === 0));
    modular.close();
  });
}

test.run();
