import { constants, createPublicKey, privateEncrypt, sign } from 'node:crypto';
import fc from 'fast-check';
import { derInteger, derSequence } from '../../src/autokey/der.js';
import {
  CERTIFICATE_SCHEMES,
  digestInfo,
  digestStrength,
  flagsOfScheme,
  SIGNATURE_DIGEST_NAMES,
  schemeNamed,
  schemeOfFlags,
  signatureDigestNamed,
} from '../../src/autokey/digest.js';
import { hostKey } from '../../src/autokey/host-key.js';
import { md4 } from '../../src/autokey/md4.js';
import { encodeRsaPublicKey, encryptOaep, parseRsaPublicKey, verifyRsa } from '../../src/autokey/rsa.js';
import { NoonmarkError } from '../../src/errors.js';
import { testKey } from '../support/certificates.js';
import { assert, test } from '../support/suite.js';

const message = Buffer.from('the sun stands highest at noon');
const publicOf = (bits: number, exponent?: number) =>
  createPublicKey(testKey('rsa', bits, exponent).privateKey);

test("MD4's digests are those of RFC 1320", () => {
  const hex = (text: string): string => Buffer.from(md4(Buffer.from(text))).toString('hex');
  assert.is(hex(''), '31d6cfe0d16ae931b73c59d7e0c089c0');
  assert.is(hex('abc'), 'a448017aaf21d8525fc10ae87aa6729d');
  assert.is(hex('message digest'), 'd9130a8164549fe818874806e1c7014b');
  assert.is(
    hex('12345678901234567890123456789012345678901234567890123456789012345678901234567890'),
    'e33b4ddc9c38f2199c3e7b164fcc0536',
  );
});

test('signatures of every digest verify, with 512 bits all those that fit', () => {
  for (const bits of [512, 1024]) {
    const { key } = testKey('rsa', bits);
    for (const digest of SIGNATURE_DIGEST_NAMES) {
      if (!key.canSign(digest)) {
        assert.ok(bits === 512 && (digest === 'SHA384' || digest === 'SHA512'));
        assert.throws(
          () => key.sign(digest, message),
          (error: unknown) => error instanceof NoonmarkError && error.remedy !== '',
        );
        continue;
      }
      const signature = key.sign(digest, message);
      assert.is(signature.length, bits / 8);
      assert.ok(verifyRsa(publicOf(bits), digest, message, signature), digest);
      assert.not(verifyRsa(publicOf(bits), digest, Buffer.from('other'), signature), digest);
      for (const other of SIGNATURE_DIGEST_NAMES)
        if (other !== digest) assert.not(verifyRsa(publicOf(bits), other, message, signature));
    }
  }
});

