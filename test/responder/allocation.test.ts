import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { openSslHasher } from '../../drivers/openssl/hasher.js';
import { useHasher } from '../../src/auth/hashing.js';
import { makeCookie, newCookieSecrets } from '../../src/autokey/cookie.js';
import { appendSessionMac, sessionKey } from '../../src/autokey/session-key.js';
import { respond, seal } from '../../src/responder/respond.js';
import { assert, record, test } from '../support/suite.js';
import { Bench, CMAC_KEY, field, MD5_KEY, NOW_SECONDS, request, rule, withMac } from './fixture.js';

const CALLS = 1_000_000;

const ROUNDS = 8;
/** The heap is counted in pages of 256 KiB; the smallest object is 12 bytes. */
const NOTHING = 4;

/**
 * Bytes of heap a call leaves behind in a round of `calls`. Rounds are repeated until the compiler is done with the code
 * (on a busy machine that takes its time, and code that is not compiled yet does make numbers).
 */
async function bytesACall(
  bench: Bench,
  packet: Uint8Array,
  calls: number,
  collect: boolean,
): Promise<number> {
  new Uint8Array(bench.view.buffer).set(packet);
  const once = (i: number) => {
    bench.exchange.stampSeconds = NOW_SECONDS + i * 8;
    bench.state.page.refresh();
    if (respond(bench.view, packet.length, bench.exchange, bench.out) > 0)
      seal(bench.exchange, bench.out, NOW_SECONDS + i * 8, 500);
  };
  let bytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && !(bytes < NOTHING); round += 1) {
    await setTimeout(10);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i += 1) once(i % 1000);
    if (collect) globalThis.gc?.();
    bytes = Math.abs(process.memoryUsage().heapUsed - before) / calls;
  }
  return bytes;
}

/** A client's packet sealed with its cookie, `wrong` XORed to it. */
function withCookie(wrong: number): [bench: Bench, packet: Uint8Array] {
  const secrets = newCookieSecrets(new Uint8Array(32), 0);
  const bench = new Bench();
  bench.state.autokey = { digest: 'MD5', secrets };
  const { source, destination } = bench.exchange;
  const cookie = makeCookie(secrets, source, destination) ^ wrong;
  const packet = new Uint8Array(68);
  packet.set(request());
  appendSessionMac('MD5', sessionKey('MD5', source, destination, 99_999, cookie), 99_999, packet, 48);
  return [bench, packet];
}

// Without a collection in between: not even a number (12 bytes) may be made in a call.
for (const [name, rules, packet] of [
  ['plain', [], request()],
  ['limited', [rule([0, 0, 0, 0], 0, 'limited', 'kod')], request()],
  ['extension-fields', [], request({}, field(0x0104, 36), field(0x7777, 40))],
  ['malformed', [], request({}, new Uint8Array(12))],
  ['for-main', [], request({ mode: 1 })],
] as const)
  test(`a million ${name} requests leave no garbage`, async () => {
    const bytes = await bytesACall(new Bench([...rules]), packet, CALLS, false);
    record(`responder-garbage-${name}`, { bytesACall: bytes });
    assert.ok(bytes < NOTHING, `${bytes} bytes a call`);
  });

// node:crypto makes small objects for a digest; they are garbage at once, and nothing stays.
for (const [name, key] of [
  ['md5', MD5_KEY],
  ['aes-cmac', CMAC_KEY],
] as const)
  test(`fifty thousand ${name} requests leave nothing behind a collection`, async () => {
    const bytes = await bytesACall(new Bench(), withMac(request(), key), 50_000, true);
    assert.ok(bytes < NOTHING, `${bytes} bytes a call`);
  });

test('requests with a cookie: without the objects of node:crypto far fewer collections hold the responder up', async () => {
  const hasher = openSslHasher();
  assert.ok(hasher, 'this node binary exports no OpenSSL');
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const counted: Record<string, number> = {};
  for (const [name, given] of [
    ['nodeCrypto', undefined],
    ['openSsl', hasher],
  ] as const) {
    useHasher(given);
    const [bench, packet] = withCookie(0);
    new Uint8Array(bench.view.buffer).set(packet);
    bench.state.page.refresh();
    await setTimeout(50);
    const before = collections;
    for (let i = 0; i < 200_000; i += 1) {
      assert.ok(respond(bench.view, packet.length, bench.exchange, bench.out) > 0);
      seal(bench.exchange, bench.out, NOW_SECONDS, 500);
    }
    await setTimeout(50);
    counted[name] = collections - before;
  }
  useHasher(undefined);
  observer.disconnect();
  record('responder-collections-cookie', counted);
  assert.ok(counted['openSsl']! < 0.5 * counted['nodeCrypto']!, JSON.stringify(counted));
});

test('fifty thousand requests with a cookie, right and wrong, leave nothing behind a collection', async () => {
  for (const wrong of [0, 1]) {
    const [bench, packet] = withCookie(wrong);
    const bytes = await bytesACall(bench, packet, 50_000, true);
    assert.ok(bytes < NOTHING, `${bytes} bytes a call`);
    assert.is(bench.counters.counters().authenticated > 0, wrong === 0);
  }
});

test.run();
