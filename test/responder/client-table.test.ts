import { RateLimiter } from '../../src/auth/rate-limit.js';
import { RES } from '../../src/auth/restrict.js';
import {
  CLIENT_ENTRY_BYTES,
  ClientTable,
  ClientTableReader,
  createClientTable,
} from '../../src/responder/client-table.js';
import { Xorshift32 } from '../../src/responder/xorshift.js';
import { assert, test } from '../support/suite.js';

const LIMITED = RES.limited | RES.kod;

function table(capacity: number) {
  const memory = createClientTable(capacity, 77);
  const limiter = new RateLimiter({ averageLog2: 3, minimumSeconds: 2 });
  const writer = new ClientTable(memory, limiter, new Xorshift32(5), { maxAgeSeconds: 64, monitor: 3000 });
  const see = (address: readonly number[], seconds: number, restrictions: number = LIMITED, scope = 0) =>
    writer.observe(
      address.length === 4 ? 4 : 6,
      Uint8Array.from(address),
      123,
      scope,
      seconds,
      500_000_000,
      3 | (4 << 8),
      restrictions,
    );
  return { memory, see, reader: new ClientTableReader(memory) };
}

test('a client is recorded with what main shows of it', () => {
  const { see, reader } = table(64);
  see([192, 0, 2, 1], 1000);
  see([192, 0, 2, 1], 1001, RES.nopeer);
  see([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], 1002, 0);
  const [six, four] = reader.clients(10);
  assert.equal(four, {
    family: 4,
    address: Uint8Array.of(192, 0, 2, 1),
    port: 123,
    scope: 0,
    count: 2,
    firstNs: 1_000_500_000_000n,
    lastNs: 1_001_500_000_000n,
    mode: 3,
    version: 4,
    restrictions: RES.nopeer,
    score: 6,
    dropped: 0,
  });
  assert.is(six?.family, 6);
  assert.is(six?.address[15], 9);
  assert.is(reader.clients(1).length, 1);
  assert.is(reader.spanSeconds, 1);
});

test('packets over the limit are counted as dropped', () => {
  const { see, reader } = table(64);
  assert.equal(
    [see([1, 2, 3, 4], 10), see([1, 2, 3, 4], 10), see([1, 2, 3, 4], 10)],
    [0, LIMITED, RES.limited],
  );
  assert.is(reader.clients(1)[0]?.dropped, 2);
});

test('a burst of 10,000 addresses stays within the table and leaves known clients in it', () => {
  const { memory, see, reader } = table(1024);
  for (let i = 0; i < 200; i += 1) see([10, 0, 0, i], 5000);
  const bytes = memory.byteLength;
  for (let i = 0; i < 10_000; i += 1) see([172, 16 + (i >> 16), (i >> 8) & 255, i & 255], 5003);
  assert.is(memory.byteLength, bytes);
  assert.ok(bytes <= 1024 * CLIENT_ENTRY_BYTES + 64);
  assert.ok(reader.entries <= 1024);
  const known = reader.clients(2000).filter(({ address }) => address[0] === 10);
  assert.ok(known.length >= 190, `${known.length} of 200 left`);
  assert.ok(reader.untracked > 8000);
});

test('entries idle for longer than the age limit give way, oldest first', () => {
  const { see, reader } = table(8);
  for (let i = 0; i < 8; i += 1) see([10, 0, 0, i], 1000 + i);
  see([10, 0, 1, 0], 1070);
  const left = reader.clients(8).map(({ address }) => `${address[2]}.${address[3]}`);
  assert.ok(left.includes('1.0'));
  assert.not(left.includes('0.0'));
});

test('whoever floods a full table is soon in it and limited', () => {
  const { see } = table(8);
  for (let i = 0; i < 8; i += 1) see([10, 0, 0, i], 1000);
  let limited = 0;
  for (let i = 0; i < 5000; i += 1) if ((see([10, 0, 1, 1], 1010) & RES.limited) !== 0) limited += 1;
  assert.ok(limited > 2500, `${limited}`);
});

test('time after 2038 is still time', () => {
  const { see, reader } = table(8);
  see([1, 1, 1, 1], 2 ** 31 + 5);
  assert.is(see([1, 1, 1, 1], 2 ** 31 + 105), 0);
  assert.is(reader.clients(1)[0]?.lastNs, BigInt(2 ** 31 + 105) * 1_000_000_000n + 500_000_000n);
});

test('the same link-local address on two interfaces is two clients', () => {
  const memory = createClientTable(64, 1);
  const writer = new ClientTable(
    memory,
    new RateLimiter({ averageLog2: 3, minimumSeconds: 2 }),
    new Xorshift32(5),
    { maxAgeSeconds: 64, monitor: 3000 },
  );
  const address = new Uint8Array(16).fill(0xfe, 0, 1).fill(0x80, 1, 2).fill(1, 15);
  for (const scope of [2, 3, 2]) writer.observe(6, address, 123, scope, 1000, 0, 3, 0);
  const found = new ClientTableReader(memory).clients(9).map(({ scope, count }) => [scope, count]);
  assert.equal(
    found.sort((a, b) => a[0]! - b[0]!),
    [
      [2, 2],
      [3, 1],
    ],
  );
});

test('a link-local client is one client, and limited, by an interface of any number', () => {
  const { see, reader } = table(64);
  const linkLocal = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const judged = Array.from({ length: 20 }, () => see(linkLocal, 1000, LIMITED, 70_000));
  assert.is(reader.entries, 1);
  assert.ok((judged.at(-1)! & RES.limited) !== 0);
});

test.run();
