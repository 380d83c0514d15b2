/**
 * A symmetric active association (`peer`): each side tells the other its time at its own polls, from the served port.
 * Owns the timestamps that go back and forth; packets leave and come by the rings (context.ts, ServedPort).
 * Without a key anybody who can forge the peer's address can disturb it (RFC 8633 §5.3 says so of the mode): state is
 * taken over from packets that do not answer ours only while nothing better comes.
 * Sources: RFC 5905 §8 (on-wire protocol), A.5.1, A.5.7.3; RFC 9109 §4 (symmetric modes keep the served port).
 */
import type { Timer } from '../../ports/scheduler.js';
import { type NtpTimestamp, unixNsToNtp } from '../../units/time.js';
import { HEADER_LENGTH, MODE } from '../../wire/header.js';
import type { Candidate, SourceView } from '../types.js';
import { authenticatorOf } from './authenticator.js';
import type {
  Association,
  AssociationContext,
  AssociationOwner,
  SentStamp,
  ServedPacket,
  ServedPort,
} from './context.js';
import type { Moment } from './exchange.js';
import { FLASH } from './flash.js';
import { obeyKiss } from './kiss.js';
import { type PeerIdentity, PeerState } from './peer-state.js';
import { checkReply } from './reply.js';
import { writeSymmetric } from './request.js';

