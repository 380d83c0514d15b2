/**
 * 100 MB of mutated serial bytes through the decoder: no throw, no growth of memory, every byte accounted for, and the
 * decoder still understands a clean receiver afterwards.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { assert, has, record, sharedFolder, test } from '../../support/suite.js';
import { gga, gll, NOON, NS, pvt, rmc, zda } from './gps-kit.js';

const TOTAL = 100_000_000;
const CHUNK = 4096;

/** xorshift32: the same mutations every time. */
function randomBits(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** What is mutated: our own sentences and messages, and real receivers' where they are at hand. */
function seeds(): Uint8Array[] {
  const own = Array.from({ length: 60 }, (_, i) => NOON + BigInt(i) * NS).flatMap((t) => [
    rmc(t),
    gga(t),
    gll(t),
    zda(t),
    pvt(t),
    encodeUbx(0x0135, new Uint8Array(8 + 12 * 30)),
  ]);
  const folder = join(sharedFolder, 'gps-captures');
  const real = has('mutated captures', 'shared')
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => readFileSync(join(folder, name)))
    : [];
  return [Buffer.concat(own), ...real];
}

/** One chunk of a seed, with flipped bits, lost, doubled and random bytes, sometimes torn or all noise. */
function mutate(seed: Uint8Array, random: () => number, out: Uint8Array): number {
  const start = random() % seed.length;
  const kind = random() % 16;
  const rate = kind === 0 ? 2 : kind < 4 ? 40 : 1500;
  let length = 0;
  for (let i = 0; i < CHUNK && length < out.length - 1; i += 1) {
    let byte = seed[(start + i) % seed.length] as number;
    const dice = random() % rate;
    if (dice === 0) {
      const what = random() % 4;
      if (what === 0) continue;
      if (what === 1) out[length++] = byte;
      else if (what === 2) byte ^= 1 << (random() & 7);
      else byte = random() & 0xff;
    }
    out[length++] = byte;
  }
  return length;
}

test('100 MB of mutated bytes: no throw, no growth, nothing forgotten', () => {
  const random = randomBits(20_261_123);
  const all = seeds();
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const out = new Uint8Array(CHUNK * 2);
  let fed = 0;
  let events = 0;
  let arrivalNs = NOON;
  let heapAfterWarmUp = 0;
  let decodeNs = 0n;
  while (fed < TOTAL) {
    const length = mutate(all[random() % all.length] as Uint8Array, random, out);
    arrivalNs += 4_000_000n;
    const started = process.hrtime.bigint();
    events += decoder.feed(out.subarray(0, length), arrivalNs).length;
    decodeNs += process.hrtime.bigint() - started;
    fed += length;
    if (heapAfterWarmUp === 0 && fed > TOTAL / 10) heapAfterWarmUp = heapUsed();
  }
  const growth = heapUsed() - heapAfterWarmUp;
  const { sentences, frames, discardedBytes, badChecksums } = decoder.counters;
  assert.ok(sentences > 100_000 && frames > 10_000 && discardedBytes > 1_000_000 && badChecksums > 10_000);
  assert.ok(growth < 1_000_000, `the heap grew by ${growth} bytes`);
  record('gps-mutated-bytes', {
    megabytes: fed / 1e6,
    megabytesPerSecond: fed / 1e6 / (Number(decodeNs) / 1e9),
    events,
    heapGrowthKb: growth / 1000,
  });

  const later = NOON + 86_400n * NS;
  const clean = [0, 1, 2].flatMap((i) => [
    ...decoder.feed(rmc(later + BigInt(i) * NS), arrivalNs + BigInt(i + 1) * NS),
  ]);
  assert.ok(clean.some((event) => event.type === 'epoch' && event.epoch.timeNs === later + NS));
});

function heapUsed(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

test('10 MB one byte at a time, as a slow line brings them', () => {
  const random = randomBits(7);
  const all = seeds();
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const out = new Uint8Array(CHUNK * 2);
  let fed = 0;
  const started = process.hrtime.bigint();
  while (fed < TOTAL / 10) {
    const length = mutate(all[random() % all.length] as Uint8Array, random, out);
    for (let i = 0; i < length; i += 1) decoder.feed(out.subarray(i, i + 1), BigInt(fed + i) * 1_000_000n);
    fed += length;
  }
  record('gps-mutated-single-bytes', {
    megabytesPerSecond: fed / 1e6 / (Number(process.hrtime.bigint() - started) / 1e9),
  });
});

test.run();
