/** Symmetric dances in memory, both ends asking and answering: schemes, one trusted host, one clock, lists, restarts. */
import { OID_PRIVATE } from '../../../src/autokey/certificate/parse.js';
import { FLAG, FULL_DANCE } from '../../../src/autokey/flags.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { AUTOKEY_OPERATION } from '../../../src/wire/autokey-field.js';
import { newTail, scanTail } from '../../../src/wire/mac-trailer.js';
import { viewOf } from '../../support/autokey-case.js';
import { type DanceEnd, freshEnd } from '../../support/autokey-dance.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';
import { MisledSide, operationsIn, P15Side, Pair, Side } from '../../support/symmetric-pair.js';
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

const pair = (one: DanceEnd, two: DanceEnd, ident?: string): Pair =>
  new Pair(new Side(one, { own: 1, peer: 2, ident }), new Side(two, { own: 2, peer: 1, ident }));
const host = (name: string, trusted = true): DanceEnd => freshEnd({ name, trusted });
const FULL = [FULL_DANCE, FULL_DANCE];
const TEXTBOOK = ['textbook', 'textbook'];

for (const [what, make] of [
  ['tc', () => pair(host('peer1'), host('peer2'))],
  ['gq', () => pair(gqEnd('peer1'), gqEnd('peer2'), 'grp')],
  [
    'gq over IPv6',
    () =>
      new Pair(
        new Side(gqEnd('peer1'), { own: 1, peer: 2, ident: 'grp', isIpv6: true }),
        new Side(gqEnd('peer2'), { own: 2, peer: 1, ident: 'grp', isIpv6: true }),
      ),
  ],
] as const)
  test(`${what}: both ends dance to the end by the textbook and take each other's time`, () => {
    const both = make().run(40);
    assert.equal(both.flags, FULL);
    assert.equal(both.styles, TEXTBOOK);
    assert.ok(both.a.time > 0 && both.b.time > 0, `${both.a.time} ${both.b.time}`);
    assert.is(both.a.dance.partner.cookie, both.b.dance.partner.cookie);
    const before = [both.a.time, both.b.time];
    both.run(960);
    assert.ok(both.a.time - (before[0] ?? 0) > 110, `lists end and are pushed anew: ${both.a.time}`);
    assert.equal(both.a.reports, []);
  });

for (const [what, one, two, ident] of [
  ['tc', host('peer1'), host('peer2'), undefined],
  ['gq', gqEnd('peer1'), gqEnd('peer2'), 'grp'],
] as const)
  test(`${what} with a peer that wants its own key IDs back: both dance to the end, and time flows both ways`, () => {
    const p15 = new P15Side(two, { own: 2, peer: 1, ident });
    const both = new Pair(new Side(one, { own: 1, peer: 2, ident }), p15).run(60);
    assert.equal(both.flags, FULL, both.styles.join(' '));
    assert.is(both.a.dance.style, 'mirror');
    const [usable, time, dropped] = [p15.usable, both.a.time, p15.dropped];
    both.run(800);
    assert.ok(both.a.time - time > 80, `its time: ${both.a.time - time}`);
    assert.ok(p15.usable - usable > 80, `our time: ${p15.usable - usable}`);
    assert.ok(p15.dropped - dropped < 5, `tried in vain: ${p15.dropped - dropped}`);
    assert.equal(p15.reports, []);
  });

test('losses do not make a textbook peer one that wants its IDs back, not for long', () => {
  const both = pair(host('peer1'), host('peer2'));
  let n = 0;
  both.isLost = () => {
    n += 1;
    return n % 3 === 0 && both.now < TEST_TIME + 200;
  };
  both.run(260);
  assert.equal(both.flags, FULL);
  assert.equal(both.styles, TEXTBOOK);
  const before = both.a.time;
  both.run(160);
  assert.ok(both.a.time - before > 15, `${both.a.time - before}`);
});

