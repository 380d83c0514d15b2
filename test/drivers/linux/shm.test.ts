import { attachShm, removeShm } from '../../../drivers/linux/shm.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

/** Far from the units that gpsd uses, and different in two runs at a time. */
const UNIT = 1000 + (process.pid % 100_000);

test('two programs attached to a unit see the same words, and negative and large ones stay what they are', () => {
  const writer = attachShm(UNIT, true);
  const reader = attachShm(UNIT, false);
  assert.is(writer.unit, UNIT);
  assert.is(reader.wideTime, true);
  writer.writeInt32(writer.at.leap, -3);
  writer.writeUint32(writer.at.clockNsec, 3_999_999_999);
  writer.writeSeconds(writer.at.clockSec, 4_294_967_296n * 3n + 4_294_967_295n);
  writer.writeSeconds(writer.at.receiveSec, -1n);
  assert.is(reader.readInt32(reader.at.leap), -3);
  assert.is(reader.readUint32(reader.at.clockNsec), 3_999_999_999);
  assert.is(reader.readSeconds(reader.at.clockSec), 4_294_967_296n * 3n + 4_294_967_295n);
  assert.is(reader.readSeconds(reader.at.receiveSec), -1n);
  writer.detach();
  assert.is(reader.readInt32(reader.at.leap), -3, 'the segment outlives its writer');
  reader.detach();
});

test('a segment that was let go cannot be looked at', () => {
  const segment = attachShm(UNIT, true);
  segment.detach();
  segment.detach();
  assert.throws(() => segment.readInt32(0), /was let go/);
  assert.throws(() => segment.writeInt32(0, 1), /was let go/);
});

test('a unit that nobody made is missing, with what to start', () => {
  assert.throws(
    () => attachShm(UNIT + 1, false),
    (error: unknown) =>
      error instanceof NoonmarkError && error.code === 'ERR_DEVICE' && /gpsd/.test(error.remedy),
  );
});

test.after(() => removeShm(UNIT));
test.run();
