/**
 * Requests that wait, fair by group and within it by client, one of each client. Pure; how many may wait and who is in which
 * group is the budget's business.
 */
export interface Place {
  readonly group: string;
  readonly client: string;
}

export class FairQueue<T extends Place> {
  /** by group and client; the group that was served last is last */
  readonly #groups = new Map<string, Map<string, T>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many of a group wait. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  has({ group, client }: Place): boolean {
    return this.#groups.get(group)?.has(client) === true;
  }

  /** How many of the largest group wait. */
  get largest(): number {
    let size = 0;
    for (const clients of this.#groups.values()) size = Math.max(size, clients.size);
    return size;
  }

  /** The newest one takes the place of what its client has waiting. True: there was such a one. */
  put(item: T): boolean {
    const clients = this.#groups.get(item.group);
    const had = clients?.has(item.client) === true;
    if (clients === undefined) this.#groups.set(item.group, new Map([[item.client, item]]));
    else clients.set(item.client, item);
    if (!had) this.#length += 1;
    return had;
  }

  /** The first of each group, whose turn is next first. */
  *heads(): Generator<T> {
    for (const clients of this.#groups.values())
      for (const [, item] of clients) {
        yield item;
        break;
      }
  }

  /** Takes one out to be served: every other group has its turn before another of this one. */
  take(item: T): void {
    this.remove(item);
    const rest = this.#groups.get(item.group);
    if (rest === undefined) return;
    this.#groups.delete(item.group);
    this.#groups.set(item.group, rest);
  }

  remove({ group, client }: Place): boolean {
    const clients = this.#groups.get(group);
    if (clients?.delete(client) !== true) return false;
    this.#length -= 1;
    if (clients.size === 0) this.#groups.delete(group);
    return true;
  }

  /** Takes out the newest of the largest group. */
  shrink(): boolean {
    let largest: Map<string, T> | undefined;
    for (const clients of this.#groups.values()) if (clients.size > (largest?.size ?? 0)) largest = clients;
    const newest = [...(largest?.values() ?? [])].at(-1);
    return newest !== undefined && this.remove(newest);
  }

  /** Takes out what `isOver` says; answers how many. */
  drop(isOver: (item: T) => boolean): number {
    let dropped = 0;
    for (const clients of this.#groups.values())
      for (const item of clients.values()) if (isOver(item) && this.remove(item)) dropped += 1;
    return dropped;
  }
}
