import fc from 'fast-check';
import { decodeProofPair, encodeMvProof, encodeProofPair } from '../../../src/autokey/identity/der.js';
import { answerGq } from '../../../src/autokey/identity/gq.js';
import { answerIff } from '../../../src/autokey/identity/iff.js';
import { answerMv } from '../../../src/autokey/identity/mv.js';
import {
  checkAnswer,
  type IdentityKey,
  type IdentityParameters,
  makeChallenge,
} from '../../../src/autokey/identity/scheme.js';
import { bigIntEngine } from '../../../src/autokey/powers/bigint-modular.js';
import { GqResponder } from '../../../src/autokey/powers/gq-responder.js';
import { IffResponder } from '../../../src/autokey/powers/iff-responder.js';
import { inverse, power, toFixedBytes, toInteger } from '../../../src/autokey/powers/integers.js';
import type { Modular, ModularEngine } from '../../../src/autokey/powers/modular.js';
import { MvResponder } from '../../../src/autokey/powers/mv-responder.js';
import { OneTimePool } from '../../../src/autokey/powers/one-time-pool.js';
import { drawInteger } from '../../../src/autokey/powers/random-number.js';
import type { IdentityResponder } from '../../../src/autokey/powers/responder.js';
import { openVerifier } from '../../../src/autokey/powers/verifier.js';
import { systemRandom } from '../../../src/daemon/system-random.js';
import type { Random } from '../../../src/ports/random.js';
import { Xorshift32 } from '../../../src/responder/xorshift.js';
import { assert, record, test } from '../../support/suite.js';
import { gqKey, iffKey, mvKeys } from '../identity/keys.js';
import { engines } from './engines.js';

const gq = gqKey();
const iff = iffKey();
const mv = mvKeys();
const BUDGET = { bytes: 60_000, poolEntries: 3 };

interface Scheme {
  readonly held: IdentityParameters;
  readonly v?: bigint;
  readonly key: IdentityKey;
  open(engine: ModularEngine, random?: Random, poolEntries?: number): IdentityResponder;
}
const schemes: readonly Scheme[] = [
  {
    held: { scheme: 'gq', parameters: gq },
    v: gq.v,
    key: { scheme: 'gq', key: gq },
    open: (engine, random = systemRandom, poolEntries = 3) =>
      new GqResponder({ key: gq, engine, random, budget: { ...BUDGET, poolEntries } }),
  },
  {
    held: { scheme: 'iff', parameters: iff },
    key: { scheme: 'iff', key: iff },
    open: (engine, random = systemRandom, poolEntries = 3) =>
      new IffResponder({ key: iff, engine, random, budget: { ...BUDGET, poolEntries } }),
  },
  {
    held: { scheme: 'mv', parameters: mv.client },
    key: { scheme: 'mv', key: mv.server },
    open: (engine, random = systemRandom, poolEntries = 3) =>
      new MvResponder({ key: mv.server, engine, random, budget: { ...BUDGET, poolEntries } }),
  },
];

