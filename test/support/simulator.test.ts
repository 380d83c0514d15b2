import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { connectSeqpacket } from '../../drivers/linux/unix.js';
import { temporaryFolder } from './daemon-process.js';
import { startSimulator } from './simulator.js';
import { assert, test } from './suite.js';

/** A node that does nothing of its own. */
function bareNode() {
  const path = join(temporaryFolder(), 'sim.sock');
  const running = startSimulator({ path, seconds: 1e5, asks: [] });
  const node = connectSeqpacket(path);
  const post = (code: number, length: number, fill: (body: DataView) => void = () => {}) => {
    const bytes = new Uint8Array(8 + length);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, code, true);
    fill(new DataView(bytes.buffer, 8));
    assert.ok(node.send(bytes));
  };
  const answer = async () => {
    for (;;) {
      const bytes = node.receive();
      if (bytes !== undefined) return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      await turn();
    }
  };
  post(1, 4, (body) => body.setUint32(0, 1, true));
  return {
    ...{ post, answer },
    select: async (seconds: number) => {
      post(6, 16, (body) => body.setFloat64(0, seconds, true));
      return (await answer()).getFloat64(32, true);
    },
    leave: async () => {
      post(11, 0);
      node.close();
      return (await running).lastRequest;
    },
  };
}

test('a select() ends where the clock cannot show its end to the last bit', async () => {
  const node = bareNode();
  await node.answer();
  let now = await node.select(8192);
  let worst = 0;
  for (let i = 0; i < 2000; i += 1) {
    const then = await node.select(0.1);
    worst = Math.max(worst, Math.abs(then - now - 0.1));
    now = then;
  }
  assert.is(await node.leave(), 11);
  assert.ok(worst < 1e-9, `${worst} s`);
});

test('however fast a node asks, the rest of the process has its turn in between', async () => {
  const node = bareNode();
  const requests = 5;
  for (let i = 0; i < requests; i += 1) node.post(2, 4);
  // Of the registration
  await node.answer();
  let turns = 0;
  let isAnswered = false;
  const count = () => {
    turns += 1;
    if (!isAnswered) setImmediate(count);
  };
  count();
  for (let i = 0; i < requests; i += 1) await node.answer();
  isAnswered = true;
  assert.is(await node.leave(), 11);
  assert.ok(turns >= requests, `${turns} turns`);
});

test.run();
