import { encodeRmc } from '../../../drivers/gps/nmea/rmc.js';
import { encodeSentence } from '../../../drivers/gps/nmea/sentence.js';
import { createReplayLink } from '../../../drivers/serial/replay-link.js';
import { planReplay } from '../../../drivers/serial/replay-plan.js';
import { assert, test } from '../../support/suite.js';
import { linkContract } from './link-contract.js';
import { manualScheduler } from './manual-scheduler.js';

const rmc = (second: number) =>
  `${encodeSentence({
    talker: 'GP',
    type: 'RMC',
    fields: encodeRmc({
      ofDayNs: second * 1e9,
      day: 20_000,
      status: 'A',
      mode: 'A',
      latDegrees: 48,
      lonDegrees: 9,
    }),
  })}\r\n`;

{
  let clock = manualScheduler();
  linkContract(
    'replay',
    async (payload) => {
      clock = manualScheduler();
      const scheduler = clock;
      const link = createReplayLink({
        name: 'a capture',
        capture: payload,
        baud: 115_200,
        now: () => scheduler.monotonic(),
        scheduler,
      });
      return { link, send: async () => scheduler.advance(2), cleanup: async () => undefined };
    },
    async (done) => assert.ok(done()),
  );
}

test('epochs are played as far apart as their times say, and bytes at the speed of the line', () => {
  const capture = Buffer.from(rmc(100) + rmc(101) + rmc(103) + rmc(103.2));
  const length = rmc(100).length;
  const starts = new Map<number, number>();
  let at = 0;
  for (const step of planReplay(capture, { baud: 9600 })) {
    if (at % length === 0) starts.set(at / length, step.atSeconds - (step.bytes.length * 10) / 9600);
    at += step.bytes.length;
  }
  assert.is(at, capture.length);
  const expected = [0, 1, 3, 3.2];
  for (const [i, seconds] of expected.entries())
    assert.ok(Math.abs((starts.get(i) ?? -1) - seconds) < 1e-6, `epoch ${i} at ${starts.get(i)}`);
});

test('a long gap is shortened, time set back costs one second, and a slow line never overtakes itself', () => {
  const plan = planReplay(Buffer.from(rmc(100) + rmc(5000) + rmc(90)), {
    baud: 9600,
    longestGapSeconds: 5,
    stepBytes: 200,
  });
  assert.equal(
    plan.map((step) => Math.floor(step.atSeconds)),
    [0, 5, 6],
  );
  const slow = planReplay(Buffer.from(rmc(1) + rmc(2) + rmc(3)), { baud: 300, stepBytes: 200 });
  const times = slow.map((step) => step.atSeconds);
  assert.equal(
    [...times].sort((a, b) => a - b),
    times,
  );
  assert.ok((times[2] as number) > 3 * 2);
});

test('twice the pace takes half the time, and the end is told', () => {
  const scheduler = manualScheduler();
  const heard: string[] = [];
  let ended = 0;
  const link = createReplayLink({
    name: 'capture',
    capture: Buffer.from(rmc(10) + rmc(11) + rmc(12)),
    pace: 2,
    now: () => scheduler.monotonic(),
    scheduler,
    ended: () => {
      ended += 1;
    },
  });
  link.open({ up: () => heard.push('up'), down: (reason) => heard.push(reason), bytes: () => undefined });
  scheduler.advance(1);
  assert.is(ended, 0);
  scheduler.advance(0.1);
  assert.is(ended, 1);
  assert.equal(heard, ['up', 'the capture has ended']);
  assert.is(scheduler.waiting(), 0);
});

test.run();