for (const clock of ['both have a clock', 'one has a clock'])
  test(`two that each take the other for one that wants its IDs back find out, ${clock}`, () => {
    const both = new Pair(
      new MisledSide(gqEnd('peer1'), { own: 1, peer: 2, ident: 'grp' }),
      new MisledSide(gqEnd('peer2', false), { own: 2, peer: 1, ident: 'grp' }),
    );
    assert.equal(both.styles, ['mirror', 'mirror']);
    both.b.isSynchronised = clock === 'both have a clock';
    for (let i = 0; i < 60; i += 1) {
      both.run(1);
      if (both.b.time > 3) both.b.isSynchronised = true;
    }
    assert.equal(both.styles, TEXTBOOK);
    assert.equal(both.flags, FULL);
    assert.ok(both.a.time > 0 && both.b.time > 0, `${both.a.time} ${both.b.time}`);
  });

test('one that takes its peer for one that wants its IDs back, though the peer waits for its list, finds out', () => {
  const misled = new MisledSide(gqEnd('peer1'), { own: 1, peer: 2, ident: 'grp' });
  const both = new Pair(misled, new Side(gqEnd('peer2', false), { own: 2, peer: 1, ident: 'grp' }));
  both.b.isSynchronised = false;
  for (let i = 0; i < 150; i += 1) {
    both.run(1);
    if (both.b.time > 3) both.b.isSynchronised = true;
  }
  assert.equal(both.styles, TEXTBOOK);
  assert.equal(both.flags, FULL);
});

test('a peer that has its cookie long before us is not told to begin anew, one from before we began anew is', () => {
  const strange: string[] = [];
  const both = pair(gqEnd('peer1'), gqEnd('peer2', false), 'grp');
  for (const side of [both.a, both.b]) {
    const receive = side.receive.bind(side);
    side.receive = (packet, now) => {
      const incoming = receive(packet, now);
      if (incoming.isStrange) strange.push(`${side.options.own} ${incoming.wantsAnswer}`);
      return incoming;
    };
  }
  // Nobody signs the second one's certificate, so that the first has no trail of it, and asks in vain.
  const { cert, sign } = AUTOKEY_OPERATION;
  both.isLost = (packet, from) => {
    const operations = operationsIn(packet);
    return from === both.b
      ? operations.includes(sign)
      : both.now > TEST_TIME + 114 && `${operations}` === `${cert}`;
  };
  both.run(79);
  assert.ok(both.b.dance.partner.has(FLAG.cookie) && !both.a.dance.partner.has(FLAG.cookie));
  both.isLost = () => false;
  assert.equal(strange, []);
  both.run(60);
  assert.equal(both.flags, FULL);
  both.a.begin();
  both.send(both.b, both.a);
  assert.equal(strange, ['1 true']);
});

test('autokey values that nobody could sign, of a 4.2.8p15 without time, are waited out and begin nothing anew', () => {
  const { partner } = pair(host('peer1'), host('peer2')).a.dance;
  const nothing = new Uint8Array();
  const values = { timestamp: 0, filestamp: 0, value: new Uint8Array(8), signature: nothing };
  assert.is(partner.acceptAutokey(values).kind, 'waiting');
  assert.is(partner.acceptAutokey({ ...values, timestamp: TEST_TIME }).kind, 'refused');
});

test('one trusted host among peers is enough', () => {
  const both = pair(gqEnd('peer1'), gqEnd('peer2', false), 'grp').run(60);
  assert.equal(both.flags, FULL);
  assert.ok(both.a.time > 0 && both.b.time > 0);
});

for (const isP15 of [false, true])
  test(`one clock among two${isP15 ? ', at the one that wants its IDs back' : ''}: the other takes its time before the cookie, then dances to the end`, () => {
    const one = new (isP15 ? P15Side : Side)(host('peer1'), { own: 1, peer: 2 });
    const both = new Pair(one, new Side(host('peer2'), { own: 2, peer: 1 }));
    both.b.isSynchronised = false;
    both.run(60);
    assert.ok(both.b.time > 0);
    assert.is(both.a.time, 0);
    both.b.isSynchronised = true;
    both.run(80);
    assert.equal(both.flags, FULL);
  });

