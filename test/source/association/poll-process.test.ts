import fc from 'fast-check';
import type { Random } from '../../../src/ports/random.js';
import { PollProcess } from '../../../src/source/association/poll-process.js';
import { assert, test } from '../../support/suite.js';

const random: Random = { bytes: (n) => new Uint8Array(n), uniform: () => 0.5 };
const make = (more: Partial<ConstructorParameters<typeof PollProcess>[0]> = {}) =>
  new PollProcess({ minpoll: 6, maxpoll: 10, iburst: false, burst: false, followsPeer: false, ...more });

test('calm samples lengthen the interval to maxpoll, restless ones shorten it twice as fast', () => {
  const poll = make();
  poll.answered(6);
  let calm = 0;
  while (poll.hostPoll < 10) {
    poll.settled(1e-6, 1e-6);
    calm += 1;
  }
  let restless = 0;
  while (poll.hostPoll > 6) {
    poll.settled(1e-3, 1e-6);
    restless += 1;
  }
  assert.ok(calm > 1.5 * restless, `${calm} ${restless}`);
  for (let i = 0; i < 100; i += 1) poll.settled(1, 1e-6);
  assert.is(poll.hostPoll, 6);
});

test('iburst is sent when unreachable, once, not at each poll', () => {
  const poll = make({ iburst: true });
  const times: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    poll.turn(true);
    times.push(poll.nextSeconds(random));
  }
  assert.equal(times, [2, 2, 2, 2, 2, 2, 2, 64, 64, 64, 64, 64]);
});

test('burst: eight packets at each poll while the server is fit, and no more than one each 8 s on average', () => {
  const poll = make({ burst: true });
  poll.answered(6);
  let packets = 0;
  let seconds = 0;
  while (seconds < 6400) {
    poll.turn(true);
    poll.answered(6);
    packets += 1;
    seconds += poll.nextSeconds(random);
  }
  assert.ok(packets > 600 && packets <= 800 + 8, `${packets} packets in ${seconds} s`);
  const short = make({ burst: true, minpoll: 3, maxpoll: 3 });
  short.answered(3);
  let shortPackets = 0;
  for (let t = 0; t < 6400; shortPackets += 1) {
    short.turn(true);
    short.answered(3);
    t += short.nextSeconds(random);
  }
  assert.ok(shortPackets <= 800 + 8, `${shortPackets}`);
});

test('after twelve polls without an answer the interval grows to maxpoll', () => {
  const poll = make();
  poll.answered(6);
  const polls: number[] = [];
  let lost = 0;
  for (let i = 0; i < 40; i += 1) {
    lost += poll.turn(false).lost ? 1 : 0;
    poll.nextSeconds(random);
    polls.push(poll.hostPoll);
  }
  assert.is(lost, 1);
  assert.is(polls[15], 6);
  assert.is(polls[39], 10);
  assert.is(poll.answered(6), true);
  assert.is(poll.hostPoll, 6);
});

test('three missed polls in a row are told, and not before', () => {
  const poll = make();
  poll.answered(6);
  assert.equal(
    [1, 2, 3].map(() => poll.turn(false).missed),
    [false, false, true],
  );
});

test('whatever a server says, RATE only ever slows down, and never beyond 2^12 s', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 1, maxLength: 12 }), (asked) => {
      const poll = make({ iburst: true });
      for (const exponent of asked) {
        const before = poll.interval();
        poll.backOff(exponent);
        assert.ok(poll.interval() >= Math.min(12, before + 1) || poll.interval() === 12);
        assert.ok(poll.interval() <= 12);
        for (let i = 0; i < 200; i += 1) poll.settled(1, 1e-9);
        assert.ok(poll.interval() >= Math.min(12, before + 1));
        poll.turn(true);
        assert.is(poll.burst, 0);
      }
    }),
    { numRuns: 100 },
  );
});

test('a server cannot make us poll faster; a symmetric peer can, within minpoll', () => {
  const client = make();
  client.answered(3);
  for (let i = 0; i < 100; i += 1) client.settled(0, 1);
  client.answered(-5);
  assert.is(client.interval(), 10);
  const peer = make({ followsPeer: true });
  peer.answered(8);
  for (let i = 0; i < 100; i += 1) peer.settled(0, 1);
  assert.is(peer.interval(), 8);
  peer.answered(-128);
  assert.is(peer.interval(), 6);
});

test('the interval grows only while the estimate rests on enough polls', () => {
  const poll = make();
  poll.answered(6);
  for (let i = 0; i < 100; i += 1) poll.settled(0, 1e-6, 4000);
  assert.is(poll.hostPoll, 8);
  for (let i = 0; i < 100; i += 1) poll.settled(0, 1e-6, 700);
  assert.is(poll.hostPoll, 6);
});

test('a near server whose line names no minpoll is asked each 8 s, unless it says RATE', () => {
  const named = make({ minpollWritten: true });
  named.approach(true);
  assert.is(named.interval(), 6);
  const poll = make({ minpollWritten: false });
  poll.answered(6);
  poll.approach(true);
  assert.is(poll.interval(), 3);
  poll.approach(false);
  assert.is(poll.interval(), 6);
  poll.approach(true);
  poll.backOff(5);
  poll.approach(true);
  assert.is(poll.interval(), 5);
});

test.run();
