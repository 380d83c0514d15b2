import { realScheduler } from '../../../drivers/linux/scheduler.js';
import { every } from '../../../src/ports/scheduler.js';
import { assert, test } from '../../support/suite.js';

const ran = (seconds: number) =>
  new Promise<number>((resolve) => {
    const start = realScheduler.monotonic();
    realScheduler.after(seconds, () => resolve(Number(realScheduler.monotonic() - start) / 1e9));
  });

test('an action is never run early', async () => {
  for (const seconds of [0, 0.0004, 0.001, 0.0123, 0.02, 0.0299]) {
    const elapsed = await ran(seconds);
    assert.ok(elapsed >= seconds, `${elapsed} s for ${seconds}`);
  }
});

test('a cancelled action is not run, also one that is more than 25 days away', async () => {
  let count = 0;
  const near = realScheduler.after(0.005, () => {
    count += 1;
  });
  const far = realScheduler.after(100 * 86_400, () => {
    count += 1;
  });
  near.cancel();
  near.cancel();
  await ran(0.02);
  far.cancel();
  assert.is(count, 0);
});

test('turns are spaced by the clock, not by when the last one ran', async () => {
  const start = realScheduler.monotonic();
  const times: number[] = [];
  await new Promise<void>((resolve) => {
    const timer = every(realScheduler, 0.01, () => {
      times.push(Number(realScheduler.monotonic() - start) / 1e9);
      if (times.length < 5) return;
      timer.cancel();
      resolve();
    });
  });
  for (const [i, time] of times.entries()) assert.ok(time >= (i + 1) * 0.01 - 1e-6, `${times}`);
});

test.run();
