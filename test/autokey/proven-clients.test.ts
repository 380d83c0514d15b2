import { PROOF_LIFE, ProvenClients } from '../../src/autokey/proven-clients.js';
import { assert, test } from '../support/suite.js';

test('who repeats the transmit time of one of the last two answers to its address is proven, and for an hour', () => {
  const clients = new ProvenClients();
  clients.told('a', 1n);
  clients.told('a', 2n);
  assert.not(clients.isProven(0, 'a', 0n));
  assert.not(clients.isProven(0, 'a', 3n));
  assert.not(clients.isProven(0, 'b', 2n), "another's answer");
  assert.ok(clients.isProven(0, 'a', 1n), 'the last one was lost');
  assert.ok(clients.isProven(PROOF_LIFE - 1, 'a', 0n));
  assert.not(clients.isProven(PROOF_LIFE, 'a', 0n));
  clients.told('a', 3n);
  assert.not(clients.isProven(PROOF_LIFE, 'a', 1n));
  assert.ok(clients.isProven(PROOF_LIFE, 'a', 3n));
});

test('a flood of forged senders takes no more memory than a few thousand entries, and no proof away', () => {
  const clients = new ProvenClients();
  clients.told('honest', 1n);
  clients.isProven(0, 'honest', 1n);
  for (let i = 0; i < 20_000; i += 1) clients.told(`forged ${i}`, BigInt(i));
  assert.ok(clients.size <= 4096 + 1024);
  assert.ok(clients.isProven(1, 'honest', 0n));
});

test.run();
