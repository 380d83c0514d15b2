/**
 * What a power cut leaves on a disk: QEMU's record of all that was written and flushed (blklogwrites), and the disk without
 * the newest writes that no flush had confirmed. Pure but for the files.
 * Source: QEMU block/blklogwrites.c, the format of Linux's dm-log-writes (Documentation/admin-guide/device-mapper).
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const SECTOR = 512;
const FLUSH = 1;
const FORCED = 2;
const DISCARD = 4;

export interface Write {
  /** in the disk, bytes */
  readonly at: number;
  readonly length: number;
  /** of the data in the record; undefined: zeros (a discard) */
  readonly from: number | undefined;
  /** the disk must have it: it was forced, or a flush came later */
  readonly isConfirmed: boolean;
}

/** One entry of the record, and where the next begins; undefined: the end. `header`: 32 bytes; `at`: where it stands. */
export function readEntry(
  header: DataView,
  at: number,
): { readonly write: Write | undefined; readonly isFlush: boolean; readonly next: number } | undefined {
  const word = (offset: number) => Number(header.getBigUint64(offset, true));
  const [sector, sectors, flags] = [word(0), word(8), word(16)];
  const isFlush = (flags & FLUSH) !== 0;
  if (sectors === 0) return isFlush ? { write: undefined, isFlush, next: at + SECTOR } : undefined;
  const isDiscard = (flags & DISCARD) !== 0;
  const length = sectors * SECTOR;
  const from = isDiscard ? undefined : at + SECTOR;
  const write = { at: sector * SECTOR, length, from, isConfirmed: (flags & FORCED) !== 0 };
  return { write, isFlush, next: at + SECTOR + (isDiscard ? 0 : length) };
}

/** The first sector tells about the record itself. */
const FIRST_ENTRY = SECTOR;

/** The whole entries of the record from `from` on. */
function* entriesOf(record: number, from: number): Generator<NonNullable<ReturnType<typeof readEntry>>> {
  const header = Buffer.alloc(32);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const { size } = fstatSync(record);
  for (let at = from; at + SECTOR <= size; ) {
    readSync(record, header, 0, header.length, at);
    const entry = readEntry(view, at);
    if (entry === undefined || entry.next > size) return;
    yield entry;
    at = entry.next;
  }
}

/** All writes of the record, in order. */
export function readWrites(record: number): readonly Write[] {
  const writes: Write[] = [];
  let unconfirmedFrom = 0;
  for (const entry of entriesOf(record, FIRST_ENTRY)) {
    if (entry.isFlush) {
      for (let i = unconfirmedFrom; i < writes.length; i += 1)
        writes[i] = { ...writes[i]!, isConfirmed: true };
      unconfirmedFrom = writes.length;
    }
    if (entry.write !== undefined) writes.push(entry.write);
  }
  return writes;
}

/** A record that is being written. */
export class GrowingRecord {
  readonly #file: number;
  #at = FIRST_ENTRY;
  #unconfirmed = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** How many writes no flush has confirmed by now. */
  unconfirmed(): number {
    for (const { isFlush, write, next } of entriesOf(this.#file, this.#at)) {
      if (isFlush) this.#unconfirmed = 0;
      if (write?.isConfirmed === false) this.#unconfirmed += 1;
      this.#at = next;
    }
    return this.#unconfirmed;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The writes that stay when the newest `bytes` of those that are not confirmed are lost. */
export function withoutNewest(writes: readonly Write[], bytes: number): readonly Write[] {
  let left = bytes;
  const lost = new Set<Write>();
  for (const write of writes.toReversed()) {
    if (write.isConfirmed || left <= 0) continue;
    lost.add(write);
    left -= write.length;
  }
  return writes.filter((write) => !lost.has(write));
}

/** Makes the writes of a record to `disk`, which is as it was before them, but for the newest `bytes` not confirmed. */
export function replay(
  recordPath: string,
  disk: string,
  bytes: number,
): { readonly writes: number; readonly lost: number } {
  const record = openSync(recordPath, 'r');
  const out = openSync(disk, 'r+');
  try {
    const writes = readWrites(record);
    const kept = withoutNewest(writes, bytes);
    for (const { at, length, from } of kept) {
      const data = Buffer.alloc(length);
      if (from !== undefined) readSync(record, data, 0, length, from);
      writeSync(out, data, 0, length, at);
    }
    return { writes: writes.length, lost: writes.length - kept.length };
  } finally {
    closeSync(record);
    closeSync(out);
  }
}
