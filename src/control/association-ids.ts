/**
 * Association identifiers of mode 6: 1..65535, one for each source, the same as long as the source exists.
 * A source's own number is used where it fits and is free, so that log, status and ntpq speak of the same.
 */
const LARGEST = 0xffff;
/** Sources that are gone are forgotten when so many are remembered. */
const REMEMBERED = 1024;

export class AssociationIds {
  readonly #bySource = new Map<number, number>();
  readonly #taken = new Set<number>();

  /** The identifiers of all present sources, in their order. */
  assign(sources: readonly number[]): number[] {
    if (this.#bySource.size > REMEMBERED) this.#forget(new Set(sources));
    return sources.map((source) => this.#bySource.get(source) ?? this.#new(source));
  }

  #new(source: number): number {
    const whole = Math.abs(Math.trunc(source));
    let id = whole >= 1 && whole <= LARGEST ? whole : 1 + (whole % LARGEST);
    // More than 65,535 sources at a time do not exist: the search ends.
    for (let tries = 0; tries < LARGEST && this.#taken.has(id); tries += 1) id = (id % LARGEST) + 1;
    this.#taken.add(id);
    this.#bySource.set(source, id);
    return id;
  }

  #forget(present: ReadonlySet<number>): void {
    for (const [source, id] of this.#bySource) {
      if (present.has(source)) continue;
      this.#bySource.delete(source);
      this.#taken.delete(id);
    }
  }
}
