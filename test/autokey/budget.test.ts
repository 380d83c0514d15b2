import fc from 'fast-check';
import { AnswerBounds, CALLER_ANSWERS, CALLER_BYTES, TOTALS } from '../../src/autokey/allowance.js';
import {
  type Caller,
  DanceBudget,
  LONGEST_WAIT,
  QUEUE_LENGTH,
  SAVED_SECONDS,
} from '../../src/autokey/budget.js';
import { assert, record, test } from '../support/suite.js';

const proven = (n: number): Caller => ({ client: `client-${n}`, group: `client-${n}`, isProven: true });
/** of that /24 */
const anybody = (net: number, n: number): Caller => ({
  client: `net-${net}-${n}`,
  group: `net-${net}`,
  isProven: false,
});

interface Answered {
  readonly at: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly asked: number;
  readonly caller: Caller;
}

/** A server in virtual time: requests come when they are said to, work takes its time, turns are taken when due. */
class World {
  readonly budget: DanceBudget<number>;
  readonly answered: Answered[] = [];
  now = 1000;
  #next = this.now;
  bytesIn = 0;
  offered = 0;

  constructor(
    readonly share: number,
    readonly cost: (n: number) => { readonly seconds: number; readonly bytes: number },
  ) {
    this.budget = new DanceBudget(share);
  }

  ask(caller: Caller, requestBytes = 100): void {
    this.offered += 1;
    this.bytesIn += requestBytes;
    this.budget.offer(this.now, { caller, requestBytes, request: this.offered });
    this.#next = this.now;
  }

  /** Lets the time run on to `until`, serving what is due. */
  run(until: number): void {
    while (this.#next <= until) {
      this.now = Math.max(this.now, this.#next);
      const turn = this.budget.take(this.now);
      if (turn.type === 'rest') {
        this.#next = this.now + Math.max(0.001, turn.seconds);
        continue;
      }
      const { seconds, bytes } = this.cost(turn.asked.request);
      const { caller, requestBytes } = turn.asked;
      this.now += seconds;
      this.budget.done(this.now, seconds, bytes);
      this.answered.push({ at: this.now, seconds, bytes, asked: requestBytes, caller });
      this.#next = this.now;
    }
    this.now = Math.max(this.now, until);
  }
}

/** The most of `amount` that falls into any window, beyond what runs out in it. */
function worst(list: readonly Answered[], rate: number, amount: (item: Answered) => number): number {
  let level = 0;
  let last = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const item of list) {
    level = Math.max(0, level - (item.at - last) * rate) + amount(item);
    last = item.at;
    most = Math.max(most, level);
  }
  return most;
}
const isLong = ({ bytes, asked }: Answered) => bytes > asked;

const arrivals = fc.array(
  fc.record({
    gap: fc.double({ min: 0, max: 0.5, noNaN: true }),
    net: fc.nat(3),
    host: fc.nat(40),
    isProven: fc.boolean(),
    bytes: fc.integer({ min: 76, max: 1400 }),
  }),
  { minLength: 1, maxLength: 400 },
);

test('whatever comes, the share of the processor, the bytes and answers of each caller and of all stay within bounds', () => {
  fc.assert(
    fc.property(
      arrivals,
      fc.double({ min: 0.02, max: 1, noNaN: true }),
      fc.double({ min: 0.0001, max: 0.2, noNaN: true }),
      fc.integer({ min: 60, max: 2120 }),
      (list, share, most, longest) => {
        const seconds = (n: number) => most * ((n % 7) / 7 + 0.1);
        const world = new World(share, (n) => ({
          seconds: seconds(n),
          bytes: 60 + (((n * 397) % longest) % 2061),
        }));
        for (const { gap, net, host, isProven, bytes } of list) {
          world.run(world.now + gap);
          world.ask(isProven ? proven(host) : anybody(net, host), bytes);
          assert.ok(world.budget.waiting <= QUEUE_LENGTH);
        }
        world.run(world.now + 100);
        const { answered } = world;
        const work = worst(answered, share, (item) => item.seconds);
        // One job may begin on the last of what was saved; while it runs its own share comes in.
        assert.ok(work <= SAVED_SECONDS + 1.1 * most + 1e-9, `${work} s of work at once`);
        const long = answered.filter(isLong);
        for (const group of new Set(long.map(({ caller }) => caller.group))) {
          const own = long.filter(({ caller }) => caller.group === group);
          assert.ok(worst(own, CALLER_BYTES.rate, ({ bytes }) => bytes) <= CALLER_BYTES.burst + 1e-6);
          assert.ok(worst(own, CALLER_ANSWERS.rate, () => 1) <= CALLER_ANSWERS.burst + 1e-6);
        }
        for (const kind of ['proven', 'anybody'] as const) {
          const all = long.filter(({ caller }) => caller.isProven === (kind === 'proven'));
          assert.ok(
            worst(all, TOTALS[kind].bytes.rate, ({ bytes }) => bytes) <= TOTALS[kind].bytes.burst + 1e-6,
          );
          assert.ok(worst(all, TOTALS[kind].answers.rate, () => 1) <= TOTALS[kind].answers.burst + 1e-6);
        }
        const { served, superseded, crowded, late } = world.budget.counts;
        assert.is(served + superseded + crowded + late + world.budget.waiting, world.offered);
        assert.is(world.budget.waiting, 0, 'after a while nothing waits any more');
      },
    ),
    { numRuns: 300 },
  );
});