/** The bytes of every draw, as they were handed out. */
function recorded(random: Random): Random & { readonly drawn: Uint8Array[] } {
  const drawn: Uint8Array[] = [];
  return {
    drawn,
    bytes(n) {
      const bytes = random.bytes(n);
      drawn.push(bytes);
      return bytes;
    },
    uniform: () => random.uniform(),
  };
}
const seeded = (seed: number): Random => {
  const generator = new Xorshift32(seed);
  return {
    bytes: (n) => Uint8Array.from({ length: n }, () => Math.floor(generator.uniform() * 256)),
    uniform: () => generator.uniform(),
  };
};
const answerOf = (responder: IdentityResponder, challenge: Uint8Array): Uint8Array => {
  const answered = responder.answer(challenge);
  if (!answered.ok) throw new Error(answered.refusal);
  return answered.answer;
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

for (const engine of engines()) {
  for (const { held, v, open } of schemes) {
    const name = `${engine.name} ${held.scheme}`;
    const check = (challenge: Uint8Array, answer: Uint8Array) =>
      checkAnswer({ held, challenge, publicValue: v }, answer).ok;

    test(`${name}: pooled and late answers verify, and each nonce is used once`, () => {
      const responder = open(engine);
      assert.is(responder.status.pool.fill, 0, 'empty after start');
      while (responder.refill());
      assert.is(responder.status.pool.fill, 3);
      const challenge = makeChallenge(held, systemRandom);
      const answers = new Set<string>();
      for (let i = 0; i < 6; i += 1) {
        const answer = answerOf(responder, challenge);
        assert.ok(check(challenge, answer));
        answers.add(hex(answer));
      }
      assert.is(answers.size, 6, 'a repeated request gets a new one');
      const { pool } = responder.status;
      assert.equal(pool, { fill: 0, capacity: 3, made: 3, taken: 6, late: 3 });
      responder.close();
    });

    test(`${name}: refused challenges cost no nonce`, () => {
      const responder = open(engine);
      responder.refill();
      for (const bad of [new Uint8Array(0), new Uint8Array(8), new Uint8Array(3000).fill(9)])
        assert.not(responder.answer(bad).ok);
      assert.is(responder.status.pool.fill, 1);
      responder.close();
    });

    test(`${name}: a longer or shorter challenge within the size is answered right`, () => {
      const responder = open(engine);
      const size = makeChallenge(held, systemRandom).length;
      for (const challenge of [Uint8Array.of(1), Uint8Array.of(0, 0, 7), new Uint8Array(size).fill(0x41)])
        assert.ok(check(challenge, answerOf(responder, challenge)));
      responder.close();
    });

    test(`${name}: the bytes a nonce is drawn from are overwritten`, () => {
      const random = recorded(systemRandom);
      const responder = open(engine, random);
      responder.refill();
      answerOf(responder, Uint8Array.of(5));
      answerOf(responder, Uint8Array.of(5));
      assert.ok(random.drawn.length >= 2);
      for (const bytes of random.drawn) assert.ok(bytes.every((byte) => byte === 0));
      responder.close();
    });

    test(`${name}: handles do not leak, and none is left after closing`, () => {
      const opened: Modular[] = [];
      const watched: ModularEngine = {
        name: engine.name,
        open(modulus) {
          const modular = engine.open(modulus);
          opened.push(modular);
          return modular;
        },
      };
      const responder = open(watched, systemRandom, 2);
      const live = () => opened.reduce((sum, modular) => sum + modular.live, 0);
      const before = live();
      for (let i = 0; i < 5; i += 1) answerOf(responder, Uint8Array.of(1 + i));
      assert.is(live(), before);
      responder.refill();
      assert.ok(live() > before);
      responder.close();
      assert.is(live(), 0);
    });

    test(`${name}: the verifier judges as the textbook does`, () => {
      const other = open(engine);
      const openedVerifier = openVerifier({ held, publicValue: v, engine });
      if (!openedVerifier.ok) throw new Error(openedVerifier.refusal);
      const { verifier } = openedVerifier;
      const challenges = [1, 2, 3].map(() => makeChallenge(held, systemRandom));
      for (const challenge of challenges.slice(1)) {
        assert.ok(verifier.roll(challenge));
        assert.not(verifier.roll(challenge), 'ready already');
      }
      assert.not(verifier.roll(new Uint8Array(1)), 'out of range');
      for (const challenge of challenges) {
        const answer = answerOf(other, challenge);
        assert.ok(verifier.check(challenge, answer).ok);
        assert.ok(verifier.check(challenge, answer).ok, 'also when what was ahead is used up');
        for (let i = 0; i < answer.length; i += 7) {
          const flipped = answer.slice();
          flipped[i] = (flipped[i] ?? 0) ^ 1;
          const expected = checkAnswer({ held, challenge, publicValue: v }, flipped);
          assert.equal(verifier.check(challenge, flipped), expected);
          assert.not(expected.ok);
        }
      }
      verifier.close();
      other.close();
    });
  }

  test(`${engine.name} gq: the verifier takes the equation of 4.2.8p15 with compat alone`, () => {
    const held = { scheme: 'gq', parameters: gq } as const;
    const opened = openVerifier({ held, publicValue: gq.v, engine });
    if (!opened.ok) throw new Error(opened.refusal);
    const challenge = makeChallenge(held, systemRandom);
    // What that daemon takes for u and b with stock files (autokey-reference.md §6.3).
    const stock = encodeProofPair(answerGq({ ...gq, u: gq.b, b: 1n }, toInteger(challenge), 123_456_789n));
    assert.equal(opened.verifier.check(challenge, stock), { ok: false, refusal: 'not-proved' });
    assert.equal(opened.verifier.check(challenge, stock, true), { ok: true, equation: 'ntpd-4.2.8p15' });
    opened.verifier.close();
  });

  test(`${engine.name}: hostile parameters open no verifier`, () => {
    const refusal = (n: bigint, b: bigint, publicValue: bigint | undefined) => {
      const held = { scheme: 'gq', parameters: { n, b } } as const;
      const opened = openVerifier({ held, publicValue, engine });
      return opened.ok ? 'opened' : opened.refusal;
    };
    assert.is(refusal((1n << 16_384n) + 1n, gq.b, gq.v), 'modulus-size');
    assert.is(refusal(gq.n, 1n, gq.v), 'exponent-size');
    for (const v of [undefined, 0n, 1n, gq.n - 1n, gq.factor])
      assert.is(refusal(gq.n, gq.b, v), 'public-value-range');
  });
}

test('both engines give the same answers from the same randomness, and they are the textbook’s', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      (seed, c) => {
        const challenge = c.every((byte) => byte === 0) ? Uint8Array.of(1) : c;
        const r = toInteger(challenge);
        for (const { open, key } of schemes) {
          const answers = engines().map((engine) => {
            const responder = open(engine, seeded(seed));
            const answer = answerOf(responder, challenge);
            responder.close();
            return hex(answer);
          });
          assert.is(new Set(answers).size, 1);
          const random = seeded(seed);
          const textbook =
            key.scheme === 'gq'
              ? encodeProofPair(answerGq(key.key, r, drawInteger(random, 2n, gq.n - 2n)))
              : key.scheme === 'iff'
                ? encodeProofPair(answerIff(key.key, r, drawInteger(random, 1n, iff.q - 1n)))
                : encodeMvProof(answerMv(key.key, r, drawInteger(random, 1n, mv.server.q - 1n)));
          assert.is(answers[0], hex(textbook));
        }
      },
    ),
    { numRuns: 12 },
  );
});