const START_SPREAD = 1;
/** A packet that the ring brought later than this after its arrival stamp was held up, or the clock was stepped. */
const LATEST_SECONDS = 2;
/** Without a valid exchange for this many polls, packets that answer nothing may begin a new one. */
const ESTRANGED_POLLS = 4;

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
  readonly taiOffsetSeconds = undefined;
  #running = false;
  #timer: Timer | undefined;
  /** our last packet's transmit time, until it is answered once */
  #origin: NtpTimestamp = 0n;
  #sent: Moment | undefined;
  /** the peer's last packet's transmit time, and when it came */
  #peerTransmit: NtpTimestamp = 0n;
  #peerReceived: NtpTimestamp = 0n;
  #pollsSinceAnswer = ESTRANGED_POLLS;
  #sending = 0;

  constructor(
    identity: PeerIdentity,
    private readonly context: AssociationContext,
    private readonly side: SymmetricSide,
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
    this.side.router.add(this);
    this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.side.router.delete(this);
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  assign(address: string): void {
    const { state } = this;
    const first = state.address === '';
    state.address = address;
    state.localAddress = '';
    state.refusal = undefined;
    state.remark = '';
    state.forget('INIT');
    state.poll.restart();
    this.#origin = 0n;
    this.#peerTransmit = 0n;
    this.#peerReceived = 0n;
    this.#pollsSinceAnswer = ESTRANGED_POLLS;
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
    return { ...this.state.view(), localPort: this.context.servedPort };
  }

  /** A mode 1 or 2 packet from the peer's address. */
  receive(packet: ServedPacket): void {
    const { state, context } = this;
    if (!this.#running || state.refusal === 'denied') return;
    state.localAddress = packet.localAddress;
    const now = state.now();
    const servedNs = context.clock.toServed(packet.kernelNs);
    const late = Number(now.servedNs - servedNs) / 1e9;
    const verdict = checkReply(packet.bytes, {
      modes: [MODE.symmetricActive, MODE.symmetricPassive],
      origin: this.#origin,
      lastTransmit: state.lastTransmit,
      authenticator: state.authenticator,
    });
    switch (verdict.type) {
      case 'discard': {
        state.flash = verdict.flash;
        if (verdict.flash & FLASH.authentication) this.#notAuthentic('a packet was not authentic');
        const estranged = this.#pollsSinceAnswer >= ESTRANGED_POLLS;
        const startable = verdict.flash & (FLASH.bogus | FLASH.unsynchronised);
        const { header } = verdict;
        if (
          header !== undefined &&
          header.transmitTime !== 0n &&
          startable &&
          (estranged || state.authenticator.required)
        ) {
          this.#peerTransmit = header.transmitTime;
          this.#peerReceived = unixNsToNtp(servedNs);
        }
        return;
      }
      case 'nak':
        state.flash = verdict.flash;
        this.#notAuthentic('the peer does not accept our key (crypto-NAK)');
        context.sink.changed(this.id);
        return;
      case 'kiss': {
        // An unsynchronised peer looks the same, and is to hear from us all the same.
        this.#answered(verdict.header.transmitTime, servedNs);
        state.authentic = state.authenticator.required;
        const outcome = obeyKiss(state, verdict.code, verdict.header, servedNs);
        if (outcome === 'stop') this.#timer?.cancel();
        if (outcome === 'slower') this.#plan();
        context.sink.changed(this.id);
        if (outcome === 'stop') this.owner.denied?.();
        return;
      }
      case 'reply': {
        const { header } = verdict;
        const sent = this.#sent;
        this.#answered(header.transmitTime, servedNs);
        state.authentic = state.authenticator.required;
        state.flash = verdict.flash;
        state.takeVariables(header, servedNs);
        if (verdict.flash !== 0 || sent === undefined) {
          state.remark = 'the peer answers, but says that it is not synchronised';
          context.sink.changed(this.id);
          return;
        }
        const usable = late > -0.001 && late < LATEST_SECONDS;
        const arrived: Moment = { ...now, servedNs, monoNs: now.monoNs - (now.servedNs - servedNs) };
        state.takeTimes(header, sent, usable ? arrived : undefined, now.monoNs);
      }
    }
  }

  /** Our last packet was answered: the same answer again answers nothing. */
  #answered(transmit: NtpTimestamp, arrivedNs: bigint): void {
    this.#origin = 0n;
    this.#pollsSinceAnswer = 0;
    this.#peerTransmit = transmit;
    this.#peerReceived = unixNsToNtp(arrivedNs);
  }

  #begin(): void {
    const { state, context } = this;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#running || state.address === '' || state.refusal === 'denied') return;
    this.#timer = context.scheduler.after(START_SPREAD * context.random.uniform(), () => this.#turn());
  }

  #plan(): void {
    const { state, context } = this;
    this.#timer?.cancel();
    this.#timer = context.scheduler.after(state.poll.nextSeconds(context.random), () => this.#turn());
  }

  #turn(): void {
    const { state, context, owner } = this;
    const inBurst = state.poll.burst > 0;
    const { missed, lost } = state.poll.turn(state.isFit());
    if (missed) state.filter.addNothing();
    if (lost) {
      state.events.report('unreachable', `${state.label} does not answer any more`);
      context.sink.changed(this.id);
    }
    if (!inBurst) this.#pollsSinceAnswer += 1;
    this.#send();
    this.#plan();
    if (!inBurst) owner.polled?.();
  }

  #send(): void {
    const { state, context } = this;
    if (context.ownAddresses().has(state.address)) {
      state.refusal = 'loop';
      state.remark = 'this is an address of this host itself; remove the line';
      return;
    }
    state.refusal = undefined;
    if (!state.authenticator.ready()) {
      state.refusal = 'authentication';
      state.remark = `key ${state.authenticator.keyId} is not in the keys file, not trusted, or not for this address`;
      return;
    }
    const { version, port } = state.identity.config;
    const now = state.now();
    const bytes = new Uint8Array(HEADER_LENGTH);
    writeSymmetric(bytes, MODE.symmetricActive, version, state.poll.hostPoll, context.system(), now.monoNs, {
      origin: this.#peerTransmit,
      receive: this.#peerReceived,
      transmit: 0n,
    });
    // Until the port tells what the packet says, nothing is outstanding.
    this.#origin = 0n;
    this.#sent = undefined;
    this.#sending += 1;
    const turn = this.#sending;
    const { keyId } = state.authenticator;
    const stamped = (stamp: SentStamp | undefined) => {
      if (turn !== this.#sending || stamp === undefined) return;
      this.#origin = stamp.transmitTime;
      this.#sent = { ...now, servedNs: context.clock.toServed(stamp.kernelNs) };
    };
    if (!this.side.port.send({ bytes, address: state.address, port, keyId, stamped }))
      state.remark = `a packet to ${state.address} could not be sent`;
  }

  #notAuthentic(what: string): void {
    const { state } = this;
    state.authentic = false;
    state.remark = what;
    state.events.report('badAuthentication', `${state.label}: ${what}`);
  }
}
