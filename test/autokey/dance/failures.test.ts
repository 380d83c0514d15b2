/**
 * What goes wrong in a dance, and what comes of it: wrong groups, expired certificates, what is replayed, reordered, cut off
 * or forged, loops, restarts and changed cookies. After each the client has used no time that was not proven.
 */
import { randomBytes } from 'node:crypto';
import { rotateCookieSecret } from '../../../src/autokey/cookie.js';
import { FLAG, FULL_DANCE } from '../../../src/autokey/flags.js';
import type {
  IdentityKey,
  IdentityParameters,
  IdentityScheme,
} from '../../../src/autokey/identity/scheme.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import type { DanceEnd, EndWish } from '../../support/autokey-dance.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { Link } from '../../support/autokey-exchange.js';
import { makeCertificate, TEST_TIME, testKey } from '../../support/certificates.js';
import { assert, test } from '../../support/suite.js';
import { gqKey } from '../identity/keys.js';

const [gq, other] = [gqKey(1024), gqKey(1024)];
const gqKeys = (key: typeof gq): ReadonlyMap<IdentityScheme, { value: IdentityKey; filestamp: number }> =>
  new Map([['gq', { value: { scheme: 'gq', key }, filestamp: TEST_TIME }]]);
const gqParameters = (key: typeof gq, filestamp = TEST_TIME) =>
  new Map<string, { value: IdentityParameters; filestamp: number }>([
    ['gq peer1', { value: { scheme: 'gq', parameters: { n: key.n, b: key.b } }, filestamp }],
  ]);
const server = (wish: Partial<EndWish> = {}): DanceEnd => freshEnd({ name: 'peer1', trusted: true, ...wish });
const gqServer = (wish: Partial<EndWish> = {}): DanceEnd =>
  server({ identityKeys: gqKeys(gq), gqValue: toFixedBytes(gq.v, 128), ...wish });
const client = (wish: Partial<EndWish> = {}): DanceEnd => freshEnd({ name: 'peer2', ...wish });
const isProven = (link: Link): boolean => link.client.isProven;

function danced(link: Link): Link {
  link.dance();
  link.synchronise();
  assert.is(link.dance().kind, 'time');
  assert.is(link.client.flags & FULL_DANCE, FULL_DANCE);
  return link;
}

test('wrong group parameters: refused at each poll, code 10e, flags stop before VRFY', () => {
  const link = new Link(client({ parameters: gqParameters(other) }), gqServer(), { ident: 'peer1' });
  for (let i = 0; i < 5; i += 1) assert.is(link.dance().kind, 'refused');
  assert.is(link.client.flags & FULL_DANCE, 0x1100);
  assert.not(isProven(link));
});

test('parameters older than the key verify, newer ones are refused with code 103', () => {
  const link = new Link(client({ parameters: gqParameters(gq, TEST_TIME + 1) }), gqServer(), {
    ident: 'peer1',
  });
  assert.is(link.dance().kind, 'refused');
  assert.match(link.lines.at(-1) ?? '', / 4711 103 bad_filestamp$/);
  const older = new Link(client({ parameters: gqParameters(gq, TEST_TIME - 1) }), gqServer(), {
    ident: 'peer1',
  });
  assert.is(older.dance().kind, 'time');
});

test('no parameters of the group: reported at each poll, no error is provoked, no flood', () => {
  const link = new Link(client(), gqServer(), { ident: 'peer1' });
  assert.is(link.dance().kind, 'waiting');
  assert.is(link.dance().kind, 'waiting');
  assert.ok(link.packets <= 4);
  assert.match(link.reports[0]?.text ?? '', /no identity parameters found for group peer1/);
  assert.not(isProven(link));
});

test('an identity scheme that was asked for cannot be talked away', () => {
  const link = new Link(client({ parameters: gqParameters(gq) }), server(), { ident: 'peer1' });
  assert.is(link.dance().kind, 'waiting');
  assert.match(link.reports[0]?.text ?? '', /offers no identity scheme/);
  assert.not(isProven(link));
});

test('an expired certificate of the server is refused by a client that knows the time, and drops one that did not', () => {
  const expired = server({ notAfter: TEST_TIME + 50 });
  const link = new Link(client(), expired);
  assert.is(link.dance().kind, 'time', 'nobody can tell before the clock is set');
  link.synchronise();
  const outcome = link.dance();
  assert.is(outcome.kind, 'refused');
  assert.is(link.reports[0]?.fault, 'certificate-expired');
  assert.not(isProven(link));
});

