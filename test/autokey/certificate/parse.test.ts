import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { isCertificateName, parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { derInteger, derSequence } from '../../../src/autokey/der.js';
import { autokeyCases } from '../../support/autokey-case.js';
import {
  makeCertificate,
  makeCertificateDer,
  TEST_TIME,
  TRUST_ROOT,
  testKey,
  testScheme,
} from '../../support/certificates.js';
import { assert, has, record, test } from '../../support/suite.js';

const reasonOf = (der: Uint8Array): string => {
  const parsed = parseCertificate(der);
  return parsed.ok ? '' : parsed.reason;
};

test('a certificate tells what it was made with', () => {
  const gqValue = Uint8Array.of(0xba, ...new Uint8Array(199).fill(7));
  const certificate = makeCertificate({ subject: 'peer2@grp', gqValue });
  assert.is(certificate.subject, 'peer2@grp');
  assert.is(certificate.issuer, 'peer2@grp');
  assert.is(certificate.serial, BigInt(TEST_TIME));
  assert.is(certificate.notBefore, TEST_TIME);
  assert.is(certificate.notAfter, TEST_TIME + 365 * 86_400);
  assert.is(certificate.scheme.name, 'sha256WithRSAEncryption');
  assert.equal([certificate.bits, certificate.exponent, certificate.version], [1024, 65_537n, 3]);
  assert.equal([certificate.trustRoot, certificate.isPrivate], [true, false]);
  assert.is(certificate.gqValue, BigInt(`0x${Buffer.from(gqValue).toString('hex')}`));
});

test('a private certificate is told from a trusted one, and either among other usages', () => {
  const certificate = makeCertificate({ usages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.4'] });
  assert.equal([certificate.trustRoot, certificate.isPrivate], [false, true]);
  assert.ok(makeCertificate({ usages: ['1.3.6.1.5.5.7.3.1', TRUST_ROOT] }).trustRoot);
  assert.not(makeCertificate({ usages: [] }).trustRoot);
});

test('times beyond 2036 and 2049 are seconds since 1900 in full', () => {
  const certificate = makeCertificate({ notBefore: 2 ** 32 + 5, notAfter: 4_900_000_000 });
  assert.is(certificate.notBefore, 2 ** 32 + 5);
  assert.is(certificate.notAfter, 4_900_000_000);
});

test('a modulus of 16 kbit or 8 kbit is refused before any arithmetic', () => {
  for (const bytes of [2048, 1024, 513]) {
    const modulus = (1n << BigInt(8 * bytes - 1)) | 1n;
    const publicDer = derSequence(derInteger(modulus), derInteger(65_537n));
    const der = makeCertificateDer({ publicDer });
    const before = performance.now();
    assert.is(reasonOf(der), bytes === 2048 ? 'too-long' : 'modulus');
    assert.ok(performance.now() - before < 250);
  }
});

test('exponents of 0, 1, 2, even ones and those above 64 bits are refused', () => {
  const modulus = (1n << 1023n) | 1n;
  for (const exponent of [0n, 1n, 2n, 65_536n, (1n << 64n) | 1n, (1n << 1000n) | 1n]) {
    const publicDer = derSequence(derInteger(modulus), derInteger(exponent));
    assert.is(reasonOf(makeCertificateDer({ publicDer })), 'exponent');
  }
});

test('moduli below 512 bits and even ones are refused', () => {
  for (const modulus of [1n, (1n << 510n) | 1n, 1n << 1023n, 0n]) {
    const publicDer = derSequence(derInteger(modulus), derInteger(65_537n));
    assert.is(reasonOf(makeCertificateDer({ publicDer })), 'modulus');
  }
});

test('names that could leave a log line, a quoted list or a folder are refused', () => {
  for (const name of ['a b', 'a"b', '../../etc/passwd', 'a\nb', 'a\0b', 'a\\b', '', 'é', 'x'.repeat(256)]) {
    assert.not(isCertificateName(name), JSON.stringify(name));
    if (name.length < 200) assert.is(reasonOf(makeCertificateDer({ issuer: name })), 'name');
  }
  for (const name of ['peer1', 'peer2@grp', 'host.example.org', 'a_b-c'])
    assert.ok(isCertificateName(name), name);
});

test('every flipped bit and every cut of a certificate is a value, never a throw', () => {
  const der = makeCertificateDer({ gqValue: new Uint8Array(64).fill(9) });
  let slowest = 0;
  let total = 0;
  let count = 0;
  const parseTimed = (bytes: Uint8Array): void => {
    const before = performance.now();
    parseCertificate(bytes);
    const elapsed = performance.now() - before;
    slowest = Math.max(slowest, elapsed);
    total += elapsed;
    count += 1;
  };
  for (let at = 0; at < der.length; at += 1) {
    parseTimed(der.subarray(0, at));
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Uint8Array.from(der);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      parseTimed(flipped);
    }
  }
  record('autokey hostile certificates', { count, meanMs: total / count, slowestMs: slowest });
  assert.ok(total / count < 5, `${total / count} ms`);
});

test('noise, nests of sequences and spliced certificates are values, never throws', () => {
  const der = makeCertificateDer();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2100 }), (bytes) => {
      parseCertificate(bytes);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.nat(der.length), fc.nat(40), fc.uint8Array({ maxLength: 40 }), (at, removed, inserted) => {
      const spliced = [...der.subarray(0, at), ...inserted, ...der.subarray(at + removed)];
      parseCertificate(Uint8Array.from(spliced));
    }),
    { numRuns: 500 },
  );
  for (const byte of [0x30, 0xa0, 0x31, 0x80])
    assert.is(reasonOf(new Uint8Array(2000).fill(byte)), 'not-der');
  let nest: Uint8Array = new Uint8Array(0);
  for (let depth = 0; depth < 480; depth += 1) nest = derSequence(nest);
  assert.is(reasonOf(nest), 'not-der');
});

