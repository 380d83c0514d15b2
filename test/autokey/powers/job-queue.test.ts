import { JobQueue } from '../../../src/autokey/powers/job-queue.js';
import { assert, test } from '../../support/suite.js';

test('jobs come before refills, in their order', () => {
  const queue = new JobQueue<string>({ capacity: 4, refillShare: 0.5 });
  queue.submit('a');
  queue.submit('b');
  assert.equal(queue.next(0, true), { type: 'job', job: 'a' });
  assert.equal(queue.next(0, true), { type: 'job', job: 'b' });
  assert.equal(queue.next(0, true), { type: 'refill' });
});

test('filling pools keeps to its share of the time', () => {
  const queue = new JobQueue<string>({ capacity: 4, refillShare: 0.2 });
  let now = 100;
  let worked = 0;
  while (now < 200) {
    const step = queue.next(now, true);
    if (step.type === 'refill') {
      now += 0.1;
      worked += 0.1;
      queue.refilled(now, 0.1);
    } else if (step.type === 'rest') now += step.seconds;
  }
  assert.ok(Math.abs(worked / 100 - 0.2) < 0.01, `${worked} s of 100`);
});

test('a job interrupts the rest, and the rest goes on after it', () => {
  const queue = new JobQueue<string>({ capacity: 4, refillShare: 0.1 });
  queue.refilled(10, 1);
  assert.equal(queue.next(10, true), { type: 'rest', seconds: 9 });
  queue.submit('a');
  assert.equal(queue.next(11, true), { type: 'job', job: 'a' });
  assert.equal(queue.next(12, true), { type: 'rest', seconds: 7 });
});

test('with full pools there is nothing to do until a job comes', () => {
  const queue = new JobQueue<string>({ capacity: 4, refillShare: 0.5 });
  assert.equal(queue.next(0, false), { type: 'rest', seconds: Number.POSITIVE_INFINITY });
});

test('a full queue refuses and counts', () => {
  const queue = new JobQueue<number>({ capacity: 2, refillShare: 0.5 });
  assert.equal(
    [1, 2, 3].map((job) => queue.submit(job)),
    [true, true, false],
  );
  assert.is(queue.refused, 1);
  assert.equal(queue.drain(), [1, 2]);
  assert.is(queue.length, 0);
});

test.run();