test('our own expired certificate is not sent to be signed, and time flows on', () => {
  const link = new Link(client({ notAfter: TEST_TIME + 50 }), server());
  link.dance();
  link.synchronise();
  assert.is(link.dance().kind, 'time');
  assert.is(link.client.flags & FULL_DANCE, 0x5f00, 'leap values all the same');
  assert.ok(link.lines.some((line) => / 10a host_certificate_expired$/.test(line)));
  assert.is(link.reports.length, 1);
  for (let i = 0; i < 3; i += 1) assert.is(link.step().kind, 'time');
  assert.is(link.reports.length, 1);
});

test('a server whose certificate expires later refuses to sign (10a), and time flows on', () => {
  const link = new Link(client(), server({ notAfter: TEST_TIME + 500 }));
  link.dance();
  link.synchronise();
  link.serverTime = { ...link.serverTime, now: TEST_TIME + 600 };
  assert.is(link.step().kind, 'refused');
  assert.match(link.lines.at(-1) ?? '', /^c2060008 4711 10f protocol_error$/);
  assert.is(link.step().kind, 'advanced', 'leap values all the same');
  assert.is(link.step().kind, 'time');
});

test('what is replayed, comes twice or late does nothing', () => {
  const link = new Link(client(), server());
  const answers: Uint8Array[] = [];
  link.tamper = (answer) => {
    answers.push(answer);
    return answer;
  };
  link.dance();
  const flags = link.client.flags;
  link.ask();
  for (const answer of answers) assert.is(link.receive(answer).kind, 'ignored');
  assert.is(link.client.flags, flags);
});

test('answers in another order than the questions are not taken', () => {
  const link = new Link(client(), server());
  link.step();
  const first = link.ask().bytes;
  const second = link.ask().bytes;
  const [late, inTime] = [link.answer(first), link.answer(second)];
  if (late === undefined || inTime === undefined) throw new Error('no answer');
  assert.is(link.receive(late).kind, 'ignored');
  assert.is(link.receive(inTime).kind, 'advanced');
  assert.is(link.receive(inTime).kind, 'ignored');
});

test('each bit of each answer counts: one that is flipped advances nothing', () => {
  const link = new Link(client(), server());
  for (let step = 0; step < 3; step += 1) {
    const flags = link.client.flags;
    for (let trial = 0; trial < 40; trial += 1) {
      const answer = link.answer(link.ask().bytes);
      if (answer === undefined) throw new Error('no answer');
      const at = Math.floor((trial * answer.length * 8) / 40);
      // the header is protected by the MAC like the rest; mode and version are the responder's to judge
      const index = Math.max(48 * 8, at);
      answer[index >> 3] = (answer[index >> 3] ?? 0) ^ (1 << (index & 7));
      try {
        assert.is(link.receive(answer).kind, 'ignored');
      } catch (error) {
        if (!(error instanceof Error) || !/bad-length|bad-mac-length/.test(error.message)) throw error;
      }
    }
    assert.is(link.client.flags, flags);
    assert.is(link.step().kind, 'advanced');
  }
});

test('whoever makes the MAC of packets with fields, as anybody can, cannot make a signature or a certificate', () => {
  const link = new Link(client(), server());
  const forger = server({ keyName: 'forger' });
  forger.values.update(link.serverTime.now);
  const real = link.server;
  link.step();
  link.step();
  link.server = forger;
  assert.is(link.step().kind, 'refused', 'a cookie signed by another key');
  assert.match(link.lines.at(-1) ?? '', / 108 signature_not_verified$/);
  assert.not(isProven(link));
  link.server = real;
  assert.is(link.dance().kind, 'time');
});

test('a server that was keyed anew in the midst of a dance: begun anew after three refusals', () => {
  const link = new Link(client(), server());
  link.step();
  link.step();
  link.server = server({ keyName: 'peer1 anew' });
  link.server.values.update(link.serverTime.now);
  const kinds = [link.step().kind, link.step().kind, link.step().kind];
  assert.equal(kinds, ['refused', 'refused', 'restarted']);
  assert.is(link.dance().kind, 'time');
});

