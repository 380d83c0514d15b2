import fc from 'fast-check';
import { Pairer } from '../../../src/source/refclock/pairer.js';
import { BUSY_LINE, delayRange, UNKNOWN_RECEIVER } from '../../../src/source/refclock/receiver-family.js';
import { assert, test } from '../../support/suite.js';
import { evenly, generator } from './scripted.js';

const NS = 1_000_000_000n;
const START = 1_750_000_000n;
const at = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));
const U_BLOX = delayRange({ vendor: 'u-blox' }, 'RMC', '');

interface Play {
  readonly delay: (k: number) => number;
  readonly seconds: number;
  readonly lostEdge?: (k: number) => boolean;
  readonly lostMessage?: (k: number) => boolean;
  /** what the receiver says of second k minus the truth */
  readonly wrong?: (k: number) => number;
  readonly each?: (k: number, pairer: Pairer) => void;
}

/**
 * True second k is grid index k and monotonic second k. Answers each number given to an edge, as the error in seconds.
 */
function play(pairer: Pairer, { delay, seconds, lostEdge, lostMessage, wrong, each }: Play): number[] {
  const events: { t: number; run: () => void }[] = [];
  const errors: number[] = [];
  let begun = false;
  for (let k = 0; k < seconds; k += 1) {
    if (lostEdge?.(k) !== true)
      events.push({
        t: k + 0.015,
        run: () => {
          const edge = { index: k, monoNs: at(k) };
          if (begun) pairer.edge(edge, 1e9);
          else pairer.regrid(edge, 1e9);
          begun = true;
          each?.(k, pairer);
          const { numbering } = pairer;
          if (numbering.numbered) errors.push(Number(numbering.zeroSecond - START));
        },
      });
    if (lostMessage?.(k) !== true) {
      const arrival = k + delay(k);
      const label = (START + BigInt(k + (wrong?.(k) ?? 0))) * NS;
      events.push({ t: arrival, run: () => pairer.message(label, at(arrival)) });
    }
  }
  for (const { run } of events.sort((a, b) => a.t - b.t)) run();
  return errors;
}

function pairerWith(range = U_BLOX, saved?: number): Pairer {
  const pairer = new Pairer(saved);
  pairer.range = range;
  return pairer;
}

const whyNot = (pairer: Pairer): string => (pairer.numbering.numbered ? '' : pairer.numbering.why);

test('six agreeing messages decide when the delay is clear', () => {
  const pairer = pairerWith();
  const errors = play(pairer, { delay: () => 0.2, seconds: 20 });
  assert.is(errors.length, 14);
  assert.ok(errors.every((error) => error === 0));
  assert.ok(Math.abs((pairer.learnedDelay ?? 0) - 0.2) < 1e-6);
});

test('fewer messages do not', () => {
  const pairer = pairerWith();
  assert.is(play(pairer, { delay: () => 0.2, seconds: 5 }).length, 0);
  assert.match(whyNot(pairer), '5 of 6 messages');
});

for (const delay of [0.48, 0.5, 0.52])
  test(`a delay of ${delay * 1e3} ms is no difficulty for a receiver known to answer within the second`, () => {
    const random = generator(9);
    const errors = play(pairerWith(), { delay: () => delay + 0.03 * random.normal(), seconds: 120 });
    assert.ok(errors.length > 90);
    assert.ok(errors.every((error) => error === 0));
  });

test('a delay of 990 ms could as well be -10 ms: refused, both named', () => {
  const pairer = pairerWith();
  assert.is(play(pairer, { delay: () => 0.99, seconds: 60 }).length, 0);
  assert.match(whyNot(pairer), /-10 ms or 990 ms/);
});

test('of a receiver of unknown kind 100 ms may be 1100 ms: refused', () => {
  for (const delay of [0.1, 1.1]) {
    const pairer = pairerWith(UNKNOWN_RECEIVER);
    assert.is(play(pairer, { delay: () => delay, seconds: 60 }).length, 0);
    assert.match(whyNot(pairer), /100 ms or 1100 ms/);
  }
});