test('pc: while our clock is not set no empty answer hides our question from a 4.2.8p15, which reads nothing behind it', () => {
  const shared = () => freshEnd({ name: 'peer1', usages: [OID_PRIVATE] });
  const one = new P15Side(shared(), { own: 1, peer: 2 });
  const both = new Pair(one, new Side(shared(), { own: 2, peer: 1 }));
  both.b.isSynchronised = false;
  // The other end is the first to ask for a key list.
  [both.b.dueAt, both.a.dueAt] = [both.now, both.now + 3];
  const { autokey } = AUTOKEY_OPERATION;
  const ofBoth: string[] = [];
  both.isLost = (packet, from) => {
    const operations = operationsIn(packet);
    if (from === both.b && operations.filter((operation) => operation === autokey).length > 1)
      ofBoth.push(operations.join());
    return false;
  };
  both.run(60);
  assert.equal(ofBoth, []);
  assert.ok(both.b.time > 0);
});

for (const [what, pause] of [
  ['after a while', 30],
  ['at once', 1],
] as const)
  test(`a peer that began anew ${what} is danced with anew`, () => {
    const both = pair(host('peer1'), host('peer2')).run(40);
    assert.equal(both.flags, FULL);
    both.a.begin(77);
    both.now += pause;
    const had = both.b.time;
    both.a.time = 0;
    both.run(90);
    assert.equal(both.flags, FULL);
    assert.ok(both.a.time > 0 && both.b.time > had, `${both.a.time} ${both.b.time - had}`);
    assert.is(both.a.dance.partner.cookie, both.b.dance.partner.cookie);
  });

test('a clock that is set back moves no deadline: a peer that began anew then is danced with anew as soon', () => {
  const both = pair(host('peer1'), host('peer2')).run(200);
  assert.equal(both.flags, FULL);
  both.b.error = -150;
  both.a.begin(77);
  both.now += 20;
  both.run(40);
  assert.equal(both.flags, FULL);
  assert.is(both.a.dance.partner.cookie, both.b.dance.partner.cookie);
});

test('either may begin anew when the peer wants its IDs back', () => {
  const p15 = new P15Side(host('peer2'), { own: 2, peer: 1 });
  const both = new Pair(new Side(host('peer1'), { own: 1, peer: 2 }), p15).run(60);
  p15.begin(78);
  both.run(100);
  assert.equal(both.flags, FULL, 'the peer');
  both.a.begin(77);
  both.run(120);
  assert.equal(both.flags, FULL, 'we');
  const { usable } = p15;
  both.run(80);
  assert.ok(p15.usable > usable);
});

test('SIGN that the peer never answers keeps no time away', () => {
  const both = pair(host('peer1'), host('peer2'));
  const { dance } = both.b;
  const queue = dance.queueAnswer.bind(dance);
  dance.queueAnswer = (work, field) => {
    if (field === undefined || viewOf(field).getUint16(0) !== 0x8206) queue(work, field);
  };
  both.run(200);
  assert.is((both.flags[0] ?? 0) & 0x2000, 0);
  assert.ok(both.a.time > 15 && both.b.time > 15, `${both.a.time} ${both.b.time}`);
});

test('a packet that comes again, or with another MAC, does nothing', () => {
  const both = pair(host('peer1'), host('peer2')).run(40);
  const tail = newTail();
  const packet = new Uint8Array(68);
  packet[0] = 0x21;
  viewOf(packet).setUint32(48, 123_456);
  assert.is(scanTail(viewOf(packet), packet.length, tail), undefined);
  assert.not(both.a.dance.receive(packet, tail, both.a.at(both.now)).isAuthentic);
  const good = both.a.send(both.now + 1, true);
  assert.ok(both.b.receive(good, both.now + 1).isAuthentic);
  assert.not(both.b.receive(good, both.now + 2).isAuthentic);
  assert.equal(both.flags, FULL);
});

test.run();