test("our signatures are OpenSSL's", () => {
  const { key, privateKey } = testKey('rsa');
  for (const digest of ['MD5', 'SHA1', 'RIPEMD160', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const)
    assert.equal(
      Uint8Array.from(key.sign(digest, message)),
      Uint8Array.from(sign(digest, message, privateKey)),
    );
});

test('any flipped bit of a signature refuses it', () => {
  const { key } = testKey('rsa', 512);
  const signature = key.sign('SHA256', message);
  fc.assert(
    fc.property(fc.nat(63), fc.nat(7), (at, bit) => {
      const flipped = Uint8Array.from(signature);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      return !verifyRsa(publicOf(512), 'SHA256', message, flipped);
    }),
    { numRuns: 100 },
  );
  assert.not(verifyRsa(publicOf(512), 'SHA256', message, signature.subarray(1)));
  assert.not(verifyRsa(publicOf(512), 'SHA256', message, new Uint8Array(0)));
});

test('with an exponent of 3, a DigestInfo that leaves room for more, or has short padding, is no signature', () => {
  const { privateKey } = testKey('rsa', 1024, 3);
  const info = digestInfo('SHA1', message);
  const forge = (paddingLength: number, trailer: number): boolean => {
    const block = Buffer.alloc(128, 0xa5);
    block.set([0, 1]);
    block.fill(0xff, 2, 2 + paddingLength);
    block[2 + paddingLength] = 0;
    block.set(info, 3 + paddingLength);
    assert.is(3 + paddingLength + info.length + trailer, 128);
    const forged = privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
    return verifyRsa(publicOf(1024, 3), 'SHA1', message, forged);
  };
  const room = 128 - 3 - info.length;
  assert.ok(forge(room, 0), 'the right one');
  assert.not(forge(8, room - 8));
  assert.not(forge(room - 1, 1));
});

test('RSAPublicKey of a host comes back as it was, of private and public keys alike', () => {
  for (const [bits, exponent] of [
    [512, 65_537],
    [1024, 3],
  ] as const) {
    const { key, privateKey } = testKey('rsa', bits, exponent);
    const parsed = parseRsaPublicKey(key.publicDer);
    assert.ok(parsed.ok && parsed.value.bits === bits && parsed.value.exponent === BigInt(exponent));
    assert.equal(encodeRsaPublicKey(publicOf(bits, exponent)), key.publicDer);
    assert.ok(parsed.ok && parsed.value.key.equals(createPublicKey(privateKey)));
  }
});

test('keys out of bounds are refused with what is wrong with them', () => {
  const reason = (n: bigint, e: bigint): string => {
    const parsed = parseRsaPublicKey(derSequence(derInteger(n), derInteger(e)));
    return parsed.ok ? '' : parsed.reason;
  };
  const good = (1n << 1023n) | 1n;
  assert.is(reason(good, 65_537n), '');
  assert.is(reason(good, 3n), '');
  assert.is(reason(good, 1n), 'exponent');
  assert.is(reason((1n << 16_383n) | 1n, 65_537n), 'modulus');
  assert.is(reason((1n << 4096n) | 1n, 65_537n), 'modulus');
  assert.is(reason((1n << 4095n) | 1n, 65_537n), '');
  assert.is(reason((1n << 510n) | 1n, 65_537n), 'modulus');
  assert.is(reason(good - 1n, 65_537n), 'modulus');
});

test('noise for a key, and a key for noise, are values', () => {
  const { key } = testKey('rsa', 512);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseRsaPublicKey(bytes);
      parseRsaPublicKey(Uint8Array.of(...key.publicDer.subarray(0, bytes.length % 74), ...bytes));
      assert.is(key.decryptOaep(bytes), undefined);
    }),
    { numRuns: 200 },
  );
});

test('an odd number that is no RSA modulus encrypts or refuses, without a throw', () => {
  const parsed = parseRsaPublicKey(derSequence(derInteger((1n << 512n) - 1n), derInteger(65_537n)));
  assert.ok(parsed.ok);
  if (parsed.ok) encryptOaep(parsed.value.key, Uint8Array.of(1, 2, 3, 4));
});

test('only private RSA keys of 512 to 4096 bits are host keys', () => {
  const wrong = (error: unknown): boolean => error instanceof NoonmarkError && error.code === 'ERR_KEYS';
  assert.throws(() => hostKey(publicOf(512)), wrong);
});

test('flags words name the scheme, and names and strengths are in order', () => {
  assert.is(schemeOfFlags(0x87f43)?.name, 'md5WithRSAEncryption');
  assert.is(schemeOfFlags(0x29c7f43)?.keygenName, 'RSA-SHA256');
  assert.is(schemeOfFlags(0x3230001), undefined);
  for (const scheme of CERTIFICATE_SCHEMES) {
    assert.is(schemeOfFlags(flagsOfScheme(scheme) | 0x7f43), scheme);
    assert.is(schemeNamed(scheme.keygenName), scheme);
  }
  assert.ok(
    digestStrength('MD5') < digestStrength('SHA1') && digestStrength('SHA1') < digestStrength('SHA256'),
  );
  assert.is(signatureDigestNamed('SHA256'), 'SHA256');
  assert.is(signatureDigestNamed('sha256'), undefined);
});

test.run();
