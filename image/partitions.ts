/**
 * The card's layout and its partition table. Pure.
 * Source: the classic boot record (four entries of 16 bytes at 446, 0x55aa at 510), which the Pi's boot ROM reads.
 */
export const SECTOR = 512;
const MIB = 1024 * 1024;

export interface Partition {
  readonly name: 'boot' | 'root' | 'state';
  /** bytes from the beginning of the card */
  readonly start: number;
  /** bytes */
  readonly size: number;
  /** of the partition table: 0x0c FAT32, 0x83 Linux */
  readonly type: number;
}

/** A power of two, as QEMU wants of SD cards; fits each card that is sold. */
export const CARD_SIZE = 1024 * MIB;

/** 1 MiB is left in front, as all partitioning tools do. */
export const PARTITIONS: readonly [Partition, Partition, Partition] = [
  { name: 'boot', start: MIB, size: 127 * MIB, type: 0x0c },
  { name: 'root', start: 128 * MIB, size: 704 * MIB, type: 0x83 },
  { name: 'state', start: 832 * MIB, size: 192 * MIB, type: 0x83 },
];

/** The first sector. `diskId`: 32 bits that tell this card from others. */
export function partitionTable(partitions: readonly Partition[], diskId: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  view.setUint32(440, diskId, true);
  for (const [index, { start, size, type }] of partitions.entries()) {
    const at = 446 + 16 * index;
    // Addresses by cylinder are beyond what they can say: the largest, as everybody writes.
    bytes.set([0x00, 0xfe, 0xff, 0xff, type, 0xfe, 0xff, 0xff], at);
    view.setUint32(at + 8, start / SECTOR, true);
    view.setUint32(at + 12, size / SECTOR, true);
  }
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}
