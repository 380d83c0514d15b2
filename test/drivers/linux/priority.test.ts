import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { assert, test } from '../../support/suite.js';

const module = new URL('../../../drivers/linux/priority.js', import.meta.url).href;

/** Runs a statement in a thread of its own; answers what it says, and the nice value and policy of that thread then. */
async function inThread(
  statement: string,
): Promise<{ readonly said: unknown; readonly nice: number; readonly policy: number }> {
  const source = `
    import { readFileSync, readlinkSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    import { lowerThreadPriority, makeThreadRealtime } from '${module}';
    const said = ${statement};
    const stat = readFileSync('/proc/thread-self/stat', 'latin1');
    parentPort.postMessage({ said, stat });`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const { said, stat } = await new Promise<{ said: unknown; stat: string }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return { said, ...scheduling(stat) };
}

/** Fields 19 and 41 of proc(5). */
function scheduling(stat: string): { readonly nice: number; readonly policy: number } {
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { nice: Number(words[16]), policy: Number(words[38]) };
}

const own = () => scheduling(readFileSync('/proc/thread-self/stat', 'latin1'));

test('a thread lowers itself, and no other', async () => {
  const before = own();
  assert.equal(await inThread('lowerThreadPriority(19)'), { said: undefined, nice: 19, policy: 0 });
  assert.equal(own(), before);
});

test('a thread makes itself real-time where that is allowed, and no other; else it says why not', async () => {
  const before = own();
  const { said, policy } = await inThread('makeThreadRealtime(1)');
  if (said === undefined) assert.is(policy, 2);
  else {
    assert.is(policy, before.policy);
    assert.match(
      String(said),
      availableParallelism() < 2 ? /one processor/ : /^sched_setscheduler: (EPERM|EINVAL)$/,
    );
  }
  assert.equal(own(), before);
});

test('a priority that there is not is refused as a value', async () => {
  const { said, policy } = await inThread('makeThreadRealtime(1000)');
  assert.type(said, 'string');
  assert.is(policy, own().policy);
});

test.run();
