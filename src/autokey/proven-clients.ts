/**
 * Which clients have shown that they receive what is sent to their address: they repeat, as the origin time of their next
 * request, the transmit time of an answer of ours, as ntpd of all ages and noonmark do. A forged sender does not see our
 * answers and would have to guess a fraction of a second to the nanosecond. Bounded memory; pure.
 */

/** Answers remembered: at the rate at which the responder lets requests pass, those of the last quarter of a minute. */
const MOST_TOLD = 4096;
const MOST_PROVEN = 1024;
/** A lost answer is no reason to begin anew. */
const ANSWERS_EACH = 2;
/** s without a proof; clients that have danced through come back after days. */
export const PROOF_LIFE = 3600;

export class ProvenClients {
  /** last told, last in the map */
  readonly #told = new Map<string, readonly bigint[]>();
  /** s; last proven, last in the map */
  readonly #proven = new Map<string, number>();

  /** An answer with this transmit time went to that address. */
  told(client: string, transmitTime: bigint): void {
    const before = this.#told.get(client) ?? [];
    this.#told.delete(client);
    this.#told.set(client, [transmitTime, ...before].slice(0, ANSWERS_EACH));
    trim(this.#told, MOST_TOLD);
  }

  /** A request with this origin time came from there: is the address proven, now or of late? `now`: s, monotonic. */
  isProven(now: number, client: string, originTime: bigint): boolean {
    if (originTime !== 0n && this.#told.get(client)?.includes(originTime) === true) {
      this.#proven.delete(client);
      this.#proven.set(client, now);
      trim(this.#proven, MOST_PROVEN);
      return true;
    }
    const since = this.#proven.get(client);
    if (since === undefined) return false;
    if (now - since < PROOF_LIFE) return true;
    this.#proven.delete(client);
    return false;
  }

  get size(): number {
    return this.#told.size + this.#proven.size;
  }
}

function trim(map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
