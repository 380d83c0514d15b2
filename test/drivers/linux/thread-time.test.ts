import { threadTime } from '../../../drivers/linux/thread-time.js';
import { assert, test } from '../../support/suite.js';

test("a thread's time stands still while it waits, and goes on while it works", () => {
  const worked = threadTime();
  const start = worked();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  const waited = worked() - start;
  assert.ok(waited >= 0 && waited < 0.1, `${waited} s while it waited for 0.3 s`);
  const began = worked();
  let sum = 0;
  while (worked() - began < 0.05) for (let i = 0; i < 1000; i += 1) sum += i;
  assert.ok(sum > 0);
});

test.run();
