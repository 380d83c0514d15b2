import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, test } from '../support/suite.js';
import { GrowingRecord, readWrites, replay, withoutNewest } from './write-log.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-writes-'));
const SECTOR = 512;

/** One entry as QEMU writes it. */
function entry(sector: number, data: string, flags = 0): Buffer {
  const header = Buffer.alloc(SECTOR);
  header.writeBigUInt64LE(BigInt(sector), 0);
  header.writeBigUInt64LE(BigInt(data.length), 8);
  header.writeBigUInt64LE(BigInt(flags), 16);
  return Buffer.concat([header, ...[...data].map((letter) => Buffer.alloc(SECTOR, letter))]);
}
const FLUSH = entry(0, '', 1);

function recordOf(...entries: readonly Buffer[]): string {
  const path = join(folder, 'record');
  writeFileSync(path, Buffer.concat([Buffer.alloc(SECTOR), ...entries]));
  return path;
}

test('a write is confirmed by a flush after it, or by itself', () => {
  const record = openSync(recordOf(entry(0, 'a'), FLUSH, entry(1, 'bb', 2), entry(3, 'c')), 'r');
  const writes = readWrites(record);
  closeSync(record);
  assert.equal(
    writes.map(({ at, length, isConfirmed }) => [at / SECTOR, length / SECTOR, isConfirmed]),
    [
      [0, 1, true],
      [1, 2, true],
      [3, 1, false],
    ],
  );
});

test('of what is not confirmed the newest is lost, up to so many bytes, and nothing else', () => {
  const record = openSync(
    recordOf(entry(0, 'a'), FLUSH, entry(1, 'b'), entry(2, 'c'), entry(3, 'd', 2)),
    'r',
  );
  const writes = readWrites(record);
  closeSync(record);
  const sectors = (bytes: number) => withoutNewest(writes, bytes).map(({ at }) => at / SECTOR);
  assert.equal(sectors(0), [0, 1, 2, 3]);
  assert.equal(sectors(1), [0, 1, 3]);
  assert.equal(sectors(1 << 20), [0, 3]);
});

test('the disk is what was written before, and then what stays', () => {
  const disk = join(folder, 'disk');
  writeFileSync(disk, Buffer.alloc(4 * SECTOR, '.'));
  const record = recordOf(entry(0, 'ab'), FLUSH, entry(1, 'c'), entry(3, 'd'));
  assert.equal(replay(record, disk, 1), { writes: 3, lost: 1 });
  const letters = readFileSync(disk).toString('latin1');
  assert.is([0, 1, 2, 3].map((sector) => letters[sector * SECTOR]).join(''), 'ac..');
});

test('a record that breaks off ends there', () => {
  const whole = Buffer.concat([Buffer.alloc(SECTOR), entry(0, 'a'), entry(1, 'bb')]);
  const path = join(folder, 'record');
  writeFileSync(path, whole.subarray(0, -SECTOR));
  const record = openSync(path, 'r');
  assert.is(readWrites(record).length, 1);
  closeSync(record);
});

test('while a record grows it tells how many writes are not confirmed', () => {
  const path = recordOf(entry(0, 'a'), FLUSH);
  const record = new GrowingRecord(path);
  const after = (...more: readonly Buffer[]) => {
    appendFileSync(path, Buffer.concat(more));
    return record.unconfirmed();
  };
  assert.is(record.unconfirmed(), 0);
  assert.is(after(entry(1, 'b'), entry(2, 'c', 2), entry(3, 'd')), 2);
  const broken = entry(4, 'ee');
  assert.is(after(broken.subarray(0, SECTOR)), 2);
  assert.is(after(broken.subarray(SECTOR)), 3);
  assert.is(after(FLUSH), 0);
  record.close();
});

test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.run();
