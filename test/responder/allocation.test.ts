import { respond, seal } from '../../src/responder/respond.js';
import { assert, record, test } from '../support/suite.js';
import { Bench, CMAC_KEY, field, MD5_KEY, NOW_SECONDS, request, rule, withMac } from './fixture.js';

const CALLS = 1_000_000;

/** Bytes of heap a call leaves behind, without a collection in between. */
function bytesACall(bench: Bench, packet: Uint8Array, calls = CALLS, collect = false): number {
  new Uint8Array(bench.view.buffer).set(packet);
  const once = (i: number) => {
    bench.exchange.stampSeconds = NOW_SECONDS + i * 8;
    bench.state.page.refresh();
    if (respond(bench.view, packet.length, bench.exchange, bench.out) > 0)
      seal(bench.exchange, bench.out, NOW_SECONDS + i * 8, 500);
  };
  for (let i = 0; i < 200_000 && i < calls; i += 1) once(i % 1000);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < calls; i += 1) once(i % 1000);
  if (collect) globalThis.gc?.();
  return (process.memoryUsage().heapUsed - before) / calls;
}

// A collection in the middle would make it negative; either way nothing may grow by even a number a call (12 bytes).
for (const [name, rules, packet] of [
  ['plain', [], request()],
  ['limited', [rule([0, 0, 0, 0], 0, 'limited', 'kod')], request()],
  ['extension-fields', [], request({}, field(0x0104, 36), field(0x7777, 40))],
  ['malformed', [], request({}, new Uint8Array(12))],
  ['for-main', [], request({ mode: 1 })],
] as const)
  test(`a million ${name} requests leave no garbage`, () => {
    const bytes = bytesACall(new Bench([...rules]), packet);
    record(`responder-garbage-${name}`, { bytesACall: bytes });
    assert.ok(Math.abs(bytes) < 2, `${bytes} bytes a call`);
  });

// node:crypto makes small objects for a digest; they are garbage at once, and nothing stays.
for (const [name, key] of [
  ['md5', MD5_KEY],
  ['aes-cmac', CMAC_KEY],
] as const)
  test(`fifty thousand ${name} requests leave nothing behind a collection`, () => {
    const bytes = bytesACall(new Bench(), withMac(request(), key), 50_000, true);
    assert.ok(bytes < 1, `${bytes} bytes a call`);
  });

test.run();
