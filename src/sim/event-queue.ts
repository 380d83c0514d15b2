/**
 * Actions in order of a number (a time), first come first served among equals: a binary heap.
 * Knows nothing of clocks. A cancelled entry stays until it comes up and is then dropped.
 */
export interface QueuedAction {
  readonly key: number;
  readonly sequence: number;
  /** undefined: cancelled */
  action: (() => void) | undefined;
}

const before = (a: QueuedAction, b: QueuedAction) =>
  a.key < b.key || (a.key === b.key && a.sequence < b.sequence);

export class EventQueue {
  readonly #heap: QueuedAction[] = [];
  #sequence = 0;

  add(key: number, action: () => void): QueuedAction {
    const entry: QueuedAction = { key, sequence: this.#sequence, action };
    this.#sequence += 1;
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as QueuedAction;
      if (!before(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
    return entry;
  }

  /** Key of the first entry that is not cancelled; Infinity when there is none. */
  nextKey(): number {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return Number.POSITIVE_INFINITY;
      if (first.action !== undefined) return first.key;
      this.#removeFirst();
    }
  }

  /** Takes the first entry's action out; call after nextKey() answered a finite key. */
  take(): () => void {
    const first = this.#removeFirst();
    const action = first?.action;
    if (first !== undefined) first.action = undefined;
    return action ?? (() => undefined);
  }

  #removeFirst(): QueuedAction | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && before(heap[right] as QueuedAction, heap[child] as QueuedAction))
        child = right;
      if (!before(heap[child] as QueuedAction, last)) break;
      heap[at] = heap[child] as QueuedAction;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
