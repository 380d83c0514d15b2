import {
  decodeMvProof,
  decodeProofPair,
  encodeMvProof,
  encodeProofPair,
} from '../../../src/autokey/identity/der.js';
import { answerGq, checkGq } from '../../../src/autokey/identity/gq.js';
import { hashOfNumber } from '../../../src/autokey/identity/hash.js';
import { checkIff, refuseIffGroup } from '../../../src/autokey/identity/iff.js';
import { checkMv } from '../../../src/autokey/identity/mv.js';
import {
  answerChallenge,
  checkAnswer,
  type IdentityKey,
  type IdentityParameters,
  makeChallenge,
} from '../../../src/autokey/identity/scheme.js';
import { power } from '../../../src/autokey/powers/integers.js';
import { systemRandom } from '../../../src/daemon/system-random.js';
import { assert, test } from '../../support/suite.js';
import { gqKey, iffKey, mvKeys } from './keys.js';

const gq = gqKey();
const iff = iffKey();
const mv = mvKeys();

const pairs: readonly {
  readonly held: IdentityParameters;
  readonly key: IdentityKey;
  readonly v?: bigint;
}[] = [
  { held: { scheme: 'gq', parameters: gq }, key: { scheme: 'gq', key: gq }, v: gq.v },
  { held: { scheme: 'iff', parameters: iff }, key: { scheme: 'iff', key: iff } },
  { held: { scheme: 'mv', parameters: mv.client }, key: { scheme: 'mv', key: mv.server } },
];

for (const { held, key, v } of pairs) {
  const { scheme } = held;

  test(`${scheme}: an answer proves what it should, and only for its challenge`, () => {
    const challenge = makeChallenge(held, systemRandom);
    const answered = answerChallenge(key, challenge, systemRandom);
    if (!answered.ok) throw new Error(answered.refusal);
    const check = (c: Uint8Array, answer: Uint8Array) =>
      checkAnswer({ held, challenge: c, publicValue: v }, answer);
    assert.equal(check(challenge, answered.answer), { ok: true, equation: 'textbook' });
    const other = makeChallenge(held, systemRandom);
    assert.equal(check(other, answered.answer), { ok: false, refusal: 'not-proved' });
  });

  test(`${scheme}: an answer is never the same twice`, () => {
    const challenge = makeChallenge(held, systemRandom);
    const texts = [1, 2, 3].map(() => {
      const answered = answerChallenge(key, challenge, systemRandom);
      return answered.ok ? Buffer.from(answered.answer).toString('hex') : 'refused';
    });
    assert.is(new Set(texts).size, 3);
  });

  test(`${scheme}: a challenge has no leading zero byte and keeps below its limit`, () => {
    for (let i = 0; i < 50; i += 1) assert.ok((makeChallenge(held, systemRandom)[0] ?? 0) > 0);
  });

  test(`${scheme}: an empty, zero or overlong challenge is not answered`, () => {
    const refusal = (bytes: Uint8Array) => {
      const answered = answerChallenge(key, bytes, systemRandom);
      return answered.ok ? 'answered' : answered.refusal;
    };
    assert.is(refusal(new Uint8Array(0)), 'challenge-size');
    assert.is(refusal(new Uint8Array(8)), 'challenge-range');
    assert.is(refusal(new Uint8Array(2048).fill(1)), 'challenge-size');
  });
}

test('gq: the answer that proves nothing (y = 1, hash = H(v^r)) is refused, and so are its kin', () => {
  const r = 0x1234567n;
  const of = (y: bigint, hash: bigint) => checkGq({ parameters: gq, v: gq.v, r, compat: true }, { y, hash });
  const hash = hashOfNumber(power(gq.v, r, gq.n));
  for (const y of [0n, 1n, gq.n - 1n, gq.n, gq.n + 1n]) {
    assert.equal(of(y, hash), { ok: false, refusal: 'answer-range' });
  }
  assert.equal(of(1n, hashOfNumber(gq.n - power(gq.v, r, gq.n))), { ok: false, refusal: 'answer-range' });
  assert.equal(of(gq.factor * 2n, hash), { ok: false, refusal: 'answer-shares-factor' });
});

