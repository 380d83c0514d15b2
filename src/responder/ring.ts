/**
 * A bounded ring in shared memory between one writing and one reading thread, in slots of equal size.
 * It owns positions and wake-ups; what stands in a slot is ring-records.ts's. A full ring refuses; nobody ever waits.
 *
 * Words: 0 head (slots written, wraps at 2^32), 1 tail (slots read), 2 number of slots (a power of two), 3 bytes a slot.
 * Slot contents are plain writes: they are published by the Atomics.store of head, and handed back by that of tail.
 */
const WORD = { head: 0, tail: 1, slots: 2, slotBytes: 3 } as const;
const HEADER_BYTES = 32;

/** Memory for a ring. `slots`: rounded up to a power of two; `slotBytes`: up to a multiple of eight. */
export function createRing(slots: number, slotBytes: number): SharedArrayBuffer {
  const count = 2 ** Math.ceil(Math.log2(Math.max(2, slots)));
  const size = Math.ceil(slotBytes / 8) * 8;
  const memory = new SharedArrayBuffer(HEADER_BYTES + count * size);
  const words = new Int32Array(memory, 0, HEADER_BYTES / 4);
  words[WORD.slots] = count;
  words[WORD.slotBytes] = size;
  return memory;
}

class RingEnd {
  protected readonly words: Int32Array;
  /** one view a slot, made once */
  readonly slots: readonly DataView[];
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    const count = this.words[WORD.slots]!;
    const size = this.words[WORD.slotBytes]!;
    this.mask = count - 1;
    this.slots = Array.from({ length: count }, (_, i) => new DataView(memory, HEADER_BYTES + i * size, size));
  }

  get capacity(): number {
    return this.mask + 1;
  }
}

/** The writing end. */
export class RingWriter extends RingEnd {
  /** Number of the slot to write next; -1: the ring is full. */
  reserve(): number {
    const head = Atomics.load(this.words, WORD.head);
    const used = (head - Atomics.load(this.words, WORD.tail)) | 0;
    return used > this.mask ? -1 : head & this.mask;
  }

  /** How many slots wait for the reader. */
  get waiting(): number {
    return (Atomics.load(this.words, WORD.head) - Atomics.load(this.words, WORD.tail)) | 0;
  }

  /** Gives the reserved slot to the reader. True: the reader had read everything before it and must be woken. */
  commit(): boolean {
    const head = Atomics.load(this.words, WORD.head);
    Atomics.store(this.words, WORD.head, (head + 1) | 0);
    // Sequentially consistent on both sides: either this load sees that the reader is done, or the reader sees the new head.
    return Atomics.load(this.words, WORD.tail) === head;
  }
}

/** The reading end. After the last release() it must look once more with peek() before it sleeps. */
export class RingReader extends RingEnd {
  /** Number of the oldest slot that is waiting; -1: none. */
  peek(): number {
    const tail = Atomics.load(this.words, WORD.tail);
    return Atomics.load(this.words, WORD.head) === tail ? -1 : tail & this.mask;
  }

  /** Hands the slot of peek() back. */
  release(): void {
    Atomics.store(this.words, WORD.tail, (Atomics.load(this.words, WORD.tail) + 1) | 0);
  }
}