test('... but 500 ms is clear, as nothing comes 1500 ms late', () => {
  const errors = play(pairerWith(UNKNOWN_RECEIVER), { delay: () => 0.5, seconds: 60 });
  assert.ok(errors.length > 50 && errors.every((error) => error === 0));
});

test('a line that is never idle proves nothing', () => {
  for (const delay of [0.2, 1.7]) {
    const pairer = pairerWith(BUSY_LINE);
    assert.is(play(pairer, { delay: () => delay, seconds: 60 }).length, 0);
  }
});

const refer =
  (off: number, sources = 2, servedClock = false) =>
  (k: number, pairer: Pairer) =>
    pairer.refer({ index: k, monoNs: at(k) }, (START + BigInt(k)) * NS + at(off), {
      uncertaintySeconds: 0.05,
      sources,
      from: 'the network',
      servedClock,
    });

test('other sources settle what the range leaves open', () => {
  for (const delay of [0.1, 0.99, 1.1]) {
    const pairer = pairerWith(UNKNOWN_RECEIVER);
    const errors = play(pairer, { delay: () => delay, seconds: 60, each: refer(0.03) });
    assert.ok(errors.length > 45 && errors.every((error) => error === 0));
    assert.ok(Math.abs((pairer.learnedDelay ?? 0) - delay) < 1e-3);
    assert.is(pairer.agreesWithReference, true);
  }
});

test('other sources that contradict the range mean refusal, with both named', () => {
  const pairer = pairerWith();
  assert.is(play(pairer, { delay: () => 0.2, seconds: 60, each: refer(1) }).length, 0);
  assert.match(whyNot(pairer), /the network and the message delay of 200 ms.*1 s apart/);
});

test('other sources half a second away say nothing', () => {
  const pairer = pairerWith(UNKNOWN_RECEIVER);
  assert.is(play(pairer, { delay: () => 0.1, seconds: 60, each: refer(0.5) }).length, 0);
});

test('one source alone does not unseat a numbering that has stood; two do', () => {
  for (const [sources, used] of [
    [1, true],
    [2, false],
  ] as const) {
    const pairer = pairerWith();
    const late = refer(1, sources);
    play(pairer, { delay: () => 0.2, seconds: 500, each: (k, own) => k > 400 && late(k, own) });
    assert.is(pairer.numbering.numbered, used);
  }
});

const announce = (off: number) => (k: number, pairer: Pairer) =>
  pairer.announce(START + BigInt(k + 1 + off), at(k + 0.3));

test('an announced pulse settles what the range leaves open', () => {
  const open = pairerWith(UNKNOWN_RECEIVER);
  assert.ok(play(open, { delay: () => 0.1, seconds: 60, each: announce(0) }).every((error) => error === 0));
  assert.is(open.numbering.numbered, true);
});

test('an announcement just behind an edge settles nothing: it may be a late one of the second before', () => {
  for (const behind of [0.01, 0.05, 0.09]) {
    const border = pairerWith();
    const late = (k: number, pairer: Pairer) => pairer.announce(START + BigInt(k), at(k + behind));
    assert.is(play(border, { delay: () => 1.005, seconds: 60, each: late }).length, 0);
  }
});

test('... but has no say against the range: late messages announce late as well', () => {
  for (const off of [-2, -1, 1, 2]) {
    const clear = pairerWith();
    const errors = play(clear, { delay: () => 0.2, seconds: 60, each: announce(off) });
    assert.ok(errors.length > 50 && errors.every((error) => error === 0));
    const border = pairerWith();
    assert.is(play(border, { delay: () => 0.02, seconds: 15, each: announce(off) }).length, 0);
  }
});

test('the memory of the served clock settles what is open, but contradicts nobody', () => {
  const open = pairerWith(UNKNOWN_RECEIVER);
  assert.ok(
    play(open, { delay: () => 1.1, seconds: 60, each: refer(0, 1, true) }).every((error) => error === 0),
  );
  assert.is(open.numbering.numbered, true);
  const clear = pairerWith();
  assert.ok(play(clear, { delay: () => 0.2, seconds: 60, each: refer(1, 1, true) }).length > 50);
});

