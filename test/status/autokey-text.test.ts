/** What `noonmark status` says of Autokey: this host, a server that is proven, one by compat, one that fails. */
import type { AutokeySourceView } from '../../src/source/types.js';
import { takeSnapshot } from '../../src/status/snapshot.js';
import { statusText } from '../../src/status/text.js';
import { fakeView, NOW_NS, OWN_AUTOKEY, PROVEN_AUTOKEY, sourceView } from '../control/fixture.js';
import { assert, test } from '../support/suite.js';

const YEAR_NS = 365n * 86_400n * 1_000_000_000n;

const textOf = (autokey: AutokeySourceView, remark = ''): string => {
  const view = fakeView(1);
  view.ownAutokey = OWN_AUTOKEY;
  view.entries = [{ view: sourceView({ autokey, remark }), fate: 'sys.peer' }];
  return statusText(takeSnapshot(view), { columns: 400, colour: false });
};

test('this host in a line: name, keys, what it proves, until when its certificate holds', () => {
  assert.match(
    textOf(PROVEN_AUTOKEY),
    /^autokey {3}peer2; 2048 bits sha256WithRSAEncryption, session keys MD5; proves GQ; certificate good until 2027-11-23; signed 2026-11-23T04:00:00Z; 1 certificate of others$/m,
  );
});

test('an association in a line: how far, identity, root, weakest link, cookie, certificates', () => {
  assert.match(
    textOf(PROVEN_AUTOKEY),
    /^ {2}192\.0\.2\.1: complete \(0x29c7f43\); peer1; GQ of group peer1 proved; root peer1; weakest 1024 bits SHA1; cookie 66 min old; certificates good until 2027-11-23$/m,
  );
});

test('a proof taken by compat is told, a trail by its names, an expired certificate loudly', () => {
  const text = textOf({
    ...PROVEN_AUTOKEY,
    ...{ quirk: 'ntpd-4.2.8p15', trail: ['b', 'a'], root: 'a', certificateUntilNs: NOW_NS - YEAR_NS },
  });
  assert.match(text, /proved, by the equation of ntpd-4\.2\.8p15; trail b < a; .* EXPIRED on 2025-11-23/);
});

test('what the first lines say already is not said again', () => {
  const step = 'its identity was not proved';
  const failed = { ...PROVEN_AUTOKEY, step, isProven: false, flags: 0x29c1143 };
  const text = textOf(failed, `Autokey: ${step}`);
  assert.is(text.split(step).length, 2);
  assert.match(text, /flags 0x29c1143; peer1; GQ of group peer1; /);
});

test('without Autokey nothing is said of it', () => {
  const text = statusText(takeSnapshot(fakeView(1)), { columns: 200, colour: false });
  assert.not.match(text, /autokey/);
});

test('--json has the same, with words and numbers apart', () => {
  const view = fakeView(1);
  view.ownAutokey = OWN_AUTOKEY;
  view.entries = [{ view: sourceView({ autokey: PROVEN_AUTOKEY }), fate: 'sys.peer' }];
  const snapshot = takeSnapshot(view);
  assert.equal(snapshot.sources[0]?.autokey?.flagNames.slice(-3), ['AUTO', 'SIGN', 'LEAP']);
  assert.equal(
    [snapshot.sources[0]?.autokey?.weakestBits, snapshot.sources[0]?.autokey?.certificatesUntil],
    [1024, '2027-11-23T05:00:00.000000000Z'],
  );
  assert.equal(
    snapshot.autokey?.certificates.map(({ subject, trusted }) => [subject, trusted]),
    [
      ['peer1', true],
      ['peer2', false],
    ],
  );
});

test.run();
