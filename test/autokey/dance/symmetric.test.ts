/** Symmetric dances in memory, both ends asking and answering: schemes, one trusted host, one clock, lists, restarts. */
import { SymmetricDance } from '../../../src/autokey/dance/symmetric.js';
import type { SymmetricIncoming } from '../../../src/autokey/dance/symmetric-types.js';
import { FULL_DANCE } from '../../../src/autokey/flags.js';
import { answerChallenge, checkAnswer } from '../../../src/autokey/identity/scheme.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { appendSessionMac } from '../../../src/autokey/session-key.js';
import { HEADER_LENGTH } from '../../../src/wire/header.js';
import { newTail, scanTail } from '../../../src/wire/mac-trailer.js';
import { viewOf } from '../../support/autokey-case.js';
import { type DanceEnd, freshEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';
import { gqKey } from '../identity/keys.js';

const gq = gqKey(1024);
const gqEnd = (name: string, trusted = true): DanceEnd =>
  freshEnd({
    ...{ name, trusted, gqValue: toFixedBytes(gq.v, 128) },
    identityKeys: new Map([['gq', { value: { scheme: 'gq', key: gq }, filestamp: TEST_TIME }]]),
    parameters: new Map([
      ['gq grp', { value: { scheme: 'gq', parameters: { n: gq.n, b: gq.b } }, filestamp: TEST_TIME }],
    ]),
  });

class Side {
  readonly dance: SymmetricDance;
  isSynchronised = true;
  time = 0;
  reports: string[] = [];
  constructor(
    readonly end: DanceEnd,
    own: number,
    peer: number,
    ident: string | undefined,
  ) {
    this.dance = new SymmetricDance({
      ...{ host: end.host, values: end.values, certificates: end.certificates, random },
      ...{ own: Uint8Array.of(10, 9, 0, own), peer: Uint8Array.of(10, 9, 0, peer) },
      ...{ associationId: 1000 + own * 10 + peer, ident, compat: false, automax: 12 },
    });
  }
  at(now: number) {
    return { now, isSynchronised: this.isSynchronised };
  }
}

class Pair {
  now = TEST_TIME + 100;
  packets = 0;
  constructor(
    readonly a: Side,
    readonly b: Side,
  ) {
    for (const { end } of [a, b]) end.values.update(this.now);
  }
  /** One packet from one end to the other. */
  send(from: Side, to: Side): SymmetricIncoming {
    this.packets += 1;
    const out = from.dance.next(from.at(this.now), 8, to.isSynchronised, ({ text }) =>
      from.reports.push(text),
    );
    const bytes = new Uint8Array(2120);
    bytes[0] = 0x21;
    let length = HEADER_LENGTH;
    for (const field of out.fields) {
      bytes.set(field, length);
      length += field.length;
    }
    const whole = appendSessionMac('MD5', out.sessionKey, out.keyId, bytes, length);
    if (whole === undefined) throw new Error('too long');
    const packet = bytes.slice(0, whole);
    const tail = newTail();
    assert.is(scanTail(viewOf(packet), packet.length, tail), undefined);
    const incoming = to.dance.receive(packet, tail, to.at(this.now));
    for (const work of incoming.work) {
      const proof = answerChallenge(work.key, work.challenge, random);
      to.dance.queueAnswer(work.finish(proof.ok ? proof.answer : undefined, to.at(this.now)).field);
    }
    for (const check of incoming.checks)
      to.dance.settleIdentity(check, checkAnswer(check.question, check.answer));
    to.reports.push(...incoming.reports.map(({ text }) => text));
    if (incoming.isTime) to.time += 1;
    return incoming;
  }
  run(rounds: number): this {
    for (let i = 0; i < rounds; i += 1) {
      this.now += 2;
      this.send(this.a, this.b);
      this.now += 1;
      this.send(this.b, this.a);
    }
    return this;
  }
  get flags(): readonly number[] {
    return [this.a, this.b].map(({ dance }) => dance.flags & FULL_DANCE);
  }
}

const pair = (one: DanceEnd, two: DanceEnd, ident?: string): Pair =>
  new Pair(new Side(one, 1, 2, ident), new Side(two, 2, 1, ident));
const host = (name: string, trusted = true): DanceEnd => freshEnd({ name, trusted });
const FULL = [FULL_DANCE, FULL_DANCE];

for (const [what, make] of [
  ['tc', () => pair(host('peer1'), host('peer2'))],
  ['gq', () => pair(gqEnd('peer1'), gqEnd('peer2'), 'grp')],
] as const)
  test(`${what}: both ends dance to the end and take each other's time`, () => {
    const both = make().run(12);
    assert.equal(both.flags, FULL);
    assert.ok(both.a.time > 0 && both.b.time > 0, `${both.a.time} ${both.b.time}`);
    assert.is(both.a.dance.partner.cookie, both.b.dance.partner.cookie);
    const before = [both.a.time, both.b.time];
    both.run(120);
    assert.ok(both.a.time - (before[0] ?? 0) > 110, 'lists end and are pushed anew');
    assert.equal(both.a.reports, []);
  });

test('one trusted host among peers is enough', () => {
  const both = pair(gqEnd('peer1'), gqEnd('peer2', false), 'grp').run(16);
  assert.equal(both.flags, FULL);
  assert.ok(both.a.time > 0 && both.b.time > 0);
});

test('one clock among two: the other takes its time before the cookie, then dances to the end', () => {
  const both = pair(host('peer1'), host('peer2'));
  both.b.isSynchronised = false;
  both.run(10);
  assert.ok(both.b.time > 0);
  assert.is(both.a.time, 0);
  both.b.isSynchronised = true;
  both.run(16);
  assert.equal(both.flags, FULL);
});

for (const [what, pause] of [
  ['after a while', 30],
  ['at once', 1],
] as const)
  test(`a peer that began anew ${what} is danced with anew`, () => {
    const both = pair(host('peer1'), host('peer2')).run(12);
    assert.equal(both.flags, FULL);
    const fresh = new Pair(new Side(both.a.end, 1, 3, undefined), both.b);
    Object.defineProperty(fresh.a, 'dance', {
      value: new SymmetricDance({
        ...{
          host: both.a.end.host,
          values: both.a.end.values,
          certificates: both.a.end.certificates,
          random,
        },
        ...{ own: Uint8Array.of(10, 9, 0, 1), peer: Uint8Array.of(10, 9, 0, 2) },
        ...{ associationId: 77, ident: undefined, compat: false, automax: 12 },
      }),
    });
    fresh.now = both.now + pause;
    const had = fresh.b.time;
    fresh.run(24);
    assert.equal(fresh.flags, FULL);
    assert.ok(fresh.a.time > 0 && fresh.b.time > had, `${fresh.a.time} ${fresh.b.time - had}`);
    assert.is(fresh.a.dance.partner.cookie, fresh.b.dance.partner.cookie);
  });

test('SIGN that the peer never answers keeps no time away', () => {
  const both = pair(host('peer1'), host('peer2'));
  const { dance } = both.b;
  const queue = dance.queueAnswer.bind(dance);
  dance.queueAnswer = (field) => {
    if (viewOf(field).getUint16(0) !== 0x8206) queue(field);
  };
  both.run(40);
  assert.is((both.flags[0] ?? 0) & 0x2000, 0);
  assert.ok(both.a.time > 15 && both.b.time > 15, `${both.a.time} ${both.b.time}`);
});

test('a packet that comes again, or with another MAC, does nothing', () => {
  const both = pair(host('peer1'), host('peer2')).run(14);
  const tail = newTail();
  const packet = new Uint8Array(68);
  packet[0] = 0x21;
  viewOf(packet).setUint32(48, 123_456);
  assert.is(scanTail(viewOf(packet), packet.length, tail), undefined);
  assert.not(both.a.dance.receive(packet, tail, both.a.at(both.now)).isAuthentic);
  assert.equal(both.flags, FULL);
});

test.run();