test('a server with another secret answers a NAK; the client dances anew and has time again in five packets', () => {
  const link = danced(new Link(client({ parameters: gqParameters(gq) }), gqServer(), { ident: 'peer1' }));
  link.secrets = { ...link.secrets, current: randomBytes(32) };
  link.wait(64);
  const nak = link.step();
  assert.is(nak.kind, 'restarted');
  assert.ok(nak.kind === 'restarted' && nak.mayAskNow);
  assert.not(isProven(link));
  const before = link.packets;
  link.dance();
  assert.ok(isProven(link));
  assert.ok(link.packets - before <= 7);
});

test('a secret that was rotated is no trouble to who has the old cookie', () => {
  const link = danced(new Link(client(), server()));
  link.secrets = rotateCookieSecret(link.secrets, randomBytes(32), link.serverTime.now);
  assert.is(link.step().kind, 'time');
  link.wait(2 ** 20 + 1);
  const outcome = link.dance();
  assert.is(outcome.kind, 'time', 'refreshed long before');
});

test('a server that began anew with its keys and secret kept: nothing to be done', () => {
  const link = danced(new Link(client(), server()));
  link.server = server();
  link.server.values.update(link.serverTime.now);
  assert.is(link.step().kind, 'time');
});

test('NAKs without end: one prompt restart in eight seconds, else the poll is waited for', () => {
  const link = danced(new Link(client(), server()));
  let prompt = 0;
  for (let i = 0; i < 10; i += 1) {
    link.ask();
    const nak = new Uint8Array(52);
    nak[0] = 0x24;
    const incoming = link.receive(nak);
    if (incoming.kind === 'restarted' && incoming.mayAskNow) prompt += 1;
  }
  assert.is(prompt, 1);
});

test('a refresh after 2^19 s finds new keys of the server', () => {
  const link = danced(new Link(client(), server()));
  link.server = server({ keyName: 'peer1 anew' });
  link.wait(2 ** 19 + 1);
  link.server.values.update(link.serverTime.now);
  assert.is(link.dance().kind, 'time', 'time first');
  assert.is(link.dance().kind, 'time');
  assert.is(link.client.flags & FULL_DANCE, FULL_DANCE);
});

test('SIGN that is never answered keeps no time away', () => {
  const link = new Link(client(), server());
  link.dance();
  link.synchronise();
  assert.is(link.ask().question, 'sign');
  assert.is(link.ask().question, undefined);
  assert.is(link.step().kind, 'time');
  link.wait(100);
  assert.is(link.ask().question, 'sign');
});

test('two hosts of one name are told so', () => {
  const link = new Link(client({ name: 'peer1' }), server());
  const outcome = link.dance();
  assert.ok(outcome.kind === 'refused' && /our own name/.test(outcome.report.text));
});

test('hosts of different groups refuse each other', () => {
  const link = new Link(client({ name: 'peer2@grp1' }), server({ name: 'peer1@grp2' }));
  const outcome = link.dance();
  assert.ok(outcome.kind === 'refused' && outcome.report.fault === 'identity-type');
  assert.is(link.client.flags, 0);
});

test('flags of progress in a status word are passed over', () => {
  const link = new Link(client(), server());
  Object.defineProperty(link.server.values, 'flags', { get: () => 0x29c_7f43 });
  assert.is(link.step().kind, 'advanced');
  assert.is(link.client.flags & FULL_DANCE, FLAG.autokey);
});

test('certificates that lead in a circle end in a refusal', () => {
  const [one, two] = [testKey('one').key, testKey('two').key];
  const link = new Link(client(), server());
  const { certificates } = link.server;
  const circle = [
    makeCertificate({
      subject: 'peer1',
      issuer: 'peer9',
      publicDer: one.publicDer,
      signedBy: two,
      usages: [],
    }),
    makeCertificate({
      subject: 'peer9',
      issuer: 'peer1',
      publicDer: two.publicDer,
      signedBy: one,
      usages: [],
    }),
  ];
  certificates.serve = (name) => {
    const value = circle.find(({ subject }) => subject === name);
    return value === undefined ? undefined : { value, filestamp: TEST_TIME };
  };
  const outcome = link.dance(50);
  assert.is(outcome.kind, 'refused');
  assert.ok(link.packets < 6);
});

test('a host key below the minimum is refused with the words that would allow it', () => {
  const link = new Link(
    client({ keyName: 'short' }),
    server({ policy: { ...server().host.policy, minimumBits: 2048 } }),
  );
  const incoming = [link.step(), link.step(), link.step()].at(-1);
  assert.is(incoming?.kind, 'restarted');
  assert.not(isProven(link));
});

test.run();
