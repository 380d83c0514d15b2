/**
 * A client association: asks one server by mode 3, from a socket and a random port of its own for each exchange.
 * Owns what is done with an answer or without one; the sockets are client-wire.ts's, when to ask is PollProcess, what the
 * answer is worth is reply.ts and PeerState, what Autokey makes of either is autokey-client.ts.
 * Sources: RFC 5905 §9, §13; RFC 8633 §5.7 (kisses).
 */

import type { ClientDance } from '../../autokey/dance/client.js';
import { faultText, isDistrust } from '../../autokey/dance/fault.js';
import type { ClientSocket } from '../../ports/network.js';
import type { Timer } from '../../ports/scheduler.js';
import type { NtpTimestamp } from '../../units/time.js';
import { MODE } from '../../wire/header.js';
import { canonicalAddress } from '../address.js';
import { BURST_SPACING, UNREACH_LIMIT } from '../constants.js';
import type { Candidate, SourceView } from '../types.js';
import { authenticatorOf } from './authenticator.js';
import { AutokeyClient, type AutokeyStep, type HeardServer } from './autokey-client.js';
import { ClientWire } from './client-wire.js';
import type { Association, AssociationContext, AssociationOwner } from './context.js';
import { type Moment, momentOfArrival } from './exchange.js';
import { FLASH } from './flash.js';
import { obeyKiss } from './kiss.js';
import { type PeerIdentity, PeerState } from './peer-state.js';
import { checkReply, judgeContent, openReply, type ReplyVerdict } from './reply.js';
import type { ReplyWatch } from './reply-watch.js';
import { newOrigin, REQUEST_ROOM, writeClientRequest } from './request.js';
import { SendCredit } from './send-credit.js';

/** So long after an answer that may have set our clock what remains to be asked is asked, s. */
const LATE_SECONDS = 2;
/** An answer is waited for so long, s. */
const PATIENCE = 4;
/** The first poll comes within this, so that associations do not start in step. */
const START_SPREAD = 1;