test('clients that ask all the time get equal parts, however many share a network of their own', () => {
  const world = new World(0.1, () => ({ seconds: 0.01, bytes: 60 }));
  world.budget.charge(world.now, SAVED_SECONDS);
  const callers = [0, 1, 2].map((n) => anybody(n, 1));
  callers.push(...Array.from({ length: 10 }, (_, n) => anybody(3, n)));
  for (let i = 0; i < 600; i += 1) {
    for (const caller of callers) world.ask(caller);
    world.run(world.now + 0.1);
  }
  const of = (group: string) => world.answered.filter(({ caller }) => caller.group === group).length;
  const parts = ['net-0', 'net-1', 'net-2', 'net-3'].map(of);
  assert.ok(Math.max(...parts) - Math.min(...parts) <= 1, parts.join(' '));
  const clients = callers
    .slice(3)
    .map((c) => world.answered.filter(({ caller }) => caller.client === c.client).length);
  assert.ok(Math.max(...clients) - Math.min(...clients) <= 1, clients.join(' '));
  const rate = world.answered.length / 60;
  assert.ok(rate > 9.9 && rate < 10.2, `${rate} a second of work of 10 ms at a share of 10 %`);
});

test('a request that waits gives way to the next of the same client and keeps its place', () => {
  const budget = new DanceBudget<string>(0.1);
  budget.charge(10, 1);
  for (const [n, request] of [
    [1, 'a'],
    [2, 'b'],
    [1, 'c'],
  ] as const)
    budget.offer(10, { caller: proven(n), requestBytes: 100, request });
  const turn = budget.take(10);
  if (turn.type !== 'rest') throw new Error('the share is used up');
  assert.ok(Math.abs(turn.seconds - 5) < 1e-9, 'half a second of debt at 10 %');
  budget.setShare(1);
  const first = budget.take(11.1);
  assert.is(first.type === 'serve' && first.asked.request, 'c');
  assert.is(budget.take(11.1).type, 'rest', 'one at a time');
  budget.done(11.2, 0, 100);
  const second = budget.take(11.2);
  assert.is(second.type === 'serve' && second.asked.request, 'b');
  assert.is(budget.counts.superseded, 1);
});

test('a network that fills the queue makes room for another, and for nobody of its own; proven clients for none but their like', () => {
  const budget = new DanceBudget<number>(0.1);
  budget.charge(0, 10);
  const offer = (caller: Caller) => budget.offer(0, { caller, requestBytes: 100, request: 0 });
  for (let n = 0; n < QUEUE_LENGTH; n += 1) assert.ok(offer(anybody(1, n)));
  assert.not(offer(anybody(1, 1000)));
  for (let n = 0; n < QUEUE_LENGTH / 2; n += 1) assert.ok(offer(anybody(2, n)), `${n}`);
  assert.not(offer(anybody(2, 1000)), 'then both have the same');
  for (let n = 0; n < QUEUE_LENGTH; n += 1) assert.ok(offer(proven(n)), `${n}`);
  assert.not(offer(proven(1000)));
  assert.not(offer(anybody(3, 1)));
  assert.is(budget.waiting, QUEUE_LENGTH);
});

test('a flood of forged senders leaves every second turn to a client that is proven', () => {
  const world = new World(0.1, () => ({ seconds: 0.01, bytes: 60 }));
  world.budget.charge(world.now, SAVED_SECONDS);
  for (let i = 0; i < 3000; i += 1) {
    world.ask(anybody(i, i));
    if (i % 10 === 0) world.ask(proven(1));
    world.run(world.now + 0.01);
  }
  const own = world.answered.filter(({ caller }) => caller.isProven).length;
  assert.ok(own > 0.45 * world.answered.length, `${own} of ${world.answered.length}`);
});

test('what waits too long is dropped and counted', () => {
  const budget = new DanceBudget<number>(0.1);
  budget.charge(0, 10);
  budget.offer(0, { caller: proven(1), requestBytes: 100, request: 0 });
  budget.take(LONGEST_WAIT + 0.1);
  assert.is(budget.waiting, 0);
  assert.is(budget.counts.late, 1);
});

test('an honest dance of nine requests and 5 kB takes no more than its answers a second allow', () => {
  const answers = [100, 1356, 620, 604, 1356, 360, 90, 90, 90];
  const world = new World(0.1, (n) => ({ seconds: 0.03, bytes: answers[n - 1] ?? 0 }));
  for (const [i] of answers.entries()) {
    world.ask(proven(1), 100);
    while (world.answered.length <= i) world.run(world.now + 0.01);
  }
  const took = world.now - 1000;
  record('autokey-budget-dance', { seconds: took });
  assert.ok(took < 2, `${took} s`);
});

