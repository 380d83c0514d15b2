/**
 * The sockets of a client association: one to connect, perhaps held while its packet is being signed, then one exchange in
 * flight at most. Owns them, and that they are closed; when to ask, and what an answer is worth, is the association's business.
 * Source: RFC 9109 §4 (a port for each request, closed afterwards).
 */
import { explain } from '../../errors.js';
import type { ClientSocket } from '../../ports/network.js';
import type { NtpTimestamp } from '../../units/time.js';
import type { AssociationContext } from './context.js';
import type { Moment } from './exchange.js';
import type { PeerState } from './peer-state.js';
import { ReplyWatch, type ReplyWatchParts } from './reply-watch.js';

export class ClientWire {
  #exchange: ReplyWatch | undefined;
  /** whose packet is being signed */
  #unsent: ClientSocket | undefined;

  constructor(
    private readonly state: PeerState,
    private readonly context: AssociationContext,
    private readonly taker: Pick<ReplyWatchParts, 'take' | 'silence'>,
  ) {}

  /** An answer is being waited for. */
  get isWaiting(): boolean {
    return this.#exchange !== undefined;
  }

  /** Undefined: there is no way; the state says why. */
  connect(): ClientSocket | undefined {
    const { state, context } = this;
    try {
      return context.network.connect(state.address, state.identity.config.port);
    } catch (error) {
      state.remark = explain(error);
      return undefined;
    }
  }

  /** Its packet is being made. */
  hold(socket: ClientSocket): void {
    this.#unsent = socket;
  }

  /** Its packet is made. False: nobody waits for it any more, and the socket is closed. */
  release(socket: ClientSocket): boolean {
    if (this.#unsent !== socket) return false;
    this.#unsent = undefined;
    return true;
  }

  drop(): void {
    this.#unsent?.close();
    this.#unsent = undefined;
  }

  /** Sends, and waits for the answer. Answers when that was; undefined: the kernel refused. */
  transmit(
    socket: ClientSocket,
    packet: Uint8Array,
    origin: NtpTimestamp,
    patience: number,
  ): Moment | undefined {
    const { state, context } = this;
    const before = state.now();
    const kernelNs = socket.send(packet);
    if (kernelNs === undefined) {
      socket.close();
      state.remark = `the kernel refused to send to ${state.address}; is there a route?`;
      return undefined;
    }
    state.localAddress = socket.localAddress;
    state.localPort = socket.localPort;
    const sent = { ...before, servedNs: context.clock.toServed(kernelNs) };
    this.#exchange = new ReplyWatch({
      ...{ socket, origin, sent, patience, scheduler: context.scheduler, ...this.taker },
      now: () => state.now(),
    });
    return sent;
  }

  /** Nothing is sent or waited for any more. Answers whether something was waited for. */
  end(): boolean {
    this.drop();
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    this.#exchange = undefined;
    exchange.close();
    return true;
  }
}
