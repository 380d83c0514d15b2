/**
 * A client association: asks one server by mode 3, from a socket and a random port of its own for each exchange.
 * Owns the exchange in flight; when to ask is PollProcess, what the answer is worth is reply.ts and PeerState.
 * Reply sockets are looked at on timers that grow longer; the kernel has stamped the arrival, so lateness costs nothing.
 * Sources: RFC 5905 §9, §13; RFC 9109 §4 (a port for each request, closed afterwards); RFC 8633 §5.7 (kisses).
 */

import { explain } from '../../errors.js';
import type { ClientSocket } from '../../ports/network.js';
import type { Timer } from '../../ports/scheduler.js';
import type { NtpTimestamp } from '../../units/time.js';
import { MODE } from '../../wire/header.js';
import { canonicalAddress } from '../address.js';
import type { Candidate, SourceView } from '../types.js';
import { authenticatorOf } from './authenticator.js';
import type { Association, AssociationContext, AssociationOwner } from './context.js';
import { type Moment, momentOfArrival } from './exchange.js';
import { FLASH } from './flash.js';
import { obeyKiss } from './kiss.js';
import { type PeerIdentity, PeerState } from './peer-state.js';
import { checkReply, type ReplyVerdict } from './reply.js';
import { REQUEST_ROOM, writeClientRequest } from './request.js';

/** Seconds after the sending at which the socket is looked at. */
const LOOKS = [1, 3, 8, 18, 38, 88, 188, 388, 888, 1888, 3888].map((ms) => ms / 1000);
/** Datagrams taken at one look; a flood of forgeries is not to keep us. */
const AT_ONE_LOOK = 16;
/** The first poll comes within this, so that associations do not start in step. */
const START_SPREAD = 1;

interface Exchange {
  readonly socket: ClientSocket;
  readonly cookie: NtpTimestamp;
  readonly sent: Moment;
  lastLook: Moment;
  look: number;
  timer: Timer | undefined;
}

