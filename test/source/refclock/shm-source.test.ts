import type { SharedSegment } from '../../../src/ports/shared-segment.js';
import { takeShmSample } from '../../../src/source/refclock/shm-segment.js';
import { ShmSource } from '../../../src/source/refclock/shm-source.js';
import { assert, test } from '../../support/suite.js';
import { refclock, World } from './scripted.js';

/** gpsd's side of the segment. */
class Segment implements SharedSegment {
  readonly name = 'NTP0';
  readonly view = new DataView(new ArrayBuffer(96));
  failure: Error | undefined;
  /** runs when the reader has read the seconds: another writer in between */
  tear: (() => void) | undefined;
  constructor(readonly timeBits: 32 | 64 = 64) {}
  open(): void {
    if (this.failure !== undefined) throw this.failure;
  }
  readInt32(offset: number): number {
    return this.view.getInt32(offset, true);
  }
  writeInt32(offset: number, value: number): void {
    this.view.setInt32(offset, value, true);
  }
  readInt64(offset: number): bigint {
    this.tear?.();
    return this.view.getBigInt64(offset, true);
  }
  close(): void {}
  put(clockNs: bigint, receiveNs: bigint, over: { leap?: number; precision?: number; nsec?: boolean } = {}) {
    const wide = this.timeBits === 64;
    const [clock, receive, leap, precision, valid, nanos] = wide
      ? [8, 24, 36, 40, 48, 52]
      : [8, 16, 24, 28, 36, 40];
    const seconds = (at: number, ns: bigint) => {
      if (wide) this.view.setBigInt64(at, ns / 1_000_000_000n, true);
      else this.writeInt32(at, Number(ns / 1_000_000_000n));
      this.writeInt32(at + (wide ? 8 : 4), Number((ns % 1_000_000_000n) / 1000n));
    };
    this.writeInt32(0, 1);
    this.writeInt32(4, this.readInt32(4) + 1);
    seconds(clock!, clockNs);
    seconds(receive!, receiveNs);
    this.writeInt32(leap!, over.leap ?? 0);
    this.writeInt32(precision!, over.precision ?? -20);
    if (over.nsec !== false) {
      this.writeInt32(nanos!, Number(clockNs % 1_000_000_000n));
      this.writeInt32(nanos! + 4, Number(receiveNs % 1_000_000_000n));
    }
    this.writeInt32(4, this.readInt32(4) + 1);
    this.writeInt32(valid!, 1);
  }
}

function world(over: Parameters<typeof refclock>[1] = {}, segment = new Segment()) {
  const world = new World({ disciplined: false });
  const shm = new ShmSource(5, refclock('shm', over), world, segment);
  shm.start();
  return { world, shm, segment };
}

test('a sample is taken once, to the nanosecond, in both layouts', () => {
  for (const bits of [32, 64] as const) {
    const { world: w, shm, segment } = world({}, new Segment(bits));
    for (let k = 1; k <= 10; k += 1)
      w.scheduler.at(k + 0.3, () => segment.put(w.truth(k) + 1234n, w.truth(k) + 1000n));
    w.run(30);
    assert.is(w.samples.length, 10);
    for (const { sample } of w.samples) assert.ok(Math.abs(sample.offsetSeconds - 234e-9) < 1e-12);
    assert.is(shm.candidate().pulse, true);
    assert.is(shm.candidate().unfit, 'stale');
    shm.stop();
  }
});

test('a sample is read soon after it was written, wherever in the second that is', () => {
  for (const written of [0.001, 0.03, 0.6, 0.9995]) {
    const { world: w, shm, segment } = world();
    const ages: number[] = [];
    const take = w.sink.sample;
    w.sink.sample = (id, sample) => {
      ages.push(Number(w.scheduler.monotonic() - sample.monoNs) / 1e9);
      take(id, sample);
    };
    for (let k = 1; k <= 10; k += 1)
      w.scheduler.at(k + written, () => segment.put(w.truth(k + written), w.truth(k + written)));
    w.run(30);
    assert.is(ages.length, 10, String(written));
    // The first is found by looking once a second.
    for (const age of ages.slice(1)) assert.ok(age < 0.022, `${age} s after ${written}`);
    shm.stop();
  }
});

test('a writer that knows microseconds only is understood', () => {
  const segment = new Segment();
  segment.put(5_123_456_789n, 5_000_111_222n, { nsec: false });
  const taken = takeShmSample(segment);
  assert.ok(taken?.ok);
  if (taken?.ok) assert.equal([taken.value.clockNs, taken.value.receiveNs], [5_123_456_000n, 5_000_111_000n]);
  assert.is(takeShmSample(segment), undefined);
});

test('a sample torn by its writer is thrown away', () => {
  const segment = new Segment();
  segment.put(5n, 5n);
  segment.tear = () => segment.writeInt32(4, segment.readInt32(4) + 1);
  assert.equal(takeShmSample(segment), { ok: false, reason: 'bad-checksum' });
});

test('senseless values are refused', () => {
  const segment = new Segment();
  segment.put(5n, 5n, { leap: 7 });
  assert.equal(takeShmSample(segment), { ok: false, reason: 'bad-field' });
});

test('a writer without time, a dead one and an empty segment are told apart', () => {
  const { world: w, shm, segment } = world();
  w.run(3);
  assert.is(shm.view().unfit, 'no-samples');
  assert.match(shm.view().remark, 'no program writes');
  segment.put(w.truth(3), w.truth(3), { leap: 3 });
  w.run(5);
  assert.match(shm.view().remark, 'has no time');
  segment.put(w.truth(3), w.truth(-60));
  w.run(7);
  assert.match(shm.view().remark, 'its writer has stopped');
  assert.is(w.samples.length, 0);
  shm.stop();
});

test('offsets beyond four hours need flag1', () => {
  for (const flag of [false, true]) {
    const { world: w, shm, segment } = world({ flags: [flag, false, false, false] });
    w.scheduler.at(2.5, () => segment.put(w.truth(90_000), w.truth(2.5)));
    w.run(4);
    assert.is(w.samples.length, flag ? 1 : 0);
    if (!flag) assert.match(shm.view().remark, 'fudge flag1 1');
    shm.stop();
  }
});

test('fudge time1 is added, precision becomes the error bound, and a coarse writer is no pulse', () => {
  const { world: w, shm, segment } = world({ time1: 0.25 });
  w.scheduler.at(2.5, () => segment.put(w.truth(2.5), w.truth(2.5), { precision: -1 }));
  w.run(4);
  assert.is(w.samples[0]?.sample.offsetSeconds, 0.25);
  assert.is(w.samples[0]?.sample.dispersionSeconds, 0.5);
  assert.is(shm.candidate().pulse, false);
  shm.stop();
});

test('a segment that cannot be attached is tried again', () => {
  const segment = new Segment();
  segment.failure = new Error('permission denied');
  const { world: w, shm } = world({}, segment);
  w.run(5);
  assert.is(shm.view().unfit, 'unreachable');
  segment.failure = undefined;
  w.run(12);
  segment.put(w.truth(12), w.truth(12));
  w.run(14);
  assert.is(w.samples.length, 1);
  assert.is(w.logged.length, 1);
  shm.stop();
});

test.run();
