import { createScriptedLink } from '../../../drivers/serial/scripted-link.js';
import { assert, test } from '../../support/suite.js';
import { linkContract } from './link-contract.js';

linkContract(
  'scripted',
  async (payload) => {
    const link = createScriptedLink();
    return { link, send: async () => link.deliver(payload, 5n), cleanup: async () => undefined };
  },
  async (done) => assert.ok(done()),
);

test('a lost line is told once, brings nothing, and comes back', () => {
  const link = createScriptedLink();
  const heard: string[] = [];
  link.open({
    up: () => heard.push('up'),
    down: (reason) => heard.push(reason),
    bytes: (chunk) => heard.push(String(chunk.length)),
  });
  link.lose('unplugged');
  link.lose('unplugged');
  link.deliver(Uint8Array.from([1, 2]), 0n);
  link.write(Uint8Array.from([9]));
  link.restore();
  link.deliver(Uint8Array.from([1, 2, 3]), 0n);
  link.write(Uint8Array.from([8]));
  assert.equal(heard, ['up', 'unplugged', 'up', '3']);
  assert.equal(link.written, [Uint8Array.from([8])]);
});

test.run();
