/** The small pure parts: names of receivers, saved state, quantisation errors, line pauses, statistics, timecode. */
import { LineIdle } from '../../../src/source/refclock/line-idle.js';
import { PulseErrors } from '../../../src/source/refclock/pulse-errors.js';
import { delayRange, UNKNOWN_RECEIVER } from '../../../src/source/refclock/receiver-family.js';
import { readSavedRefclock, receiverName } from '../../../src/source/refclock/saved-state.js';
import { bulkDeviation, median, seriesNoise } from '../../../src/source/refclock/statistics.js';
import { obscureLocation } from '../../../src/source/refclock/timecode.js';
import { assert, test } from '../../support/suite.js';

test('what is saved comes back, and what is damaged does not', () => {
  const saved = {
    version: 1 as const,
    receiver: 'u-blox 1',
    delaySeconds: 0.1,
    trustedAtNs: '1750000000000000000',
    place: { xCm: 427_826_400, yCm: 64_253_000, zCm: 467_094_900, accuracyMm: 800 },
  };
  assert.equal(readSavedRefclock(JSON.parse(JSON.stringify(saved))), saved);
  for (const bad of [undefined, null, 5, [], {}, { ...saved, version: 2 }, { ...saved, receiver: 7 }])
    assert.is(readSavedRefclock(bad), undefined);
  assert.is(readSavedRefclock({ ...saved, delaySeconds: 1e9 })?.delaySeconds, undefined);
  assert.is(readSavedRefclock({ ...saved, trustedAtNs: '-5' })?.trustedAtNs, undefined);
  for (const place of [
    7,
    {},
    { ...saved.place, xCm: 0 },
    { ...saved.place, yCm: '1' },
    { ...saved.place, accuracyMm: -1 },
  ])
    assert.is(readSavedRefclock({ ...saved, place })?.place, undefined);
});

test('a receiver is named by what it told', () => {
  assert.is(receiverName(undefined), '');
  assert.is(receiverName({ vendor: 'unknown' }), '');
  assert.is(receiverName({ vendor: 'mtk', software: 'AXN_1.30' }), 'mtk AXN_1.30');
  assert.is(receiverName({ vendor: 'u-blox', software: 'x', uniqueId: 'abc' }), 'u-blox abc');
});

test('receivers that answer within the second are told by name, protocol or fractions', () => {
  assert.is(delayRange({ vendor: 'sirf' }, 'RMC', '').mostSeconds, 1);
  assert.is(delayRange(undefined, 'NAV-PVT', '').mostSeconds, 1);
  assert.is(delayRange(undefined, 'RMC', '$GNRMC,092104.00,A').mostSeconds, 1);
  assert.is(delayRange(undefined, 'GLL', '$GPGLL,4916.45,N,12311.12,W,225444.000,A').mostSeconds, 1);
  assert.is(delayRange({ vendor: 'unknown' }, 'RMC', '$GPRMC,225137,A'), UNKNOWN_RECEIVER);
});

test('an announcement without its second belongs to the next edge only', () => {
  const errors = new PulseErrors();
  errors.heard(5000, undefined, 1_000_000_000n);
  assert.is(errors.of(7n, 1_700_000_000n), 5e-9);
  assert.is(errors.of(7n, 1_010_000_000n), 0);
  assert.is(errors.of(8n, 2_700_000_000n), 0);
  errors.heard(9e6, 9n, 3_000_000_000n);
  assert.is(errors.of(9n, 3_700_000_000n), 0);
});

test('a line with pauses is not saturated; one that never rests is', () => {
  const bursts = new LineIdle();
  const busy = new LineIdle();
  for (let i = 0; i < 400; i += 1) {
    if (i % 20 < 10) bursts.chunk(BigInt(i) * 50_000_000n, 48);
    busy.chunk(BigInt(i) * 50_000_000n, 48);
  }
  assert.is(bursts.saturated, false);
  assert.is(busy.saturated, true);
});

test('the first byte of a burst is older than its stamp by what its chunk took; not where bursts come whole', () => {
  const play = (chunk: number, secondsEach: number) => {
    const line = new LineIdle();
    for (let k = 0; k < 20; k += 1)
      for (let n = 1; n <= 400 / chunk; n += 1)
        line.chunk(BigInt(Math.round((k + n * secondsEach) * 1e9)), chunk);
    return line.firstChunkSeconds;
  };
  assert.ok(Math.abs(play(16, 160 / 9600) - 160 / 9600) < 1e-6);
  assert.ok(Math.abs(play(64, 640 / 115_200) - 640 / 115_200) < 1e-6);
  assert.is(play(400, 0.4), 0);
  assert.ok(play(64, 1e-5) < 1e-4);
});

test('statistics are robust against the few', () => {
  assert.is(median([5, 1, 3]), 3);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
  assert.ok(bulkDeviation([1, 1.1, 0.9, 1, 50]) < 0.2);
  assert.is(seriesNoise([1]), 0);
  assert.ok(Math.abs(seriesNoise([0, 1, 2, 3, 4]) - Math.SQRT1_2) < 1e-12);
});

test('the place is hidden in every sentence that tells it', () => {
  assert.is(obscureLocation('$GPGLL,4916.45,N,12311.12,W,225444,A'), '$GPGLL,xxxx.xx,x,xxxxx.xx,x,225444,A');
  assert.is(obscureLocation('$GPGGA,1,4916.45,N,12311.12,W,1'), '$GPGGA,1,xxxx.xx,x,xxxxx.xx,x,1');
  assert.is(obscureLocation('$GPZDA,1,2,3,2020'), '$GPZDA,1,2,3,2020');
  assert.is(obscureLocation('UBX-NAV-PVT 2020'), 'UBX-NAV-PVT 2020');
});

test.run();