test('a LAN of a hundred clients that start at once has danced within the minute, ten that prove nothing wait for their 50 kB', () => {
  const seconds = (callers: readonly Caller[]) => {
    const world = new World(0.5, () => ({ seconds: 0.002, bytes: 1000 }));
    const left = new Map(callers.map((caller) => [caller, 5]));
    const last = new Map<Caller, number>();
    while (left.size > 0 && world.now < 5000) {
      const before = world.answered.length;
      for (const caller of left.keys()) world.ask(caller);
      world.run(world.now + 2);
      for (const { caller, at } of world.answered.slice(before)) {
        const asked = [...left.keys()].find(({ client }) => client === caller.client);
        if (asked === undefined) continue;
        left.set(asked, (left.get(asked) ?? 0) - 1);
        last.set(asked, at);
        if (left.get(asked) === 0) left.delete(asked);
      }
    }
    return Math.max(...last.values()) - 1000;
  };
  const lan = seconds(Array.from({ length: 100 }, (_, n) => proven(n)));
  const site = seconds(Array.from({ length: 10 }, (_, n) => anybody(1, n)));
  record('autokey-budget-crowd', { lanSeconds: lan, siteSeconds: site });
  assert.ok(lan < 60, `${lan} s`);
  assert.ok(site > 240, `${site} s for 50 kB at 8 kB a minute`);
});

test('forged senders draw fewer bytes than they send, once the first burst is over', () => {
  for (const [name, caller] of [
    ['one /24', () => anybody(1, 1)],
    ['many networks that a rule allows', (i: number) => anybody(i % 5000, 1)],
  ] as const) {
    const world = new World(1, () => ({ seconds: 0.0001, bytes: 1356 }));
    const perSecond = 250;
    const spoof = (seconds: number, from: number) => {
      for (let i = 0; i < seconds * perSecond; i += 1) {
        world.ask(caller(from + i), 100);
        world.run(world.now + 1 / perSecond);
      }
    };
    spoof(120, 0);
    const [bytesIn, bytesOut] = [world.bytesIn, world.budget.counts.longBytesOut];
    spoof(120, 120 * perSecond);
    const ratio = (world.budget.counts.longBytesOut - bytesOut) / (world.bytesIn - bytesIn);
    record(`autokey-budget-spoofed ${name}`, { outByIn: ratio });
    assert.ok(ratio < 1, `${name}: ${ratio}`);
  }
});

test('others who use up the share of a network in forged names do not keep a new client from introducing itself', () => {
  const budget = new DanceBudget<string>(1);
  let introduced = 0;
  let asked = 0;
  const serve = (now: number) => {
    for (let turn = budget.take(now); turn.type === 'serve'; turn = budget.take(now)) {
      if (turn.asked.request === 'assoc') introduced += 1;
      budget.done(now, 0.001, turn.asked.request === 'assoc' ? 120 : 1356);
    }
  };
  const caller = (client: string): Caller => ({ client, group: '10.9.0/', isProven: false });
  for (let t = 0; t < 600; t += 1) {
    // Twenty a minute, each in another name.
    if (t % 3 === 0) budget.offer(t, { caller: caller(`forged-${t}`), requestBytes: 100, request: 'cert' });
    if (t % 60 === 7) {
      asked += 1;
      budget.offer(t, {
        caller: caller(`client-${t}`),
        requestBytes: 100,
        request: 'assoc',
        mostAnswerBytes: 400,
      });
    }
    serve(t);
  }
  record('autokey-budget-introductions', { asked, introduced });
  assert.is(introduced, asked);
});

test('callers that have shown nothing draw 8 kB a minute each and 64 kB all together, whatever their number', () => {
  const bounds = new AnswerBounds();
  let alone = 0;
  for (let t = 0; t < 60; t += 0.1) if (bounds.admit(t, 'one', 1000)) alone += 1000;
  assert.ok(alone <= 2 * CALLER_BYTES.burst && alone >= CALLER_BYTES.burst - 1000, `${alone}`);
  const many = new AnswerBounds();
  let all = 0;
  for (let t = 0; t < 60; t += 0.1)
    for (let i = 0; i < 40; i += 1) if (many.admit(t, `group-${i}`, 1000)) all += 1000;
  assert.ok(all <= 2 * TOTALS.anybody.bytes.burst, `${all}`);
});

test('our own work uses up what was saved, and as much again; clients wait for no more of it', () => {
  const share = 0.05;
  const budget = new DanceBudget<string>(share);
  const caller = { client: 'a', group: 'a', isProven: true };
  budget.chargeOwn(0, 100);
  budget.offer(0, { caller, requestBytes: 0, mostAnswerBytes: 0, request: 'a' });
  const turn = budget.take(0);
  assert.is(turn.type === 'rest' && turn.seconds, SAVED_SECONDS / share);
  // Work that clients asked for is paid in full.
  budget.charge(0, 1);
  const later = budget.take(0);
  assert.is(later.type === 'rest' && later.seconds, (SAVED_SECONDS + 1) / share);
  budget.chargeOwn(0, 1);
  const same = budget.take(0);
  assert.is(same.type === 'rest' && same.seconds, (SAVED_SECONDS + 1) / share);
});

test.run();
