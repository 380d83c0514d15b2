/** What happens to a card's state partition while it has no power, worse than a power cut. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { PARTITIONS } from '../../image/partitions.js';

/** ext4: 1024 bytes in, one KiB. */
const SUPERBLOCK = { start: 1024, size: 1024 };
/** The partition table's third entry. */
const ENTRY = { start: 446 + 2 * 16, size: 16 };

function overwrite(disk: string, at: number, bytes: Uint8Array): void {
  const file = openSync(disk, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

/** Its superblock is noise: it cannot be mounted, and all that it holds is still there. */
export function spoilSuperblock(disk: string): void {
  overwrite(disk, PARTITIONS[2].start + SUPERBLOCK.start, new Uint8Array(SUPERBLOCK.size).fill(0xa5));
}

/** It is not in the partition table any more, as on a card that was written by halves. */
export function dropStatePartition(disk: string): void {
  overwrite(disk, ENTRY.start, new Uint8Array(ENTRY.size));
}