test('a certificate of an algorithm that is not spoken is refused as such', () => {
  const der = makeCertificateDer({ scheme: testScheme('RSA-SHA1') });
  const hex = Buffer.from(der).toString('hex').replaceAll('2a864886f70d010105', '2a864886f70d01010a');
  assert.is(reasonOf(Buffer.from(hex, 'hex')), 'scheme');
});

test('bytes behind the certificate are refused', () => {
  assert.is(reasonOf(Uint8Array.of(...makeCertificateDer(), 0)), 'not-der');
});

test('what is parsed is a copy of the packet', () => {
  const der = makeCertificateDer();
  const parsed = parseCertificate(der);
  const subject = parsed.ok ? Buffer.from(parsed.value.parts.subject).toString('hex') : '';
  der.fill(0);
  assert.ok(parsed.ok && Buffer.from(parsed.value.parts.subject).toString('hex') === subject);
});

test('OpenSSL reads the same in ours and takes our signature', () => {
  const key = testKey('peer1');
  const x509 = new X509Certificate(makeCertificateDer());
  assert.is(x509.subject, 'CN=peer1');
  assert.is(x509.serialNumber, TEST_TIME.toString(16).toUpperCase());
  assert.ok(x509.verify(makeCertificate().publicKey));
  assert.ok(x509.checkPrivateKey(key.privateKey));
});

if (has('certificates of the reference', 'shared'))
  test('every certificate of the reference reads as OpenSSL reads it', () => {
    let count = 0;
    for (const { hosts } of autokeyCases()) {
      for (const { certificate, privateKey } of hosts.values()) {
        const x509 = new X509Certificate(certificate.der);
        assert.is(x509.subject, `CN=${certificate.subject}`);
        assert.is(x509.issuer, `CN=${certificate.issuer}`);
        assert.is(BigInt(`0x${x509.serialNumber}`), certificate.serial);
        assert.is(Date.parse(x509.validFrom) / 1000 + 2_208_988_800, certificate.notBefore);
        assert.is(Date.parse(x509.validTo) / 1000 + 2_208_988_800, certificate.notAfter);
        assert.ok(x509.checkPrivateKey(privateKey));
        assert.is(x509.publicKey.equals(certificate.publicKey), true);
        count += 1;
      }
    }
    assert.ok(count > 90);
  });

test.run();
