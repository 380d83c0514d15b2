import {
  STABLE_SECONDS,
  type Trust,
  type TrustInput,
  UtcTrust,
} from '../../../src/source/refclock/utc-trust.js';
import { assert, test } from '../../support/suite.js';

const NS = 1_000_000_000n;
const START = 1_750_000_000n;

interface Told {
  readonly from: number;
  readonly to: number;
  /** what the receiver says minus the truth, s */
  readonly wrong?: number;
  readonly utcKnown?: boolean | undefined;
  readonly others?: boolean | undefined;
  readonly byMemory?: boolean;
}

function tell(trust: UtcTrust, { from, to, wrong = 0, utcKnown, others, byMemory = false }: Told): Trust {
  for (let t = from; t < to; t += 1) {
    const input: TrustInput = {
      labelNs: (START + BigInt(t + wrong)) * NS,
      monoNs: BigInt(t) * NS + 200_000_000n,
      utcKnown,
      othersAgree: others,
      byMemory,
    };
    trust.observe(input);
  }
  return trust.trust;
}

const why = (trust: Trust): string => (trust.trusted ? `trusted by ${trust.by}` : trust.why);

test('a receiver that says it knows UTC is believed at once', () => {
  assert.equal(tell(new UtcTrust(undefined), { from: 0, to: 1, utcKnown: true }), {
    trusted: true,
    by: 'receiver',
  });
});

test('messages that were read late at the start cost three seconds of doubt, not thirteen minutes', () => {
  const rules = new UtcTrust(undefined);
  // The first two came a second late, so the others seem to be ahead of them.
  tell(rules, { from: 0, to: 2, wrong: -1, utcKnown: true });
  assert.is(tell(rules, { from: 2, to: 4, utcKnown: true }).trusted, false);
  assert.equal(tell(rules, { from: 4, to: 5, utcKnown: true }), { trusted: true, by: 'receiver' });
  // Later the same is a disagreement.
  assert.is(tell(rules, { from: 5, to: 30, utcKnown: true }).trusted, true);
  assert.is(tell(rules, { from: 30, to: 60, wrong: 1, utcKnown: true }).trusted, false);
});

test('a first message that was read late costs nothing', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 1, wrong: -1, utcKnown: true });
  assert.equal(tell(rules, { from: 1, to: 2, utcKnown: true }), { trusted: true, by: 'receiver' });
  assert.is(tell(rules, { from: 2, to: 30, utcKnown: true }).trusted, true);
  // The line has stood since: leaving it is a disagreement.
  assert.is(tell(rules, { from: 30, to: 60, wrong: 1, utcKnown: true }).trusted, false);
});

test('one that says it does not is never believed, for how long it may say so', () => {
  const trust = tell(new UtcTrust(undefined), { from: 0, to: 2000, utcKnown: false, others: true });
  assert.is(trust.trusted, false);
  assert.match(why(trust), 'leap seconds');
});

test('one that cannot say is believed after thirteen minutes, not before', () => {
  const rules = new UtcTrust(undefined);
  assert.is(tell(rules, { from: 0, to: STABLE_SECONDS }).trusted, false);
  assert.match(why(rules.trust), '13.0 are over');
  assert.equal(tell(rules, { from: STABLE_SECONDS, to: STABLE_SECONDS + 2 }), {
    trusted: true,
    by: 'stable',
  });
});

test('a change by whole seconds within those minutes begins them anew', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 700, wrong: 2 });
  assert.is(tell(rules, { from: 700, to: 800 }).trusted, false);
  assert.is(tell(rules, { from: 800, to: 1470 }).trusted, false);
  assert.is(tell(rules, { from: 1470, to: 1500 }).trusted, true);
});

test('the agreement of others makes it believed at once, and it stays so without them', () => {
  const rules = new UtcTrust(undefined);
  assert.equal(tell(rules, { from: 0, to: 1, others: true }), { trusted: true, by: 'network' });
  assert.is(tell(rules, { from: 1, to: 100 }).trusted, true);
});

test('a floor saved at the last lock vouches for later times and refuses earlier ones', () => {
  assert.equal(tell(new UtcTrust(START * NS), { from: 10, to: 11 }), { trusted: true, by: 'floor' });
  const before = tell(new UtcTrust((START + 1000n) * NS), { from: 10, to: 900, utcKnown: true });
  assert.match(why(before), 'is before 2025-06-15T15:23:20');
});

test('after trust a whole-second change is a disagreement until thirteen minutes have confirmed it', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 100, utcKnown: true });
  assert.is(tell(rules, { from: 100, to: 101, wrong: 1, utcKnown: true }).trusted, false);
  assert.is(tell(rules, { from: 101, to: 800, wrong: 1, utcKnown: true }).trusted, false);
  assert.match(why(rules.trust), 'changed by whole seconds');
  assert.is(tell(rules, { from: 800, to: 900, wrong: 1, utcKnown: true }).trusted, true);
});

test('... or others agree with it', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 100, utcKnown: true });
  tell(rules, { from: 100, to: 110, wrong: 1, utcKnown: true });
  assert.is(rules.trust.trusted, false);
  assert.is(tell(rules, { from: 110, to: 111, wrong: 1, utcKnown: true, others: true }).trusted, true);
});

test('one message with a wrong second is not believed and does not undo the trust', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 100, utcKnown: true });
  assert.is(tell(rules, { from: 100, to: 101, wrong: -1, utcKnown: true }).trusted, false);
  assert.is(tell(rules, { from: 101, to: 102, utcKnown: true }).trusted, true);
});

test('others that disagree are enough not to believe it', () => {
  const trust = tell(new UtcTrust(undefined), { from: 0, to: 2000, utcKnown: true, others: false });
  assert.match(why(trust), 'differ by whole seconds');
});

test('the memory of a clock that a young line had set does not outweigh thirteen minutes; that of an old line does', () => {
  for (const [age, trusted] of [
    [300, true],
    [900, false],
  ] as const) {
    const rules = new UtcTrust(START * NS);
    tell(rules, { from: 0, to: age, wrong: 1 });
    const remembered: Told = { from: age, to: age + 900, others: false };
    for (let t = age; t < age + 900; t += 1)
      tell(rules, { ...remembered, from: t, to: t + 1, byMemory: true });
    assert.is(rules.trust.trusted, trusted);
  }
});

test('messages that cannot say live on the word of those that can', () => {
  const rules = new UtcTrust(undefined);
  tell(rules, { from: 0, to: 1, utcKnown: false });
  assert.is(tell(rules, { from: 1, to: 10, others: true }).trusted, false);
  tell(rules, { from: 10, to: 11, utcKnown: true });
  assert.is(tell(rules, { from: 11, to: 20 }).trusted, true);
});

test.run();
