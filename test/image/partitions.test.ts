import { CARD_SIZE, PARTITIONS, partitionTable, SECTOR } from '../../image/partitions.js';
import { assert, test } from '../support/suite.js';

test('partitions follow one another from the first MiB to the end of the card, each on a MiB', () => {
  let end = 1 << 20;
  for (const { start, size } of PARTITIONS) {
    assert.is(start, end);
    assert.is(size % (1 << 20), 0);
    end = start + size;
  }
  assert.is(end, CARD_SIZE);
});

test('the table is one sector in the classic form', () => {
  const bytes = partitionTable(PARTITIONS, 0x01020304);
  const view = new DataView(bytes.buffer);
  assert.is(bytes.length, SECTOR);
  assert.is(view.getUint16(510), 0x55aa);
  assert.is(view.getUint32(440, true), 0x01020304);
  const entries = [0, 1, 2, 3].map((index) => ({
    active: view.getUint8(446 + 16 * index),
    type: view.getUint8(450 + 16 * index),
    start: view.getUint32(454 + 16 * index, true),
    sectors: view.getUint32(458 + 16 * index, true),
  }));
  assert.equal(entries, [
    { active: 0, type: 0x0c, start: 2048, sectors: 127 * 2048 },
    { active: 0, type: 0x83, start: 128 * 2048, sectors: 704 * 2048 },
    { active: 0, type: 0x83, start: 832 * 2048, sectors: 192 * 2048 },
    { active: 0, type: 0, start: 0, sectors: 0 },
  ]);
});

test.run();
