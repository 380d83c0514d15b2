/** Which certificate of a host answers a CERT request. */
import { CertificateStore } from '../../../src/autokey/dance/certificate-store.js';
import { makeCertificate, makeChild, TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';

const NOW = TEST_TIME + 1000;
const DAY = 86_400;
const held = (value: ReturnType<typeof makeCertificate>) => ({ value, filestamp: TEST_TIME });
const own = () => new CertificateStore(held(makeCertificate({ subject: 'own', usages: [] })));
const issuerOf = (store: CertificateStore, subject: string, now = NOW) =>
  store.serve(subject, now)?.value.issuer;

test('nothing while nobody signed it: a self-signed one of an untrusted host leads nowhere', () => {
  assert.is(issuerOf(own(), 'own'), undefined);
  assert.is(issuerOf(own(), 'stranger'), undefined);
});

test('a trusted one is its own answer', () => {
  const store = new CertificateStore(held(makeCertificate({ subject: 'own' })));
  store.add(held(makeChild('own', 'peer')));
  assert.is(issuerOf(store, 'own'), 'own');
});

test('of those signed by several the one nearest to a trusted host, whenever it came', () => {
  const root = makeCertificate({ subject: 'root' });
  const ofRoot = makeChild('own', 'root');
  const ofPeer = makeChild('own', 'peer');
  const peer = makeChild('peer', 'own');
  for (const order of [
    [root, ofRoot, peer, ofPeer],
    [ofPeer, peer, ofRoot, root],
  ]) {
    const store = own();
    for (const one of order) store.add(held(one));
    assert.is(issuerOf(store, 'own'), 'root');
    assert.is(issuerOf(store, 'peer'), 'own');
  }
});

test('where no way to a trusted host is known, the newest', () => {
  const store = own();
  store.add(held(makeChild('own', 'one')));
  store.add(held(makeChild('own', 'two')));
  assert.is(issuerOf(store, 'own'), 'two');
});

test('one that has expired only for want of better', () => {
  const store = own();
  store.add(held(makeCertificate({ subject: 'root' })));
  store.add(held(makeChild('own', 'root')));
  const late = NOW + 4000 * DAY;
  assert.is(issuerOf(store, 'own', late), 'root');
});

test.run();
