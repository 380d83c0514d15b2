import { isoNs } from '../../src/status/iso-time.js';
import { isSnapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { fakeView } from '../control/fixture.js';
import { assert, test } from '../support/suite.js';

test('a snapshot is plain JSON: it comes back from text as it was', () => {
  const snapshot = takeSnapshot(fakeView(30));
  const back: unknown = JSON.parse(JSON.stringify(snapshot));
  assert.equal(back, snapshot);
  assert.ok(isSnapshot(back));
  assert.not(isSnapshot({ format: 2 }));
  assert.not(isSnapshot(null));
});

test('it holds what the view holds, in the units its names say', () => {
  const snapshot = takeSnapshot(fakeView(30));
  assert.is(snapshot.time, '2026-11-23T05:00:00.500000000Z');
  assert.is(snapshot.frequencyPpm, -12.345);
  assert.is(snapshot.discipline.boundSeconds, 180e-9);
  assert.is(snapshot.refid, 'GPS');
  assert.is(snapshot.leap, 'none');
  assert.is(snapshot.taiOffsetSeconds, 37);
  assert.equal(
    snapshot.sources.map(({ id, fate, refid }) => [id, fate, refid]),
    [
      [1, 'pps.peer', 'GPS'],
      [2, 'candidate', '198.51.100.7'],
      [3, 'falsetick', 'PPS'],
      [4, 'reject', 'POOL'],
    ],
  );
  assert.is(snapshot.sources[0]?.clock?.messageDelaySeconds, 0.123456);
  assert.is(snapshot.sources[1]?.keyId, null);
  assert.is(snapshot.sources[2]?.keyId, 7);
  assert.is(snapshot.sources[3]?.receivedTime, null);
  assert.is(snapshot.receiver.satellites.length, 3);
  assert.is(snapshot.clients.entries, 30);
  assert.is(snapshot.clients.latest.length, 20);
  assert.is(snapshot.packets.nakSent, 1014);
  assert.equal(snapshot.keys, { loaded: 11, trusted: 5 });
});

test('times keep their nanoseconds, before 1970 too; never and beyond the calendar are null', () => {
  assert.is(isoNs(1_795_410_000_123_456_789n), '2026-11-23T05:00:00.123456789Z');
  assert.is(isoNs(-1n), '1969-12-31T23:59:59.999999999Z');
  assert.is(isoNs(0n), null);
  assert.is(isoNs(10n ** 30n), null);
});

test.run();