/** |z| of a count against its binomial expectation. */
const deviation = (count: number, trials: number, p: number): number =>
  Math.abs(count - trials * p) / Math.sqrt(trials * p * (1 - p));

test('k of IFF, computed back from answers, is spread evenly over [1, q-1], top and low bits alike', () => {
  const responder = new IffResponder({
    key: iff,
    engine: engines().at(-1) ?? bigIntEngine,
    random: systemRandom,
    budget: { bytes: 0, poolEntries: 0 },
  });
  const trials = 800;
  const eighths = new Array<number>(8).fill(0);
  let odd = 0;
  const seen = new Set<bigint>();
  for (let i = 0; i < trials; i += 1) {
    const proof = decodeProofPair(answerOf(responder, Uint8Array.of(1)));
    if (!proof.ok) throw new Error(proof.reason);
    const k = (((proof.value.y - iff.b) % iff.q) + iff.q) % iff.q;
    assert.ok(k > 0n);
    seen.add(k);
    const eighth = Number((8n * k) / iff.q);
    eighths[eighth] = (eighths[eighth] ?? 0) + 1;
    if (k % 2n === 1n) odd += 1;
  }
  responder.close();
  assert.is(seen.size, trials);
  const worst = Math.max(deviation(odd, trials, 0.5), ...eighths.map((n) => deviation(n, trials, 1 / 8)));
  record('iff-nonce-spread', { trials, worstDeviation: worst });
  // Nine tests beyond 5 standard deviations: about once in 200,000 runs.
  assert.ok(worst < 5, `${worst} standard deviations`);
});

test('k of GQ, computed back from answers, is spread evenly over [2, n-2]', () => {
  const responder = new GqResponder({
    key: gq,
    engine: engines().at(-1) ?? bigIntEngine,
    random: systemRandom,
    budget: { bytes: 60_000, poolEntries: 0 },
  });
  const back = inverse(power(gq.u, 3n, gq.n), gq.n) ?? 0n;
  const trials = 400;
  let high = 0;
  let odd = 0;
  for (let i = 0; i < trials; i += 1) {
    const proof = decodeProofPair(answerOf(responder, Uint8Array.of(3)));
    if (!proof.ok) throw new Error(proof.reason);
    const k = (proof.value.y * back) % gq.n;
    if (2n * k > gq.n) high += 1;
    if (k % 2n === 1n) odd += 1;
  }
  responder.close();
  assert.ok(Math.max(deviation(high, trials, 0.5), deviation(odd, trials, 0.5)) < 5);
});

test('draws keep to their range to its ends, and a broken generator is an error', () => {
  const seen = new Set<bigint>();
  for (let i = 0; i < 400; i += 1) seen.add(drawInteger(systemRandom, 3n, 9n));
  assert.equal(
    [...seen].sort((a, b) => Number(a - b)),
    [3n, 4n, 5n, 6n, 7n, 8n, 9n],
  );
  const stuck: Random = { bytes: (n) => toFixedBytes(0n, n), uniform: () => 0 };
  assert.throws(() => drawInteger(stuck, 2n, gq.n), /unusable numbers in a row/);
});

test('a pool wipes what it spent even when its use throws, and all at clear()', () => {
  const wiped: number[] = [];
  let next = 0;
  const pool = new OneTimePool(
    2,
    () => (next += 1),
    (entry) => void wiped.push(entry),
  );
  while (pool.refill());
  assert.throws(() =>
    pool.spend(() => {
      throw new Error('no');
    }),
  );
  assert.equal(wiped, [2]);
  pool.clear();
  assert.equal(wiped, [2, 1]);
  assert.is(pool.status.fill, 0);
});

test('a table and a full pool of 2048 bits keep within 2 MiB', () => {
  const key = gqKey(2048);
  for (const engine of engines()) {
    const responder = new GqResponder({
      key,
      engine,
      random: systemRandom,
      budget: { bytes: 2 * 1024 * 1024, poolEntries: 64 },
    });
    const { tableBytes, poolBytes } = responder.status;
    assert.ok(tableBytes > 0 && tableBytes + poolBytes <= 2 * 1024 * 1024);
    responder.close();
  }
});

test.run();
