import { X509Certificate } from 'node:crypto';
import type { Certificate } from '../../../src/autokey/certificate/parse.js';
import { parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { SIGNED_CERTIFICATE_LIFE, signCertificate } from '../../../src/autokey/certificate/sign.js';
import { MAX_TRAIL_LENGTH, type TrailContext, walkTrail } from '../../../src/autokey/certificate/trail.js';
import { checkCertificate, checkIssuer } from '../../../src/autokey/certificate/verify.js';
import { CERTIFICATE_SCHEMES } from '../../../src/autokey/digest.js';
import { DEFAULT_KEY_POLICY, keyPolicy } from '../../../src/autokey/policy.js';
import { makeCertificate, makeChild, TEST_TIME, testKey, testScheme } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';

const DAY = 86_400;
const root = makeCertificate({ subject: 'root' });

const context = (received: readonly Certificate[], more: Partial<TrailContext> = {}): TrailContext => ({
  find: (subject) => received.filter((certificate) => certificate.subject === subject),
  own: undefined,
  now: TEST_TIME + DAY,
  policy: DEFAULT_KEY_POLICY,
  ...more,
});
const endOf = (leaf: Certificate, around: TrailContext): string => {
  const result = walkTrail(leaf, around);
  if (result.kind === 'missing') return `missing ${result.name}`;
  if (result.kind === 'refused') return result.what;
  return `${result.trail.isOwnChild ? 'own ' : ''}${result.trail.certificates.map(({ subject }) => subject).join(' ')}`;
};

test('a trusted self-signed certificate is its own trail', () => {
  assert.is(endOf(root, context([])), 'root');
});

test('a trail leads over issuers to the root and asks for each that is missing', () => {
  const middle = makeChild('middle', 'root');
  const leaf = makeChild('leaf', 'middle');
  assert.is(endOf(leaf, context([])), 'missing middle');
  assert.is(endOf(leaf, context([middle])), 'missing root');
  assert.is(endOf(leaf, context([root, middle])), 'leaf middle root');
});

test('a self-signed certificate of an untrusted host leads nowhere, and another is asked for', () => {
  const untrusted = makeCertificate({ subject: 'middle', usages: [] });
  assert.is(endOf(untrusted, context([])), 'untrusted');
  assert.is(endOf(makeChild('leaf', 'middle'), context([untrusted])), 'missing middle');
});

test('a child signed by our own trusted certificate is the end of its trail', () => {
  const own = makeCertificate({ subject: 'own' });
  const child = makeChild('peer', 'own');
  assert.is(endOf(child, context([], { own })), 'own peer');
  const result = walkTrail(child, context([], { own }));
  assert.ok(result.kind === 'complete' && result.trail.root === own);
  assert.is(endOf(child, context([], { own: { ...own, trustRoot: false } })), 'missing own');
});

test('peers that signed each other do not end in a circle while one way leads to the root', () => {
  const own = makeCertificate({ subject: 'own', usages: [] });
  const ofPeer = makeChild('own', 'peer');
  const leaf = makeChild('peer', 'own');
  assert.is(endOf(leaf, context([ofPeer], { own })), 'loop');
  for (const received of [
    [ofPeer, makeChild('own', 'root'), root],
    [root, makeChild('own', 'root'), ofPeer],
  ])
    assert.is(endOf(leaf, context(received, { own })), 'peer own root');
  assert.is(endOf(leaf, context([ofPeer, makeChild('own', 'root')], { own })), 'missing root');
});

test('a thicket of certificates costs no more than 64 public-key operations', () => {
  const names = Array.from({ length: 9 }, (_, i) => `h${i}`);
  const thicket = names.flatMap((subject) => names.map((issuer) => makeChild(subject, issuer)));
  let looked = 0;
  const around = context(thicket);
  const find = (subject: string) => {
    looked += 1;
    return around.find(subject);
  };
  const [leaf] = thicket.slice(1);
  if (leaf === undefined) throw new Error('no leaf');
  assert.match(endOf(leaf, { ...around, find }), /^(loop|too-long)$/);
  assert.ok(looked <= 65, `${looked}`);
});

test('a child that only says it was signed by us is refused', () => {
  const own = makeCertificate({ subject: 'own' });
  const forged = makeChild('peer', 'own', { signedBy: testKey('thief').key });
  assert.is(endOf(forged, context([], { own })), 'signature');
});

test('a loop of certificates ends, and so does a trail without end', () => {
  const received = [makeChild('a', 'b'), makeChild('b', 'c'), makeChild('c', 'a')];
  assert.is(endOf(makeChild('a', 'b'), context(received)), 'loop');
  const start = makeChild('h0', 'h1');
  const find = (subject: string): Certificate[] => {
    const number = Number(subject.slice(1));
    return [
      makeChild(subject, `h${number + 1}`, {
        publicDer: testKey('h1').key.publicDer,
        signedBy: testKey('h1').key,
      }),
    ];
  };
  const endless = makeChild('h0', 'h1', { signedBy: testKey('h1').key });
  assert.is(start.issuer, 'h1');
  assert.is(endOf(endless, context([], { find })), 'too-long');
  assert.is(MAX_TRAIL_LENGTH, 16);
});

test('a wrong signature anywhere on the trail is refused', () => {
  const middle = makeChild('middle', 'root', { signedBy: testKey('thief').key });
  assert.is(endOf(makeChild('leaf', 'middle'), context([root, middle])), 'signature');
  const falseRoot = makeCertificate({ subject: 'root', signedBy: testKey('thief').key });
  assert.is(endOf(falseRoot, context([])), 'signature');
});

test('of several issuers of a name the one whose key fits is taken', () => {
  const other = makeCertificate({
    subject: 'root',
    publicDer: testKey('other').key.publicDer,
    signedBy: testKey('other').key,
    notBefore: TEST_TIME,
  });
  assert.is(endOf(makeChild('leaf', 'root'), context([other, root])), 'leaf root');
});

test('expired and not yet valid certificates are refused wherever they stand, once the clock is set', () => {
  const leaf = makeChild('leaf', 'root');
  const late = TEST_TIME + 366 * DAY;
  assert.is(endOf(leaf, context([root], { now: late })), 'expired');
  assert.is(endOf(leaf, context([root], { now: TEST_TIME - 1 })), 'not-yet-valid');
  assert.is(endOf(leaf, context([root], { now: undefined })), 'leaf root');
  const lasting = makeChild('leaf', 'root', { notAfter: late + DAY });
  assert.is(endOf(lasting, context([root], { now: late })), 'expired', 'the root');
  const own = makeCertificate({ subject: 'own' });
  const child = makeChild('peer', 'own', { notAfter: late + DAY });
  assert.is(endOf(child, context([], { own, now: late })), 'expired', 'our own');
});

test('expiry is judged in the right era', () => {
  const leaf = makeCertificate({ subject: 'root', notBefore: 2 ** 32 - 100, notAfter: 2 ** 32 + 100 });
  assert.is(endOf(leaf, context([], { now: 50 })), 'root');
  assert.is(endOf(leaf, context([], { now: 101 })), 'expired');
  assert.is(endOf(leaf, context([], { now: 2 ** 32 - 101 })), 'not-yet-valid');
});

test("a child that begins outside its issuer's validity is refused", () => {
  const early = makeChild('leaf', 'root', { notBefore: TEST_TIME - 1 });
  assert.is(endOf(early, context([root])), 'outside-issuer');
  const late = makeChild('leaf', 'root', {
    notBefore: TEST_TIME + 366 * DAY,
    notAfter: TEST_TIME + 400 * DAY,
  });
  assert.is(endOf(late, context([root], { now: undefined })), 'outside-issuer');
});

test('a certificate that ends before it begins, or is older than its filestamp, is refused', () => {
  const backwards = makeCertificate({ notAfter: TEST_TIME - 1 });
  assert.is(checkCertificate(backwards, 0, undefined, DEFAULT_KEY_POLICY)?.what, 'validity');
  const check = (filestamp: number) => checkCertificate(root, filestamp, undefined, DEFAULT_KEY_POLICY)?.what;
  assert.equal(
    [check(TEST_TIME), check(TEST_TIME - 5), check(TEST_TIME + 1)],
    [undefined, undefined, 'filestamp'],
  );
});

test('the issuer must be the one named', () => {
  assert.is(checkIssuer(makeChild('leaf', 'root'), makeCertificate({ subject: 'other' }))?.what, 'issuer');
});

test('a weak link anywhere is refused with the words that would allow it', () => {
  const weakRoot = makeCertificate({
    subject: 'root',
    scheme: testScheme('RSA-MD5'),
    publicDer: testKey('root', 512).key.publicDer,
    signedBy: testKey('root', 512).key,
  });
  const leaf = makeChild('leaf', 'root', { signedBy: testKey('root', 512).key });
  const result = walkTrail(leaf, context([weakRoot]));
  assert.ok(result.kind === 'refused' && result.refusal?.what === 'weak');
  if (result.kind === 'refused' && result.refusal?.what === 'weak')
    assert.is(result.refusal.weakness.allowedBy, 'crypto minimum 512 MD5');
  const allowed = walkTrail(leaf, context([weakRoot], { policy: keyPolicy(512, 'MD5') }));
  assert.ok(allowed.kind === 'complete');
  if (allowed.kind === 'complete') assert.equal(allowed.trail.weakest, { bits: 512, digest: 'MD5' });
});

test('a private certificate is on no trail', () => {
  assert.is(endOf(makeCertificate({ usages: ['1.3.6.1.4'] }), context([])), 'private');
});

test('the answer to SIGN keeps subject, key and extensions and has our issuer, serial and 365 days', () => {
  const request = makeCertificate({
    subject: 'client@grp',
    gqValue: new Uint8Array(64).fill(5),
    scheme: testScheme('RSA-MD5'),
  });
  const now = TEST_TIME + 7 * DAY;
  const signer = { name: 'root', key: testKey('root').key, scheme: testScheme('RSA-SHA256') };
  const der = signCertificate(request, signer, now);
  const parsed = parseCertificate(der);
  assert.ok(parsed.ok);
  if (!parsed.ok) return;
  const signed = parsed.value;
  assert.equal([signed.subject, signed.issuer, signed.serial], ['client@grp', 'root', BigInt(now)]);
  assert.equal([signed.notBefore, signed.notAfter], [now, now + SIGNED_CERTIFICATE_LIFE]);
  assert.equal([signed.gqValue, signed.trustRoot, signed.version], [request.gqValue, true, 3]);
  assert.equal(signed.parts.extensions, request.parts.extensions);
  assert.ok(signed.publicKey.equals(request.publicKey));
  assert.is(endOf(signed, context([root], { now })), 'client@grp root');
  assert.ok(new X509Certificate(der).verify(root.publicKey), 'OpenSSL agrees');
});

test('after 2036 the answer to SIGN has its serial and times in the new era', () => {
  const request = makeCertificate({ subject: 'client', notBefore: 2 ** 32 - 50, notAfter: 2 ** 32 + 500 });
  const signer = { name: 'root', key: testKey('root').key, scheme: testScheme('RSA-SHA256') };
  const parsed = parseCertificate(signCertificate(request, signer, 10));
  assert.ok(parsed.ok && parsed.value.notBefore === 2 ** 32 + 10);
});

test('certificates of every scheme verify with keys long enough for it', () => {
  for (const scheme of CERTIFICATE_SCHEMES) {
    const certificate = makeCertificate({ scheme });
    assert.is(checkIssuer(certificate, certificate), undefined, scheme.name);
    const other = makeCertificate({ scheme, signedBy: testKey('thief').key });
    assert.is(checkIssuer(other, certificate)?.what, 'signature', scheme.name);
  }
});

test.run();
