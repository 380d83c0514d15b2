/**
 * A symmetric association, active (`peer`) or passive: each side tells the other its time at its own polls, from the served
 * port, and with Autokey in between as long as there is something to answer. Owns when it sends, and what a packet of the
 * peer's means; the times that go back and forth are symmetric-wire.ts's, what Autokey puts into packets is autokey-peer.ts's.
 * Without a key anybody who can forge the peer's address can disturb it (RFC 8633 §5.3 says so of the mode): state is
 * taken over from packets that do not answer ours only while nothing better comes.
 * Sources: RFC 5905 §8 (on-wire protocol), A.5.1, A.5.7.3; RFC 9109 §4 (symmetric modes keep the served port).
 */
import type { Timer } from '../../ports/scheduler.js';
import { HEADER_LENGTH, MODE, type NtpHeader } from '../../wire/header.js';
import { BURST_SPACING } from '../constants.js';
import type { Candidate, SourceView } from '../types.js';
import { AnswerPace } from './answer-pace.js';
import { type Authenticator, authenticatorOf } from './authenticator.js';
import { AutokeyPeer, type PeerVerdict, type ReadyPacket } from './autokey-peer.js';
import type {
  Association,
  AssociationContext,
  AssociationOwner,
  ServedPacket,
  ServedPort,
} from './context.js';
import type { Moment } from './exchange.js';
import { FLASH } from './flash.js';
import { obeyKiss } from './kiss.js';
import { type PeerIdentity, PeerState } from './peer-state.js';
import { checkReply } from './reply.js';
import { SymmetricWire } from './symmetric-wire.js';

const START_SPREAD = 1;
/** A packet that the ring brought later than this after its arrival stamp was held up, or the clock was stepped. */
const LATEST_SECONDS = 2;
/** Without a valid exchange for this many polls, packets that answer nothing may begin a new one. */
const ESTRANGED_POLLS = 4;
/** Crypto-NAKs begin the dance anew this often at most, s. */
const NAK_SECONDS = 16;
/** Key ID and digest, at most, of Autokey's MAC. */
const SESSION_MAC_LENGTH = 24;

/** Where symmetric associations send to, and who brings them what comes in. */
export interface SymmetricSide {
  readonly port: ServedPort;
  readonly router: {
    add(association: SymmetricAssociation): void;
    delete(association: SymmetricAssociation): void;
  };
}

