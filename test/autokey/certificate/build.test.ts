import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { buildCertificate, type CertificateWish } from '../../../src/autokey/certificate/build.js';
import { parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { CERTIFICATE_SCHEMES, schemeNamed } from '../../../src/autokey/digest.js';
import { openKeyFolder } from '../../../src/autokey/files/folder.js';
import { loadKeys } from '../../../src/autokey/files/load.js';
import { verifyRsa } from '../../../src/autokey/rsa.js';
import { NoonmarkError } from '../../../src/errors.js';
import { vectorHosts, withKeyFolder } from '../../support/autokey-vectors.js';
import { assert, has, record, test } from '../../support/suite.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const wish: CertificateWish = {
  subject: 'peer1@grp',
  serial: 4_004_380_625,
  notBefore: 4_004_380_625,
  days: 365,
  scheme: schemeNamed('RSA-SHA256')!,
  key: privateKey,
  trust: 'trusted',
  gqValue: 0x8e70_8050n,
};

if (has('certificates of the reference daemons', 'shared'))
  test('certificates of the reference are built again byte for byte from their key and fields', () => {
    let built = 0;
    for (const { source, name, ...options } of vectorHosts())
      withKeyFolder(source, (folder) => {
        const { host, sign, certificate } = loadKeys(openKeyFolder(folder), {
          ...options,
          nowSeconds: undefined,
        });
        const parsed = parseCertificate(certificate!.der);
        assert.ok(parsed.ok);
        const { subject, serial, notBefore, notAfter, scheme, trustRoot, isPrivate, gqValue } = parsed.value;
        const der = buildCertificate({
          ...{ subject, serial: Number(serial), notBefore, scheme, gqValue },
          days: (notAfter - notBefore) / 86_400,
          key: (sign ?? host)!.key,
          trust: trustRoot ? 'trusted' : isPrivate ? 'private' : 'none',
        });
        assert.is(Buffer.from(der).toString('hex'), Buffer.from(certificate!.der).toString('hex'), name);
        built += 1;
      });
    assert.ok(built > 90, String(built));
    record('autokey-certificates-rebuilt', { built });
  });

test('every scheme gives a certificate that we and OpenSSL read, signed by its own key', () => {
  for (const scheme of CERTIFICATE_SCHEMES) {
    const der = buildCertificate({ ...wish, scheme });
    const parsed = parseCertificate(der);
    assert.ok(parsed.ok, scheme.keygenName);
    const { parts, publicKey, trustRoot, isPrivate, gqValue, serial, notAfter, issuer } = parsed.value;
    assert.ok(verifyRsa(publicKey, scheme.digest, parts.tbs, parts.signature), scheme.keygenName);
    assert.equal([trustRoot, isPrivate, gqValue, serial], [true, false, 0x8e70_8050n, 4_004_380_625n]);
    assert.is(notAfter, 4_004_380_625 + 365 * 86_400);
    assert.is(issuer, 'peer1@grp');
    const openssl = new X509Certificate(der);
    assert.is(openssl.subject, 'CN=peer1@grp');
    assert.ok(openssl.checkPrivateKey(privateKey));
    // OpenSSL 3 has no MD4 any more.
    if (scheme.digest !== 'MD4') assert.ok(openssl.verify(openssl.publicKey), scheme.keygenName);
  }
});

test('private and plain certificates have their usage, or none', () => {
  for (const trust of ['private', 'none'] as const) {
    const parsed = parseCertificate(buildCertificate({ ...wish, trust, gqValue: undefined }));
    assert.ok(parsed.ok);
    assert.equal(
      [parsed.value.trustRoot, parsed.value.isPrivate, parsed.value.gqValue],
      [false, trust === 'private', undefined],
    );
  }
});

test('a validity that reaches beyond 2049 is written with four digits of the year', () => {
  const parsed = parseCertificate(buildCertificate({ ...wish, days: 36_500 }));
  assert.ok(parsed.ok);
  assert.is(parsed.value.notAfter, 4_004_380_625 + 36_500 * 86_400);
});

test('names that cannot stand in a certificate, and what packets cannot carry, are refused', () => {
  const big = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey;
  const bad: CertificateWish[] = [
    { ...wish, subject: 'a b' },
    { ...wish, subject: '' },
    { ...wish, gqValue: 1n << 16_000n },
    { ...wish, key: big, scheme: schemeNamed('RSA-SHA512')! },
    {
      ...wish,
      key: createPrivateKey(
        generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
      ),
    },
  ];
  for (const one of bad) {
    try {
      buildCertificate(one);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof NoonmarkError && error.code === 'ERR_KEYS' && error.remedy !== '');
    }
  }
});

test.run();
