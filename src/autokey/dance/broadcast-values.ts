/**
 * The signed autokey values of our broadcast associations, by association ID: what the server's half answers AUTO with
 * (`ServerContext.autokeyValues`), to clients that lost the key list or have just come. Whoever makes a list announces
 * its values here, across threads as they are; signing them is the announcer's.
 * Sources: RFC 5906 §9.3 (broadcast scheme); autokey-reference.md §5 (AUTO) and §9.
 */
import type { AutokeyValue } from '../../wire/autokey-field.js';

/** Survives structured clone. */
export interface BroadcastAnnouncement {
  /** of our broadcast association, 1..65535 */
  readonly associationId: number;
  /** of its key list in use; undefined: the association is no more, or its list cannot be signed */
  readonly values: AutokeyValue | undefined;
}

/** More broadcast lines than anybody writes; what is announced beyond them is not kept. */
const MAX_ASSOCIATIONS = 64;

export class BroadcastValues {
  readonly #values = new Map<number, AutokeyValue>();

  take({ associationId, values }: BroadcastAnnouncement): void {
    if (values === undefined) this.#values.delete(associationId);
    else if (this.#values.has(associationId) || this.#values.size < MAX_ASSOCIATIONS)
      this.#values.set(associationId, values);
  }

  /** For `ServerContext.autokeyValues`. */
  readonly get = (associationId: number): AutokeyValue | undefined => this.#values.get(associationId);
}