export class ClientAssociation implements Association {
  readonly id: number;
  readonly state: PeerState;
  readonly #autokey: AutokeyClient | undefined;
  readonly #credit = new SendCredit();
  #running = false;
  readonly #wire: ClientWire;
  #timer: Timer | undefined;
  #late: Timer | undefined;
  /** the last request was not answered */
  #isSilent = false;
  readonly #packet = new Uint8Array(REQUEST_ROOM);

  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly owner: AssociationOwner = {},
    broadcast?: HeardServer,
  ) {
    this.id = identity.id;
    const { config } = identity;
    if (config.autokey && context.autokey !== undefined)
      this.#autokey = new AutokeyClient({
        ...{ port: context.autokey, config, associationId: identity.id, random: context.random },
        monotonic: () => context.clock.monotonic(),
        onStep: (step) => this.#danced(step),
        broadcast,
      });
    const authenticator = this.#autokey ?? authenticatorOf(config, context, () => this.state.address);
    this.state = new PeerState(identity, authenticator, context);
    this.state.onReachable = () => this.#plan();
    this.#wire = new ClientWire(this.state, context, {
      take: (exchange, bytes, kernelNs, now) => this.#take(exchange, bytes, kernelNs, now),
      silence: () => this.#noAnswer(),
    });
  }

  /** TAI - UTC as the server told it by Autokey. */
  get taiOffsetSeconds(): number | undefined {
    return this.#autokey?.taiOffsetSeconds;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#begin();
  }

  stop(): void {
    this.rest();
    this.#autokey?.forget();
  }

  /** Asks no more, until it is started again; what was learned stays. */
  rest(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#late?.cancel();
    this.#endExchange();
  }

  /** Undefined: without Autokey, or not begun. */
  get dance(): ClientDance | undefined {
    return this.#autokey?.dance;
  }
  /** Is there nothing left to be asked but the time? */
  get isComplete(): boolean {
    return this.#autokey?.isComplete ?? true;
  }

  /** Asks this address from now on; what was learned of another is forgotten. */
  assign(address: string): void {
    this.#endExchange();
    this.#autokey?.forget();
    this.state.assign(address);
    this.#begin();
  }

  candidate(): Candidate {
    return this.state.candidate();
  }

  view(): SourceView {
    const autokey = this.#autokey?.view();
    return autokey === undefined ? this.state.view() : { ...this.state.view(), autokey };
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
    const isLongSilent = lost || state.poll.unreach % UNREACH_LIMIT === UNREACH_LIMIT - 1;
    // Whoever does not answer may have lost what the cookie was made of, and some say nothing then.
    if (isLongSilent && this.#isSilent) this.#autokey?.restart();
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
    const next = state.poll.nextSeconds(context.random, this.#burstSpacing());
    this.#timer = context.scheduler.after(next, () => this.#turn());
  }

  /** Seconds to the next packet of a burst; a burst that servers would not bear is ended. */
  #burstSpacing(): number {
    const { poll } = this.state;
    if (this.#autokey === undefined || poll.burst === 0) return BURST_SPACING;
    const isAsked = this.#autokey.question !== undefined && this.#wire.isWaiting;
    if (isAsked || this.#autokey.isBusy) return this.#autokey.patience;
    const spacing = this.#credit.spacing(this.context.clock.monotonic());
    if (spacing > BURST_SPACING) poll.burst = 0;
    return spacing;
  }

  #send(): void {
    const { state, context } = this;
    if (
      context.ownAddresses().has(canonicalAddress(state.address)) &&
      state.identity.config.port === context.servedPort
    ) {
      state.refuseLoop();
      return;
    }
    state.refusal = undefined;
    const origin = newOrigin(context.random);
    const { config } = state.identity;
    const length = writeClientRequest(this.#packet, config.version, state.poll.interval(), origin);
    if (this.#autokey !== undefined) {
      this.#ask(this.#autokey, this.#packet.slice(0, length), origin);
      return;
    }
    const sealed = state.authenticator.seal(this.#packet, length);
    if (sealed === undefined) {
      state.refuseKey();
      return;
    }
    const socket = this.#wire.connect();
    if (socket !== undefined) this.#transmit(socket, this.#packet.slice(0, sealed), origin);
  }

  /** By Autokey: our address must be known before the packet can be made, and a signature may take its time. */
  #ask(autokey: AutokeyClient, header: Uint8Array, origin: NtpTimestamp): void {
    const { state } = this;
    const socket = autokey.isBusy ? undefined : this.#wire.connect();
    if (socket === undefined) return;
    this.#wire.hold(socket);
    const obstacle = autokey.ask(state.address, socket.localAddress, header, (packet) => {
      if (this.#wire.release(socket)) this.#transmit(socket, packet, origin);
    });
    if (obstacle === undefined) {
      if (!state.authentic) state.remark = `Autokey: ${autokey.words}`;
      return;
    }
    this.#wire.drop();
    if (!autokey.ready()) state.refusal = 'authentication';
    state.remark = obstacle;
  }

  #transmit(socket: ClientSocket, packet: Uint8Array, origin: NtpTimestamp): void {
    const sent = this.#wire.transmit(socket, packet, origin, this.#autokey?.patience ?? PATIENCE);
    if (sent !== undefined) this.#credit.sent(sent.monoNs);
  }

  #take(exchange: ReplyWatch, bytes: Uint8Array, kernelNs: bigint, now: Moment): void {
    const { state, context } = this;
    const autokey = this.#autokey;
    if (autokey !== undefined) {
      this.#takeAutokey(autokey, exchange, bytes, kernelNs, now);
      return;
    }
    const verdict = checkReply(bytes, {
      modes: [MODE.server],
      origin: exchange.origin,
      lastTransmit: state.lastTransmit,
      authenticator: state.authenticator,
    });
    if (verdict.type === 'discard') {
      // A forged packet must not spoil what an honest one will say: the exchange goes on.
      state.flash = verdict.flash;
      // Only of what carries our origin time: anybody can send what does not.
      if (verdict.flash === FLASH.authentication) state.notAuthentic('an answer was not authentic');
      return;
    }
    this.#endExchange();
    if (verdict.type === 'nak') {
      state.flash = verdict.flash;
      state.notAuthentic('the server does not accept our key (crypto-NAK)');
      context.sink.changed(this.id);
      return;
    }
    this.#use(verdict, exchange, kernelNs, now);
  }

  /** By Autokey: only what its cookie authenticates and answers a plain packet is used, whatever a header says. */
  #takeAutokey(
    autokey: AutokeyClient,
    exchange: ReplyWatch,
    bytes: Uint8Array,
    kernelNs: bigint,
    now: Moment,
  ): void {
    const { state } = this;
    const { lastTransmit } = state;
    const opened = openReply(bytes, { modes: [MODE.server], origin: exchange.origin, lastTransmit });
    if (opened.header === undefined || opened.flash !== 0) {
      state.flash = opened.flash;
      return;
    }
    const verdict = judgeContent(opened.header);
    const answer = autokey.receive(bytes);
    switch (answer.kind) {
      case 'ignored':
        state.flash = FLASH.authentication;
        if (answer.isAuthentic && verdict.type === 'kiss') break;
        if (verdict.type === 'kiss') state.remark = `it says ${verdict.code}, which nobody has authenticated`;
        return;
      case 'dance':
        this.#endExchange();
        state.flash = FLASH.autokey;
        return;
      case 'time':
        break;
    }
    this.#endExchange();
    this.#use(verdict, exchange, kernelNs, now);
  }

  /** A step of the dance has come to its end. */
  #danced({ mayAskOn, report }: AutokeyStep): void {
    const { state, context } = this;
    const autokey = this.#autokey;
    if (autokey === undefined || !this.#running) return;
    state.authentic = autokey.dance?.isProven ?? false;
    if (report !== undefined) {
      if (!state.authentic && isDistrust(report.fault) && state.poll.reach !== 0) {
        state.forget('CRYP');
        state.poll.reach = 0;
      }
      state.flash = FLASH.crypto | (state.authentic ? 0 : FLASH.authentication);
      state.events.report('badAuthentication', `${state.label}: ${faultText(report)}`);
    }
    if (!state.authentic) state.remark = `Autokey: ${autokey.words}`;
    const { iburst, burst } = state.identity.config;
    // Who has had time from it is not to lose it for long.
    if (mayAskOn && (iburst || burst || autokey.wasProven)) this.#askOn();
    context.sink.changed(this.id);
  }

  /** The next packet before the next poll, as soon as servers bear it. */
  #askOn(): void {
    this.#timer?.cancel();
    const spacing = this.#credit.spacing(this.context.clock.monotonic());
    this.#timer = this.context.scheduler.after(spacing, () => {
      this.#noAnswer();
      this.#send();
      this.#plan();
    });
  }

  /** What is asked when our clock is set need not wait for the next poll after it was. */
  #finishDance(autokey: AutokeyClient): void {
    const { poll } = this.state;
    this.#late?.cancel();
    if (poll.burst > 0 || autokey.isComplete) return;
    this.#late = this.context.scheduler.after(LATE_SECONDS, () => {
      if (!this.#wire.isWaiting && autokey.wantsMore) this.#askOn();
    });
  }

  /** An authentic answer. */
  #use(
    verdict: Extract<ReplyVerdict, { type: 'kiss' | 'reply' }>,
    exchange: ReplyWatch,
    kernelNs: bigint,
    now: Moment,
  ): void {
    const { state, context } = this;
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
      if (this.#autokey !== undefined) this.#finishDance(this.#autokey);
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

  #noAnswer(): void {
    if (!this.#wire.isWaiting) return;
    this.#endExchange();
    this.#isSilent = true;
    this.state.events.report('noReply', `${this.state.label} did not answer`);
    if (this.state.flash !== 0) return;
    // chronyd and ntpsec's ntpd do so; the reference sends a crypto-NAK.
    const ofKeys = '; some servers say nothing to a key that they do not accept';
    this.state.remark = `it does not answer${this.#autokey?.silenceWords ?? (this.state.authenticator.required ? ofKeys : '')}`;
  }

  #endExchange(): void {
    if (this.#wire.end()) this.#isSilent = false;
  }
}
