/**
 * The mode 6 service of the running daemon: answerControl with what must last from one request to the next (secret,
 * association identifiers, budget, the list of clients that is being read, counts). Never throws.
 */
import type { SymmetricKey } from '../auth/mac.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { Random } from '../ports/random.js';
import type { DaemonView } from '../status/view.js';
import { AssociationIds } from './association-ids.js';
import type { MruBounds } from './context.js';
import { ClientList } from './mru-list.js';
import type { Requester } from './nonce.js';
import { ReplyBudget } from './reply-budget.js';
import { answerControl, type ControlRefusal } from './responder.js';

export interface ControlServiceOptions {
  readonly view: DaemonView;
  readonly random: Random;
  readonly log: Log;
  /** ns of a clock that never steps */
  readonly monotonic: () => bigint;
  /** the trusted keys in force */
  readonly keys: () => ReadonlyMap<number, SymmetricKey>;
  /** the client table's bounds in force */
  readonly mru: () => MruBounds;
}

/** A list of clients is made anew after this: reading thousands takes dozens of requests, sorting takes its time. */
const LIST_LIFETIME_NS = 1_000_000_000n;

export class ControlService {
  readonly associationIds = new AssociationIds();
  readonly #options: ControlServiceOptions;
  readonly #secret: Uint8Array;
  readonly #budget = new ReplyBudget();
  readonly #refusals = new Map<ControlRefusal, number>();
  #requests = 0;
  /** held weakly: it is large, and nobody may ask again */
  #list: { readonly madeAt: bigint; readonly clients: WeakRef<ClientList> } | undefined;

  constructor(options: ControlServiceOptions) {
    this.#options = options;
    this.#secret = options.random.bytes(32);
  }

  /** `restrictions`: RES bits of the sender, as the responder's thread found them. Answers what to send to him. */
  answer(request: Uint8Array, from: Requester, restrictions: number): readonly Uint8Array[] {
    this.#requests += 1;
    try {
      return this.#answer(request, from, restrictions);
    } catch (error) {
      this.#refuse('failed');
      this.#options.log.write(
        'error',
        'control-failed',
        `a mode 6 request could not be answered: ${explain(error)}`,
      );
      return [];
    }
  }

  /** requests that got no answer, by reason */
  get refusals(): ReadonlyMap<ControlRefusal, number> {
    return this.#refusals;
  }
  get requests(): number {
    return this.#requests;
  }

  #answer(request: Uint8Array, from: Requester, restrictions: number): readonly Uint8Array[] {
    const { view, monotonic, keys, mru } = this.#options;
    const monoNs = monotonic();
    const { packets, refusal, proven } = answerControl(request, from, view, {
      monoNs,
      secret: this.#secret,
      restrictions,
      keys: keys(),
      associationIds: this.associationIds,
      mru: mru(),
      requests: this.#requests,
      clients: () => this.#clients(monoNs),
    });
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return [];
    }
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0);
    if (!isLoopback(from.address) && !this.#budget.allow(from.address, bytes, proven, monoNs)) {
      this.#refuse('budget');
      return [];
    }
    return packets;
  }

  #refuse(refusal: ControlRefusal): void {
    this.#refusals.set(refusal, (this.#refusals.get(refusal) ?? 0) + 1);
  }

  #clients(monoNs: bigint): ClientList {
    const last = this.#list;
    const kept =
      last !== undefined && monoNs - last.madeAt < LIST_LIFETIME_NS ? last.clients.deref() : undefined;
    if (kept !== undefined) return kept;
    const { view } = this.#options;
    const clients = new ClientList(view.clients(Number.MAX_SAFE_INTEGER), view.system().nowNs);
    this.#list = { madeAt: monoNs, clients: new WeakRef(clients) };
    return clients;
  }
}

/** 127/8, ::1, and 127/8 as an IPv4-mapped address. */
function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  const zeros = address.subarray(0, 10).every((byte) => byte === 0);
  if (!zeros) return false;
  if (address[10] === 0xff && address[11] === 0xff) return address[12] === 127;
  return address.subarray(10, 15).every((byte) => byte === 0) && address[15] === 1;
}
