/**
 * Symmetric dances and those who can send in a peer's name but do not see our packets: they end nothing. And requests that are
 * put again while their answer is being made.
 */
import { fieldBytes, requestHeader } from '../../../src/autokey/dance/field.js';
import { OwnList } from '../../../src/autokey/dance/own-list.js';
import { PeerRequests } from '../../../src/autokey/dance/peer-requests.js';
import { FULL_DANCE } from '../../../src/autokey/flags.js';
import { followKeyList } from '../../../src/autokey/key-list.js';
import { appendSessionMac, sessionKey } from '../../../src/autokey/session-key.js';
import type { AutokeyField } from '../../../src/wire/autokey-field.js';
import { AT, HEADER_LENGTH } from '../../../src/wire/header.js';
import { viewOf } from '../../support/autokey-case.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';
import { Pair, Side } from '../../support/symmetric-pair.js';

const host = (name: string) => freshEnd({ name, trusted: true });
const danced = () =>
  new Pair(
    new Side(host('peer1'), { own: 1, peer: 2, associationId: 41 }),
    new Side(host('peer2'), { own: 2, peer: 1, associationId: 42 }),
  ).run(60);
const FULL = [FULL_DANCE, FULL_DANCE];
const PEER = Uint8Array.of(10, 9, 0, 2);
const OWN = Uint8Array.of(10, 9, 0, 1);

/** A packet from the peer's address with this field; the MAC of such packets takes no secret. */
function inItsName(field: Uint8Array, keyId: number, transmitTime: number): Uint8Array {
  const bytes = new Uint8Array(1200);
  bytes[0] = 0x21;
  viewOf(bytes).setBigUint64(AT.transmitTime, BigInt(transmitTime) << 32n);
  bytes.set(field, HEADER_LENGTH);
  const length = HEADER_LENGTH + field.length;
  const whole = appendSessionMac('MD5', sessionKey('MD5', PEER, OWN, keyId, 0), keyId, bytes, length);
  if (whole === undefined) throw new Error('too long');
  return bytes.slice(0, whole);
}

test('an ASSOC in the name of a peer that was quiet for long begins nothing anew', () => {
  const both = danced();
  assert.equal(both.flags, FULL);
  both.now += 1000;
  for (let i = 0; i < 20; i += 1) {
    const body = {
      timestamp: 0,
      filestamp: 0x29c0003,
      value: Buffer.from('mallory'),
      signature: new Uint8Array(),
    };
    const packet = inItsName(fieldBytes(requestHeader('assoc', 700 + i), body), 90_000 + i, both.now + i);
    assert.ok(both.a.receive(packet, both.now).isAuthentic, `${i}`);
    assert.equal(both.flags, FULL, `${i}`);
  }
  both.run(60);
  assert.equal(both.flags, FULL);
  assert.is(both.a.dance.partner.name, 'peer2');
});

test('one that came first with its ASSOC is forgotten as soon as the peer answers', () => {
  const both = new Pair(
    new Side(host('peer1'), { own: 1, peer: 2, associationId: 41 }),
    new Side(host('peer2'), { own: 2, peer: 1, associationId: 42 }),
  );
  const body = {
    timestamp: 0,
    filestamp: 0x29c0003,
    value: Buffer.from('mallory'),
    signature: new Uint8Array(),
  };
  both.a.receive(inItsName(fieldBytes(requestHeader('assoc', 700), body), 90_000, both.now), both.now);
  assert.is(both.a.dance.partner.name, 'mallory');
  both.run(60);
  assert.is(both.a.dance.partner.name, 'peer2');
  assert.equal(both.flags, FULL);
});

test('key lists with bad signatures in its name end no dance, however many', () => {
  const both = danced();
  const header = { ...requestHeader('autokey', 41), response: true };
  for (let i = 0; i < 12; i += 1) {
    const stamps = { timestamp: both.now + i, filestamp: TEST_TIME };
    const body = { ...stamps, value: new Uint8Array(8), signature: new Uint8Array(128).fill(i) };
    both.a.receive(inItsName(fieldBytes(header, body), 90_000 + i, both.now + i), both.now);
    assert.equal(both.flags, FULL, `${i}`);
  }
  both.run(60);
  assert.equal(both.flags, FULL);
});

const requests = () => {
  const { values, certificates } = host('peer1');
  return new PeerRequests({ values, certificates, associationId: 41 });
};
const challenge = (fill: number): AutokeyField => ({
  ...requestHeader('gq', 42),
  length: 64,
  body: { timestamp: fill, filestamp: 0, value: new Uint8Array(16).fill(fill), signature: new Uint8Array() },
});
const told = () => {
  throw new Error('nobody asked for a key list');
};
const BYTES = new Uint8Array(64);
const ANSWER = Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 8);

test('the same question put again while its answer is made is answered by that, once', () => {
  const peer = requests();
  peer.heard();
  const work = peer.ask(BYTES, challenge(7), 0);
  assert.ok(work);
  peer.heard();
  assert.is(peer.ask(BYTES, challenge(7), 0), undefined, 'no work is done twice');
  peer.settle(work?.turn ?? 0, ANSWER);
  assert.equal(peer.take(told)?.draft, { kind: 'ready', field: ANSWER });
});

test('another question makes the answer void that is still being made', () => {
  const peer = requests();
  peer.heard();
  const work = peer.ask(BYTES, challenge(7), 0);
  peer.heard();
  const other = peer.ask(BYTES, challenge(8), 0);
  assert.ok(other);
  peer.settle(work?.turn ?? 0, ANSWER);
  assert.is(peer.take(told), undefined);
  peer.settle(other?.turn ?? 0, ANSWER);
  assert.ok(peer.take(told));
});

test('what nobody could make is asked for anew', () => {
  const peer = requests();
  peer.heard();
  const work = peer.ask(BYTES, challenge(7), 0);
  peer.settle(work?.turn ?? 0, undefined);
  peer.heard();
  assert.ok(peer.ask(BYTES, challenge(7), 0));
});

test('a list that is spent is not told: the values are those of the list that the next packets are of', () => {
  const list = new OwnList({ digest: 'MD5', own: OWN, peer: PEER, automax: 12, random });
  const moment = { cookie: 0, pollSeconds: 8, isSynchronised: false };
  list.take(moment);
  const set = { ...moment, isSynchronised: true };
  const values = list.values(set);
  const path = { digest: 'MD5', source: OWN, destination: PEER, cookie: 0 } as const;
  assert.ok(followKeyList(path, { values, last: undefined }, list.take(set)));
});

test.run();
