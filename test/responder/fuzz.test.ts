import { makeCookie, newCookieSecrets } from '../../src/autokey/cookie.js';
import { appendSessionMac, sessionKey } from '../../src/autokey/session-key.js';
import { Xorshift32 } from '../../src/responder/xorshift.js';
import { assert, record, test } from '../support/suite.js';
import { Bench, CMAC_KEY, field, MD5_KEY, request, rule, SHA256_KEY, withMac } from './fixture.js';

const DATAGRAMS = 1_000_000;

const SECRETS = newCookieSecrets(new Uint8Array(32), 0);
const HERE = Uint8Array.of(192, 0, 2, 1);
const THERE = Uint8Array.of(10, 1, 2, 3);

function session(bytes: Uint8Array, privateValue: number): Uint8Array {
  const out = new Uint8Array(2120);
  out.set(bytes);
  const key = sessionKey('MD5', THERE, HERE, 0x1234_5678, privateValue);
  return out.slice(0, appendSessionMac('MD5', key, 0x1234_5678, out, bytes.length));
}

const SEEDS: readonly Uint8Array[] = [
  request(),
  request({ version: 1, mode: 0 }),
  request({ version: 3, mode: 1 }),
  withMac(request(), MD5_KEY),
  withMac(request({ version: 3 }), SHA256_KEY, 36),
  withMac(request({}, field(0x0201, 28)), CMAC_KEY),
  request({}, field(0x0104, 36), field(0x0204, 104), field(0x0404, 28)),
  Uint8Array.of(0x16, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
  request({}, new Uint8Array(4)),
  session(request(), makeCookie(SECRETS, THERE, HERE)),
  session(request({}, field(0x0202, 32), field(0x0208, 8)), 0),
];

test('a million random and mutated datagrams: no throw, no growth, no reply beyond its request', () => {
  const bench = new Bench([rule([10, 0, 0, 0], 8, 'limited', 'kod'), rule([10, 1, 0, 0], 16, 'notrust')]);
  bench.state.autokey = { digest: 'MD5', secrets: SECRETS };
  const random = new Xorshift32(20_250_601);
  const below = (n: number) => random.word() % n;
  const packet = new Uint8Array(2300);
  const tables = bench.clientMemory.byteLength;
  let replies = 0;
  const run = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      let length: number;
      if (below(4) === 0) {
        length = below(8) === 0 ? below(2300) : below(140);
        for (let at = 0; at < length; at += 1) packet[at] = random.word();
      } else {
        const seed = SEEDS[below(SEEDS.length)]!;
        packet.set(seed);
        length = seed.length;
        for (let n = below(4); n > 0; n -= 1) packet[below(length)]! ^= 1 << below(8);
        if (below(4) === 0) length = below(length + 24);
      }
      bench.exchange.family = below(2) === 0 ? 4 : 6;
      const isSix = bench.exchange.family === 6;
      bench.exchange.destination = isSix ? six(0) : HERE;
      bench.exchange.source = isSix
        ? six(below(5000))
        : below(4) === 0
          ? THERE
          : Uint8Array.of(10, below(3), below(256), below(256));
      bench.exchange.sourcePort = below(65_536);
      bench.at(1_748_736_000 + Math.floor(i / 5000), below(1_000_000_000));
      const reply = bench.ask(packet.subarray(0, length));
      if (reply === undefined) continue;
      replies += 1;
      if (reply.length > length) throw new Error(`${reply.length} bytes for ${length}`);
    }
  };
  run(50_000);
  globalThis.gc?.();
  const before = process.memoryUsage();
  run(DATAGRAMS);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const heapGrowthKb = (after.heapUsed - before.heapUsed) / 1024;
  const bufferGrowthKb = (after.arrayBuffers - before.arrayBuffers) / 1024;
  record('responder-fuzz', { datagrams: DATAGRAMS, replies, heapGrowthKb, bufferGrowthKb });
  assert.ok(heapGrowthKb < 512, `${heapGrowthKb} KiB`);
  assert.ok(bufferGrowthKb < 512, `${bufferGrowthKb} KiB`);
  assert.is(bench.clientMemory.byteLength, tables);
  assert.ok(replies > DATAGRAMS / 10);
  bench.exchange.family = 4;
  bench.exchange.source = Uint8Array.of(192, 0, 2, 7);
  bench.exchange.sourcePort = 123;
  assert.is(bench.ask(request())?.length, 48, 'it still answers');
});

const six = (n: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  bytes.set([0x20, 1, 0xd, 0xb8]);
  bytes[14] = n >> 8;
  bytes[15] = n;
  return bytes;
};

test.run();
