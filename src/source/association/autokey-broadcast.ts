/**
 * Autokey of one broadcast association: has its key lists signed by the crypto thread, announces their values to the
 * server's half, and hands over each packet's field and session key. When packets leave is broadcast.ts's.
 */
import { BroadcastServer } from '../../autokey/dance/broadcast-server.js';
import type { AutokeyEnd } from '../../autokey/dance/end.js';
import type { SessionSeal } from '../../autokey/session-key.js';
import type { Random } from '../../ports/random.js';
import type { AutokeyPort } from './autokey-port.js';

interface Engagement {
  readonly end: AutokeyEnd;
  /** what the list's keys hash: addresses and pace */
  readonly meaning: string;
  readonly server: BroadcastServer;
}

export interface SealedField {
  readonly field: Uint8Array;
  readonly session: SessionSeal;
}

export class AutokeyBroadcast {
  #engagement: Engagement | undefined;
  #isSigning = false;
  #isStopped = false;

  constructor(
    private readonly port: AutokeyPort,
    private readonly associationId: number,
    private readonly random: Random,
  ) {}

  /** Our status word; undefined: no keys. */
  get flags(): number | undefined {
    return this.port.end()?.values.flags;
  }

  stop(): void {
    this.#isStopped = true;
    this.#engagement = undefined;
    this.port.announce({ associationId: this.associationId, values: undefined });
  }

  /**
   * What the next packet from `own` to `destination` (network order) carries, given to `send` at once or when its list is
   * signed; never when the crypto thread is too busy. Answers what is in the way, in words; undefined: nothing.
   */
  next(
    own: Uint8Array,
    destination: Uint8Array,
    pollSeconds: number,
    send: (sealed: SealedField) => void,
  ): string | undefined {
    const { port } = this;
    const end = port.end();
    if (end === undefined) return 'there are no usable keys for Autokey: see the log, or noonmark check';
    const server = this.#engage(end, own, destination, pollSeconds);
    const draft = this.#isSigning ? undefined : server.draft(port.time(), pollSeconds);
    const isSent = this.#hand(server, send);
    if (draft === undefined) return isSent ? undefined : 'the values of its key list are being signed';
    this.#isSigning = true;
    void port.sign(draft.toSign).then((signature) => {
      this.#isSigning = false;
      if (signature === undefined || this.#isStopped || this.#engagement?.server !== server) return;
      server.signed(draft, signature);
      if (!isSent) this.#hand(server, send);
    });
    return undefined;
  }

  #hand(server: BroadcastServer, send: (sealed: SealedField) => void): boolean {
    const packet = server.next();
    if (packet === undefined) return false;
    const { associationId } = this;
    if (packet.values !== undefined) this.port.announce({ associationId, values: packet.values });
    send({ field: packet.field, session: packet.seal });
    return true;
  }

  #engage(end: AutokeyEnd, own: Uint8Array, destination: Uint8Array, pollSeconds: number): BroadcastServer {
    const meaning = `${own.join('.')} ${destination.join('.')} ${pollSeconds} ${this.port.automax}`;
    const known = this.#engagement;
    if (known?.end === end && known.meaning === meaning) return known.server;
    const { associationId, random, port } = this;
    const { automax } = port;
    const server = new BroadcastServer({
      ...{ values: end.values, own, destination, associationId, automax, random },
    });
    this.#isSigning = false;
    this.#engagement = { end, meaning, server };
    return server;
  }
}