export class SymmetricAssociation implements Association {
  readonly id: number;
  readonly state: PeerState;
  readonly #autokey: AutokeyPeer | undefined;
  readonly #pace = new AnswerPace();
  #running = false;
  #timer: Timer | undefined;
  /** the next answer, and the next try */
  #soon: Timer | undefined;
  #retry: Timer | undefined;
  readonly #wire: SymmetricWire;
  #pollsSinceAnswer = ESTRANGED_POLLS;
  #heardInPoll = false;
  #nakAt = Number.NEGATIVE_INFINITY;
  #isComposing = false;
  /** something was to be sent meanwhile */
  #isSendDue = false;
  /** a packet answered one of ours: its address is no forged one */
  #hasAnswered = false;
  /** of its last packet, until it is answered */
  #heardBytes = 0;

  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly side: SymmetricSide,
    private readonly owner: AssociationOwner = {},
  ) {
    this.id = identity.id;
    const { config } = identity;
    const { autokey: port, random, clock } = context;
    if (config.autokey && config.key === undefined && port !== undefined)
      this.#autokey = new AutokeyPeer({
        ...{ port, config, associationId: identity.id, random },
        monotonic: () => clock.monotonic(),
        hasAnswered: () => this.#hasAnswered,
        onReady: () => this.#answerSoon(),
        onTrouble: (words) => this.#inTrouble(words),
      });
    const authenticator = this.#autokey ?? authenticatorOf(config, context, () => this.state.address);
    this.state = new PeerState(identity, authenticator, context);
    this.state.onReachable = () => this.#plan();
    this.#wire = new SymmetricWire(this.state, context, side.port);
  }

  get taiOffsetSeconds(): number | undefined {
    return this.#autokey?.taiOffsetSeconds;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.side.router.add(this);
    this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.side.router.delete(this);
    this.#cancelTimers();
    this.#autokey?.forget();
  }

  assign(address: string): void {
    this.#autokey?.forget();
    this.#wire.forget();
    this.#hasAnswered = false;
    this.#pollsSinceAnswer = ESTRANGED_POLLS;
    this.state.assign(address);
    this.#begin();
  }

  candidate(): Candidate {
    return this.state.candidate();
  }

  view(): SourceView {
    const autokey = this.#autokey?.view();
    return {
      ...this.state.view(),
      localPort: this.context.servedPort,
      ...(autokey === undefined ? {} : { autokey }),
    };
  }

  /** What takes a clock that is set, ours or the peer's, is not left to the next poll. */
  clockSet(): void {
    if (this.#autokey?.dance?.isDancing === true) this.#answerSoon();
  }

  /** A mode 1 or 2 packet from the peer's address. */
  receive(packet: ServedPacket): void {
    const { state, context } = this;
    if (!this.#running || state.refusal === 'denied') return;
    const { bytes } = packet;
    const wasPeerSynchronised = this.#wire.isPeerSynchronised;
    const opened = this.#autokey?.receive(bytes, state.address, packet.localAddress);
    if (opened === undefined || opened.auth === 'ok') state.localAddress = packet.localAddress;
    const answered = this.#wire.answeredBy(bytes);
    const now = state.now();
    const servedNs = context.clock.toServed(packet.kernelNs);
    const verdict = checkReply(bytes, {
      modes: [MODE.symmetricActive, MODE.symmetricPassive],
      origin: answered?.transmitTime ?? 0n,
      lastTransmit: state.lastTransmit,
      authenticator: opened === undefined ? state.authenticator : judged(opened),
    });
    switch (verdict.type) {
      case 'discard': {
        state.flash = verdict.flash;
        if (verdict.flash & FLASH.authentication && opened === undefined)
          state.notAuthentic('a packet was not authentic');
        const estranged = this.#pollsSinceAnswer >= ESTRANGED_POLLS;
        const startable = verdict.flash & (FLASH.bogus | FLASH.unsynchronised);
        const { header } = verdict;
        if (
          header !== undefined &&
          header.transmitTime !== 0n &&
          startable &&
          (estranged || state.authenticator.required)
        )
          this.#wire.heard(header, servedNs);
        break;
      }
      case 'nak':
        state.flash = verdict.flash;
        state.notAuthentic('the peer does not accept our key (crypto-NAK)');
        this.#beginAnew();
        context.sink.changed(this.id);
        break;
      case 'kiss': {
        // An unsynchronised peer looks the same, and is to hear from us all the same.
        this.#answered(verdict.header, servedNs);
        // Anybody can make a packet with a field, so that what it forbids is not obeyed.
        const code = opened === undefined || opened.isTime ? verdict.code : 'INIT';
        const outcome = obeyKiss(state, code, verdict.header, servedNs);
        if (outcome === 'stop') this.#cancelTimers();
        if (outcome === 'slower') this.#plan();
        context.sink.changed(this.id);
        if (outcome === 'stop') this.owner.denied?.();
        break;
      }
      case 'reply': {
        const { header } = verdict;
        this.#answered(header, servedNs);
        const isTime = opened?.isTime ?? true;
        state.flash = verdict.flash | (isTime ? 0 : FLASH.autokey);
        state.takeVariables(header, servedNs);
        if (verdict.flash !== 0 || answered === undefined) {
          state.remark = 'the peer answers, but says that it is not synchronised';
          context.sink.changed(this.id);
        } else if (isTime) {
          // Held up on its way here, or the clock was stepped.
          const late = Number(now.servedNs - servedNs) / 1e9;
          const usable = late > -0.001 && late < LATEST_SECONDS;
          const arrived: Moment = { ...now, servedNs, monoNs: now.monoNs - (now.servedNs - servedNs) };
          state.takeTimes(header, answered.sent, usable ? arrived : undefined, now.monoNs);
        }
      }
    }
    if (opened === undefined) return;
    this.#hasAnswered ||= opened.auth === 'ok' && answered !== undefined;
    this.#heardBytes = bytes.length;
    this.#goOn(opened, packet);
    if (opened.auth === 'ok' && this.#wire.isPeerSynchronised && !wasPeerSynchronised) this.clockSet();
  }

  #answered(header: NtpHeader, arrivedNs: bigint): void {
    this.#pollsSinceAnswer = 0;
    this.state.authentic = this.state.authenticator.required;
    this.#wire.answered(header, arrivedNs);
  }

  /** With Autokey: what the packet calls for. */
  #goOn(opened: PeerVerdict, packet: ServedPacket): void {
    if (opened.auth === 'ok') {
      this.state.authentic = true;
      this.#wire.cameBy(packet);
    }
    if (opened.auth !== 'ok' && !opened.isStrange) return;
    this.#pace.heard();
    this.#heardInPoll = true;
    this.#retry?.cancel();
    if (opened.isStrange) this.#sendNak(packet);
    else if (opened.wantsAnswer && this.#autokey?.isWorking !== true) this.#answerSoon();
  }

  /** The peer does not know our cookie any more. */
  #beginAnew(): void {
    const now = this.#seconds();
    if (this.#autokey === undefined || now - this.#nakAt < NAK_SECONDS) return;
    this.#nakAt = now;
    this.#autokey.restart();
    this.#answerSoon();
  }

  #begin(): void {
    const { state, context } = this;
    this.#cancelTimers();
    if (!this.#running || state.address === '' || state.refusal === 'denied') return;
    this.#timer = context.scheduler.after(START_SPREAD * context.random.uniform(), () => this.#turn());
  }

  #plan(): void {
    const { state, context } = this;
    this.#timer?.cancel();
    this.#timer = context.scheduler.after(state.poll.nextSeconds(context.random), () => this.#turn());
  }

  #cancelTimers(): void {
    for (const timer of [this.#timer, this.#soon, this.#retry]) timer?.cancel();
    this.#timer = undefined;
    this.#soon = undefined;
    this.#retry = undefined;
  }

  #turn(): void {
    const { state, context, owner } = this;
    const inBurst = state.poll.burst > 0;
    const { missed, lost } = state.poll.turn(state.isFit());
    if (missed) state.filter.addNothing();
    if (lost) {
      state.events.report('unreachable', `${state.label} does not answer any more`);
      this.#autokey?.dance?.lost();
      context.sink.changed(this.id);
    }
    if (!inBurst) this.#pollsSinceAnswer += 1;
    if (!this.#hasJustSent(inBurst)) this.#send();
    this.#plan();
    if (!inBurst) {
      this.#heardInPoll = false;
      owner.polled?.();
    }
  }

  /** An answer went out lately, and another packet would be the second in a row. */
  #hasJustSent(inBurst: boolean): boolean {
    if (this.#autokey === undefined || !this.#pace.isUnanswered) return false;
    const isMirroring = this.#autokey.dance?.style === 'mirror';
    const interval = inBurst && !isMirroring ? BURST_SPACING : 2 ** this.state.poll.interval();
    return this.#pace.idle(this.#seconds()) < interval / 2;
  }

  #seconds(): number {
    return Number(this.context.clock.monotonic()) / 1e9;
  }

  #answerSoon(): void {
    if (!this.#running || this.#soon !== undefined || this.state.refusal === 'denied') return;
    const wait = this.#pace.answerIn(this.#seconds());
    if (wait === undefined) return;
    this.#soon = this.context.scheduler.after(wait, () => {
      this.#soon = undefined;
      this.#send();
    });
  }

  /** Nothing comes of a question: perhaps it, or its answer, was lost. */
  #tryAgain(): void {
    this.#retry?.cancel();
    if (this.#autokey?.dance?.question === undefined || !this.#heardInPoll) return;
    const wait = this.#pace.retryIn(this.#seconds());
    if (wait === undefined) return;
    this.#retry = this.context.scheduler.after(wait, () => {
      if (!this.#pace.isUnanswered) return;
      this.#pace.retry();
      this.#send();
    });
  }

  #send(): void {
    const { state, context } = this;
    if (context.ownAddresses().has(state.address)) {
      state.refuseLoop();
      return;
    }
    state.refusal = undefined;
    if (this.#autokey !== undefined) {
      this.#sendWithAutokey(this.#autokey);
      return;
    }
    if (!state.authenticator.ready()) {
      state.refuseKey();
      return;
    }
    this.#wire.sendPlain(state.authenticator.keyId);
  }

  #sendWithAutokey(autokey: AutokeyPeer): void {
    const { state } = this;
    if (this.#isComposing) {
      this.#isSendDue = true;
      return;
    }
    const local = this.#wire.localAddress;
    const pollSeconds = 2 ** state.poll.interval();
    const composed =
      local === undefined
        ? `there is no way to ${state.address}`
        : autokey.compose(state.address, local, pollSeconds, this.#wire.isPeerSynchronised);
    if (typeof composed === 'string') {
      state.refusal = 'authentication';
      state.remark = composed;
      return;
    }
    this.#isComposing = true;
    const { address } = state;
    void composed.then((ready) => {
      this.#isComposing = false;
      if (this.#running && state.address === address) this.#sendReady(autokey, ready);
      if (this.#isSendDue) this.#answerSoon();
      this.#isSendDue = false;
    });
  }

  #sendReady(autokey: AutokeyPeer, ready: ReadyPacket): void {
    const sealed = ready.seal();
    const { fields } = sealed.out;
    const length = fields.reduce((sum, field) => sum + field.length, HEADER_LENGTH + SESSION_MAC_LENGTH);
    const isLong = length > this.#heardBytes;
    this.#heardBytes = 0;
    if (isLong && !this.#hasAnswered && this.owner.mayDraw?.(length) === false) return;
    this.#pace.sent(this.#seconds());
    this.#wire.sendSealed(sealed, ({ transmitTime }) => autokey.sent(sealed.out, transmitTime));
    this.#tryAgain();
  }

  /** The peer speaks under a cookie that we have not: it is to begin anew, as we did. */
  #sendNak(packet: ServedPacket): void {
    if (this.#pace.answerIn(this.#seconds()) === undefined) return;
    this.#autokey?.dance?.nak();
    this.#pace.sent(this.#seconds());
    this.#wire.sendNak(packet);
    this.#tryAgain();
  }

  #inTrouble(words: string): void {
    const { state } = this;
    state.remark = words;
    state.events.report('badAuthentication', `${state.label}: ${words}`);
  }
}

/** What the dance found of a packet, as checkReply asks for it. */
const judged = ({ auth }: PeerVerdict): Authenticator => ({
  keyId: 0,
  required: true,
  ready: () => true,
  seal: () => undefined,
  open: () => auth,
});