test('a saved delay settles what the range leaves open, if the receiver still behaves so', () => {
  const late = pairerWith(UNKNOWN_RECEIVER, 1.08);
  assert.ok(play(late, { delay: () => 1.1, seconds: 60 }).every((error) => error === 0));
  assert.is(late.numbering.numbered, true);
  const otherwise = pairerWith(UNKNOWN_RECEIVER, 0.7);
  assert.is(play(otherwise, { delay: () => 0.1, seconds: 60 }).length, 0);
});

test('a configured delay decides, even one that the range excludes, but not against other sources', () => {
  const pairer = pairerWith();
  pairer.fixedDelay = -0.9;
  const early = play(pairer, { delay: () => 0.1, seconds: 60, wrong: () => 1 });
  assert.ok(early.length > 40 && early.every((error) => error === 0));
  const contradicted = pairerWith();
  contradicted.fixedDelay = -0.9;
  assert.is(play(contradicted, { delay: () => 0.1, seconds: 60, each: refer(0) }).length, 0);
});

test('a configured delay that fits badly and contradicts the range is not believed', () => {
  const pairer = pairerWith();
  pairer.fixedDelay = 0;
  assert.is(play(pairer, { delay: () => 0.7, seconds: 60 }).length, 0);
  assert.match(whyNot(pairer), 'configured delay of 0 ms');
});

test('messages that jump by a whole second suspend the numbering at once', () => {
  const pairer = pairerWith();
  const errors = play(pairer, { delay: () => 0.2, seconds: 60, wrong: (k) => (k >= 30 ? -1 : 0) });
  // The last right number is that of the edge of second 30; what follows the receiver is not this class's to judge.
  assert.equal(
    errors.slice(0, 25).filter((error) => error !== 0),
    [],
  );
  assert.is(errors.at(-1), -1);
  assert.is(errors.length, 54 - 5);
});

test('a single message with another second passes without harm', () => {
  const pairer = pairerWith();
  const errors = play(pairer, { delay: () => 0.2, seconds: 60, wrong: (k) => (k === 30 ? 7 : 0) });
  assert.ok(errors.every((error) => error === 0));
  assert.is(errors.length, 53);
});

test('a delay that wanders past the second keeps its numbers, once it was clear', () => {
  const errors = play(pairerWith(), { delay: (k) => 0.85 + Math.min(0.3, k * 1e-3), seconds: 600 });
  assert.ok(errors.length > 590 && errors.every((error) => error === 0));
});

test('messages at random times are refused as too irregular', () => {
  const random = generator(3);
  const pairer = pairerWith();
  assert.is(play(pairer, { delay: () => random.uniform(), seconds: 200 }).length, 0);
  assert.is(whyNot(pairer) !== '', true);
});

test('late messages of a busy machine do not matter', () => {
  const random = generator(4);
  const delay = () => 0.15 + (random.uniform() < 0.2 ? 0.4 * random.uniform() : 0.002 * random.normal());
  const errors = play(pairerWith(), { delay, seconds: 300 });
  assert.ok(errors.length > 270 && errors.every((error) => error === 0));
});

test('never a wrong second, whatever the delay, jitter and losses', () => {
  let decided = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.record({
        known: fc.boolean(),
        delay: evenly(0, 1.3),
        jitter: evenly(0, 0.06),
        loss: evenly(0, 0.4),
        saved: fc.option(fc.constant(true)),
        seed: fc.integer({ min: 1, max: 1e6 }),
      }),
      ({ known, delay, jitter, loss, saved, seed }) => {
        // A receiver known to answer within the second does so.
        const mean = known ? Math.min(delay, 1) : delay;
        const random = generator(seed);
        const pairer = pairerWith(known ? U_BLOX : UNKNOWN_RECEIVER, saved ? mean : undefined);
        const errors = play(pairer, {
          delay: () => Math.max(0, mean + jitter * random.normal()),
          seconds: 100,
          lostEdge: () => random.uniform() < loss,
          lostMessage: () => random.uniform() < loss,
        });
        if (errors.length > 0) decided += 1;
        else refused += 1;
        return errors.every((error) => error === 0);
      },
    ),
    { numRuns: 1500, seed: 20240229 },
  );
  assert.ok(decided > 500 && refused > 100, `decided ${decided}, refused ${refused}`);
});

test.run();