export class ClientAssociation implements Association {
  readonly id: number;
  readonly state: PeerState;
  readonly taiOffsetSeconds = undefined;
  #running = false;
  #exchange: Exchange | undefined;
  #timer: Timer | undefined;
  readonly #packet = new Uint8Array(REQUEST_ROOM);

  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly owner: AssociationOwner = {},
  ) {
    this.id = identity.id;
    const authenticator = authenticatorOf(identity.config, context, () => this.state.address);
    this.state = new PeerState(identity, authenticator, context);
    this.state.onReachable = () => this.#plan();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#endExchange();
  }

  /** Asks this address from now on; what was learned of another is forgotten. */
  assign(address: string): void {
    const { state } = this;
    const first = state.address === '';
    state.address = address;
    state.localAddress = '';
    state.localPort = 0;
    state.refusal = undefined;
    state.remark = '';
    state.forget('INIT');
    state.poll.restart();
    this.#endExchange();
    if (!first) {
      state.events.report('restart', `${state.label} is asked instead`);
      this.context.sink.changed(this.id);
    }
    this.#begin();
  }

  candidate(): Candidate {
    return this.state.candidate();
  }

  view(): SourceView {
    return this.state.view();
  }

  #begin(): void {
    const { state, context } = this;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#running || state.address === '' || state.refusal === 'denied') return;
    this.#timer = context.scheduler.after(START_SPREAD * context.random.uniform(), () => this.#turn());
  }

  #turn(): void {
    const { state, context, owner } = this;
    this.#noAnswer();
    const inBurst = state.poll.burst > 0;
    const { missed, lost } = state.poll.turn(state.isFit());
    if (missed) state.filter.addNothing();
    if (lost) {
      state.events.report('unreachable', `${state.label} does not answer any more`);
      context.sink.changed(this.id);
    }
    this.#send();
    this.#plan();
    // Last, because the owner may assign another address or stop us.
    if (!inBurst) owner.polled?.();
  }

  #plan(): void {
    const { state, context } = this;
    this.#timer?.cancel();
    this.#timer = context.scheduler.after(state.poll.nextSeconds(context.random), () => this.#turn());
  }

  #send(): void {
    const { state, context } = this;
    if (
      context.ownAddresses().has(canonicalAddress(state.address)) &&
      state.identity.config.port === context.servedPort
    ) {
      state.refusal = 'loop';
      state.remark = 'this is an address of this host itself; remove the line';
      return;
    }
    state.refusal = undefined;
    const cookie = this.#newCookie();
    const { config } = state.identity;
    const length = state.authenticator.seal(
      this.#packet,
      writeClientRequest(this.#packet, config.version, state.poll.interval(), cookie),
    );
    if (length === undefined) {
      state.refusal = 'authentication';
      state.remark = `key ${state.authenticator.keyId} is not in the keys file, not trusted, or not for this address`;
      return;
    }
    let socket: ClientSocket;
    try {
      socket = context.network.connect(state.address, config.port);
    } catch (error) {
      state.remark = explain(error);
      return;
    }
    const before = state.now();
    const kernelNs = socket.send(this.#packet.slice(0, length));
    if (kernelNs === undefined) {
      socket.close();
      state.remark = `the kernel refused to send to ${state.address}; is there a route?`;
      return;
    }
    state.localAddress = socket.localAddress;
    state.localPort = socket.localPort;
    const sent = { ...before, servedNs: context.clock.toServed(kernelNs) };
    const exchange: Exchange = { socket, cookie, sent, lastLook: before, look: 0, timer: undefined };
    this.#exchange = exchange;
    this.#planLook(exchange);
  }

  #newCookie(): NtpTimestamp {
    const { random } = this.context;
    const bytes = random.bytes(8);
    const cookie = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
    // Zero would say "unknown" (2^-64: only a broken generator gets here).
    return cookie === 0n ? 1n : cookie;
  }

  #planLook(exchange: Exchange): void {
    const at = LOOKS[exchange.look];
    if (at === undefined) {
      this.#noAnswer();
      return;
    }
    const elapsed = Number(this.context.scheduler.monotonic() - exchange.sent.monoNs) / 1e9;
    exchange.look += 1;
    exchange.timer = this.context.scheduler.after(Math.max(0, at - elapsed), () => this.#look(exchange));
  }

  #look(exchange: Exchange): void {
    const now = this.state.now();
    for (let taken = 0; taken < AT_ONE_LOOK && this.#exchange === exchange; taken += 1) {
      const packet = exchange.socket.receive();
      if (packet === undefined) break;
      this.#take(exchange, packet.bytes, packet.kernelNs, now);
    }
    exchange.lastLook = now;
    if (this.#exchange === exchange) this.#planLook(exchange);
  }

  #take(exchange: Exchange, bytes: Uint8Array, kernelNs: bigint, now: Moment): void {
    const { state, context } = this;
    const verdict = checkReply(bytes, {
      modes: [MODE.server],
      origin: exchange.cookie,
      lastTransmit: state.lastTransmit,
      authenticator: state.authenticator,
    });
    if (verdict.type === 'discard') {
      // A forged packet must not spoil what an honest one will say: the exchange goes on.
      state.flash = verdict.flash;
      // Only of what carries our origin time: anybody can send what does not.
      if (verdict.flash === FLASH.authentication) this.#notAuthentic('an answer was not authentic');
      return;
    }
    this.#endExchange();
    if (verdict.type === 'nak') {
      state.flash = verdict.flash;
      this.#notAuthentic('the server does not accept our key (crypto-NAK)');
      context.sink.changed(this.id);
      return;
    }
    state.authentic = state.authenticator.required;
    const servedNs = context.clock.toServed(kernelNs);
    if (verdict.type === 'kiss') {
      this.#obey(verdict, servedNs);
      return;
    }
    const { header } = verdict;
    state.flash = verdict.flash;
    state.takeVariables(header, servedNs);
    if (verdict.flash === 0) {
      const arrived = momentOfArrival(servedNs, exchange.lastLook, now);
      state.takeTimes(header, exchange.sent, arrived, now.monoNs);
      return;
    }
    state.remark =
      verdict.flash & FLASH.packetStratum
        ? 'it answers, but says that it is not synchronised'
        : 'it answers with times that cannot be';
    context.sink.changed(this.id);
  }

  #obey({ code, header }: Extract<ReplyVerdict, { type: 'kiss' }>, servedNs: bigint): void {
    const { state, context, owner } = this;
    const outcome = obeyKiss(state, code, header, servedNs);
    if (outcome === 'stop') this.#timer?.cancel();
    if (outcome === 'slower') this.#plan();
    context.sink.changed(this.id);
    if (outcome === 'stop') owner.denied?.();
  }

  #notAuthentic(what: string): void {
    const { state } = this;
    state.authentic = false;
    state.remark = what;
    state.events.report('badAuthentication', `${state.label}: ${what}`);
  }

  #noAnswer(): void {
    if (this.#exchange === undefined) return;
    this.#endExchange();
    this.state.events.report('noReply', `${this.state.label} did not answer`);
    if (this.state.flash !== 0) return;
    // chronyd and ntpsec's ntpd do so; the reference sends a crypto-NAK.
    const hint = '; some servers say nothing to a key that they do not accept';
    this.state.remark = `it does not answer${this.state.authenticator.required ? hint : ''}`;
  }

  #endExchange(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    exchange.timer?.cancel();
    exchange.socket.close();
  }
}
