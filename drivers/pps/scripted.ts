/**
 * A pulse source that says what it is told: for tests of everything that takes a PulseSource.
 */
import type { NoonmarkError } from '../../src/errors.js';
import type { Edge, PulseSource } from '../../src/ports/pulse-source.js';

export class ScriptedPulse implements PulseSource {
  readonly name: string;
  /** set: open() throws this */
  refusal: NoonmarkError | undefined;
  #open = false;
  #queue: Edge[] = [];
  #sequence: number;

  /** `sequence`: number of edges the hardware saw before. */
  constructor(name = 'scripted', sequence = 0) {
    this.name = name;
    this.#sequence = sequence >>> 0;
  }

  /** An edge happens; `seen` false: the hardware counts it, and it is lost on the way. */
  edge(assertNs: bigint, seen = true): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    if (this.#open && seen) this.#queue.push({ sequence: this.#sequence, assertNs });
  }

  /** Puts an edge into the queue as it is, for duplicates and other nonsense. */
  inject(edge: Edge): void {
    if (this.#open) this.#queue.push(edge);
  }

  open(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#open = true;
    this.#queue = [];
  }

  poll(): readonly Edge[] {
    const edges = this.#queue;
    this.#queue = [];
    return edges;
  }

  close(): void {
    this.#open = false;
    this.#queue = [];
  }
}