test('gq: a public value of 0, 1, -1, beyond n, or with a factor of n is refused', () => {
  const proof = answerGq(gq, 99n, 12345n);
  for (const v of [0n, 1n, gq.n - 1n, gq.n, gq.v + gq.n, gq.factor]) {
    assert.equal(checkGq({ parameters: gq, v, r: 99n }, proof), { ok: false, refusal: 'public-value-range' });
  }
});

test('gq: a 16-kbit modulus, an even one, and an exponent of 1 are refused before any power', () => {
  const refusal = (n: bigint, b: bigint) => {
    const verdict = checkGq({ parameters: { n, b }, v: 3n, r: 1n << 16_000n }, { y: 5n, hash: 1n });
    return verdict.ok ? 'proved' : verdict.refusal;
  };
  const started = performance.now();
  assert.is(refusal((1n << 16_384n) + 1n, gq.b), 'modulus-size');
  assert.is(refusal(255n, gq.b), 'modulus-size');
  assert.is(refusal(gq.n + 1n, gq.b), 'modulus-even');
  assert.is(refusal(gq.n, 1n), 'exponent-size');
  assert.is(refusal(gq.n, 0n), 'exponent-size');
  assert.is(refusal(gq.n, gq.n * 4n), 'exponent-size');
  assert.ok(performance.now() - started < 100);
});

test('gq: what a 4.2.8p15 with stock files answers is accepted with compat alone', () => {
  const [r, k] = [0xabcdefn, 0x123456789n];
  const proof = { y: (k * power(gq.b, r, gq.n)) % gq.n, hash: hashOfNumber(k) };
  const question = { parameters: gq, v: gq.v, r };
  assert.equal(checkGq(question, proof), { ok: false, refusal: 'not-proved' });
  assert.equal(checkGq({ ...question, compat: true }, proof), { ok: true, equation: 'ntpd-4.2.8p15' });
});

test('gq: without b the equation of 4.2.8p15 does not come about by k = 1 either', () => {
  const r = 0xabcdefn;
  const y = power(gq.b, r, gq.n);
  const verdict = checkGq({ parameters: gq, v: gq.v, r, compat: true }, { y, hash: hashOfNumber(1n) });
  assert.equal(verdict, { ok: false, refusal: 'not-proved' });
});

test('iff: y = 0 or beyond q, and a public value of small order, are refused', () => {
  const r = 77n;
  const hash = hashOfNumber(power(iff.v, r, iff.p));
  for (const y of [0n, iff.q, iff.q + 1n])
    assert.equal(checkIff(iff, r, { y, hash }), { ok: false, refusal: 'answer-range' });
  for (const v of [0n, 1n, iff.p - 1n, iff.p])
    assert.equal(checkIff({ ...iff, v }, r, { y: 5n, hash }), { ok: false, refusal: 'public-value-range' });
  for (const g of [0n, 1n, iff.p - 1n])
    assert.equal(checkIff({ ...iff, g }, r, { y: 5n, hash }), { ok: false, refusal: 'generator-range' });
});

test('iff: parameters whose numbers do not form a group are found at loading', () => {
  assert.is(refuseIffGroup(iff), undefined);
  assert.is(refuseIffGroup({ ...iff, g: iff.g + 1n }), 'generator-range');
  assert.is(refuseIffGroup({ ...iff, v: iff.v + 1n }), 'public-value-range');
  assert.is(refuseIffGroup({ ...iff, q: iff.q + 2n }), 'exponent-range');
});

test('mv: the challenge sent back beside ones is refused', () => {
  const r = 4711n;
  const { p } = mv.client;
  for (const answer of [
    { p: r, q: 1n, g: 1n },
    { p: p - r, q: p - 1n, g: 1n },
    { p: r, q: p - 1n, g: p - 1n },
    { p: r, q: 2n, g: 3n },
    { p: 0n, q: 2n, g: 3n },
  ])
    assert.equal(checkMv(mv.client, r, answer), { ok: false, refusal: 'answer-range' });
});

test('answers survive the wire', () => {
  const pair = { y: 0x80n << 1000n, hash: 0n };
  assert.equal(decodeProofPair(encodeProofPair(pair)), { ok: true, value: pair });
  const three = { p: 0x7fn, q: 0x80n, g: 1n << 4095n };
  assert.equal(decodeMvProof(encodeMvProof(three)), { ok: true, value: three });
});

test.run();
